"""Decorators of steps that a team shares."""
