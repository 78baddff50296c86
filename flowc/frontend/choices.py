"""What is chosen beside a flow's source, on the command line, when it is compiled or run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the command line adds to a flow's source."""


NO_CHOICES = Choices()
