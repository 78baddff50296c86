"""What a card is made of, and where it is read: `from flowc.cards import Markdown, Table, get_cards`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc.cards.components import (
    Artifact,
    Error,
    Image,
    Markdown,
    MetaflowCardComponent,
    ProgressBar,
    PythonCode,
    Table,
    VegaChart,
)

if TYPE_CHECKING:
    from flowc.client.cards import get_cards

__all__ = [
    "Artifact",
    "Error",
    "Image",
    "Markdown",
    "MetaflowCardComponent",
    "ProgressBar",
    "PythonCode",
    "Table",
    "VegaChart",
    "get_cards",
]


def __getattr__(name: str) -> Any:
    # a task must not pay for the client
    if name == "get_cards":
        from flowc.client.cards import get_cards

        return get_cards
    raise AttributeError(f"module `flowc.cards` has no attribute `{name}`")
