"""`current.card`: what a step puts into its cards."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from flowc.cards.components import plain, rendered


def warn(message: str) -> None:
    """Say what a step has done in vain; a card is no reason to fail."""
    sys.stderr.write(f"flowc: {message}\n")


class Components(Sequence[Any]):
    """The components of a card, by number, or by the id that they were appended with."""

    def __init__(self, items: list[tuple[str | None, Any]]) -> None:
        self._items = items

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            found = self._items[key]
            return [component for _, component in found] if isinstance(key, slice) else found[1]
        for name, component in self._items:
            if name == key:
                return component
        raise KeyError(f"the card has no component `{key}`")

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return (component for _, component in self._items)


class CardContent:
    """One card.

    Attributes:
        type: As `@card` says.
        id: As `@card` says; None for none.
        options: As `@card` says.
    """

    def __init__(
        self,
        *,
        type: str,
        id: str | None,
        options: Mapping[str, Any],
        refresh_interval_s: float,
        save_errors: bool,
        save: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.type = type
        self.id = id
        self.options = options
        self._interval_s = refresh_interval_s
        self._save_errors = save_errors
        self._save = save
        self._clock = clock
        self._saved_at: float | None = None
        self._data: Any = None
        self._items: list[tuple[str | None, Any]] = []

    def append(self, component: Any, id: str | None = None) -> None:
        """Add a component.

        Args:
            component: One of `flowc.cards`, or any value.
            id: Finds it again in `components`; replaces the one of the same id.
        """
        for number, (name, _) in enumerate(self._items):
            if id is not None and name == id:
                self._items[number] = (id, component)
                return
        self._items.append((id, component))

    def extend(self, components: Iterable[Any]) -> None:
        """Add several components."""
        for component in components:
            self.append(component)

    def clear(self) -> None:
        """Remove all components."""
        self._items.clear()

    @property
    def components(self) -> Components:
        """All components, in order."""
        return Components(self._items)

    def refresh(self, data: Any = None, force: bool = False) -> None:
        """Keep what is there now, for those who look at the card while the step runs.

        Args:
            data: Kept with the card.
            force: Also if that was done a moment ago.
        """
        self._data = self._data if data is None else data
        now = self._clock()
        if force or self._saved_at is None or now - self._saved_at >= self._interval_s:
            self._saved_at = now
            self._save()

    def fields(self) -> dict[str, Any]:
        """The card as it is kept."""
        made = (rendered(component, save_errors=self._save_errors) for component in self.components)
        fields = {
            "type": self.type,
            "id": self.id,
            "options": dict(self.options),
            "components": [component for component in made if component is not None],
        }
        if self._data is not None:
            fields["data"] = plain(self._data)
        return fields


class NoCard:
    """Stands in for a card that there is not: does nothing, and says so once."""

    type: str | None = None
    id: str | None = None

    def __init__(self, message: str) -> None:
        self._message: str | None = message

    def _warn(self) -> None:
        if self._message is not None:
            warn(self._message)
            self._message = None

    def append(self, component: Any, id: str | None = None) -> None:
        """Do nothing."""
        self._warn()

    def extend(self, components: Iterable[Any]) -> None:
        """Do nothing."""
        self._warn()

    def clear(self) -> None:
        """Do nothing."""
        self._warn()

    def refresh(self, data: Any = None, force: bool = False) -> None:
        """Do nothing."""
        self._warn()

    def get(self, type: str | None = None) -> list[Any]:
        """No components."""
        self._warn()
        return []

    @property
    def components(self) -> Components:
        """No components."""
        self._warn()
        return Components([])

    def __getitem__(self, id: str) -> NoCard:
        self._warn()
        return self

    def __setitem__(self, id: str, components: Iterable[Any]) -> None:
        self._warn()


NO_CARDS = "`current.card` does nothing here: the step has no `@card`"


class Collector:
    """All cards of a task: `current.card`.

    What is appended without an id goes to the one card that is meant: that with `customize=True`, the only one, or the
    only one without an id.
    """

    def __init__(self, cards: Sequence[CardContent], customized: CardContent | None) -> None:
        self._cards = cards
        unnamed = [card for card in cards if card.id is None]
        self._default: CardContent | NoCard
        if customized is not None:
            self._default = customized
        elif len(cards) == 1:
            self._default = cards[0]
        elif len(unnamed) == 1:
            self._default = unnamed[0]
        else:
            self._default = NoCard(
                "it is not clear which card `current.card` means: use `current.card[id]`, or write `customize=True`"
            )

    def append(self, component: Any, id: str | None = None) -> None:
        """Add a component to the card that is meant; see `CardContent.append`."""
        self._default.append(component, id)

    def extend(self, components: Iterable[Any]) -> None:
        """Add several components to it."""
        self._default.extend(components)

    def clear(self) -> None:
        """Remove all of its components."""
        self._default.clear()

    def refresh(self, data: Any = None, force: bool = False) -> None:
        """Keep what is there now; see `CardContent.refresh`."""
        self._default.refresh(data, force)

    @property
    def components(self) -> Components:
        """Its components."""
        return self._default.components

    def get(self, type: str | None = None) -> list[Any]:
        """The components of all cards of a type; None for any."""
        return [c for card in self._cards if type in (None, card.type) for c in card.components]

    def __getitem__(self, id: str) -> CardContent | NoCard:
        found = next((card for card in self._cards if card.id == id), None)
        return NoCard(f"the step has no card with the id `{id}`") if found is None else found

    def __setitem__(self, id: str, components: Iterable[Any]) -> None:
        card = self[id]
        card.clear()
        card.extend(components)

    def fields(self) -> list[dict[str, Any]]:
        """All cards as they are kept."""
        return [card.fields() for card in self._cards]
