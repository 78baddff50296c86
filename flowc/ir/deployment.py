"""How a flow is deployed: what the decorators of its class say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What the decorators of a flow's class ask for."""


UNDEPLOYED = Deployment()
"""A class without decorators."""
