"""Cards as they are kept in a store: the cards of one attempt are one JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flowc.cards import html
from flowc.contract import CONTRACT
from flowc.errors import ContractError


class Card:
    """What a task has put into one of its cards.

    Attributes:
        type: As `@card` says.
        id: As `@card` says; None for none.
        options: As `@card` says.
        components: Each a dict, with its `kind` and what belongs to that; the data of pictures is in base64.
        pathspec: The task.
    """

    def __init__(self, pathspec: str, fields: dict[str, Any]) -> None:
        self.pathspec = pathspec
        self.type: str = fields["type"]
        self.id: str | None = fields["id"]
        self.options: dict[str, Any] = fields["options"]
        self.components: list[dict[str, Any]] = fields["components"]
        self._data = fields.get("data")

    def get(self) -> str:
        """The card as HTML, without a page around it."""
        named = f"{self.pathspec}: {self.id or self.type}"
        return html.card(named, self.components)

    def get_data(self) -> Any:
        """What `current.card.refresh` was given; None for nothing."""
        return self._data

    def _repr_html_(self) -> str:
        return self.get()

    def __repr__(self) -> str:
        return f"<Card {self.id or self.type} of {self.pathspec}>"


class CardContainer(tuple[Card, ...]):
    """The cards of a task, in the order of their decorators from the outermost on; shows itself in a notebook."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return "\n".join(card.get() for card in self)


def packed(cards: list[dict[str, Any]]) -> bytes:
    """The document of a task's cards."""
    return json.dumps({"contract": CONTRACT, "cards": cards}, separators=(",", ":")).encode()


def read(pathspec: str, data: bytes | None) -> CardContainer:
    """The cards in a document; none if there is none.

    Raises:
        ContractError: It was written by another version.
    """
    if data is None:
        return CardContainer()
    document = json.loads(data)
    if document.get("contract") != CONTRACT:
        raise ContractError("these cards were made by another version of flowc, whose records this one cannot read")
    return CardContainer(Card(pathspec, fields) for fields in document["cards"])


def selected(cards: Iterable[Card], id: str | None, type: str | None) -> CardContainer:
    """Those of an id and of a type; None for any."""
    return CardContainer(c for c in cards if id in (None, c.id) and type in (None, c.type))
