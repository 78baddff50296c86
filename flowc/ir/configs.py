"""The configs of a flow: files and values that it is compiled with."""

from __future__ import annotations

from dataclasses import dataclass

from flowc.ir.steps import JsonValue
from flowc.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One config.

    Attributes:
        name: The attribute's name.
        value: A dict of what JSON has, or None for none; None also for one that is deferred.
        deferred: Its value is found when a run starts, by a parser or a default of the flow's own code.
        text: What that parser is given; None for what the default gives.
        help: One sentence for users, possibly empty.
        default: The file that is read when no other is chosen; empty for none.
        required: Something has to be chosen.
        span: The attribute.
    """

    name: str
    value: JsonValue
    deferred: bool
    text: str | None
    help: str
    default: str
    required: bool
    span: Span
