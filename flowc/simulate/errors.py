"""Errors of simulations."""

from flowc.errors import FlowcError


class SimulateError(FlowcError):
    """A compiled output could not be run here: a library is missing, an engine does not start or does not answer."""
