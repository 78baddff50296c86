"""Which artifacts there are at a place of a flow, with the values that they may have there.

A scope holds what one sequence of regions has changed; a branch begins with an empty scope of its own over that of its
split. So a branch costs what it changes, not what there is, and a join looks at the changes of its branches only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from flowc.ir.accesses import InputRead, Read, Write
from flowc.ir.steps import Step


@dataclass(slots=True, kw_only=True, eq=False)
class Value:
    """What an artifact may be at some place: one write, or one of several values.

    Attributes:
        step: Whose write it is; None for one of several.
        write: Which write; None for one of several.
        parts: The values that it may be instead, or that it is one of.
        certain: It is there on every path, made as `text` says.
        text: How it is made; empty if that is not known.
        constant: `text` is the value itself.
        depth: How many foreachs there are around that whose item it is visibly made of; 0 for none.
        read: Somebody has read it.
        overwritten: The step that has assigned another value.
    """

    step: Step | None = None
    write: Write | None = None
    parts: tuple[Value, ...] = ()
    certain: bool = False
    text: str = ""
    constant: bool = False
    depth: int = 0
    read: bool = False
    overwritten: Step | None = None

    def mark_read(self) -> None:
        """Somebody reads it, and so all that it may be."""
        pending = [self]
        while pending:
            value = pending.pop()
            if not value.read:
                value.read = True
                pending.extend(value.parts)

    def overwrite(self, step: Step) -> None:
        """A step assigns another value, on some path."""
        if self is not ANYTHING and self.overwritten is None:
            self.overwritten = step

    def equals(self, other: Value) -> bool:
        """Whether both may well be the same value."""
        return self is other or (self.text == other.text and self.constant == other.constant and self.text != "")


ANYTHING = Value()
"""Stands for a value that may have been assigned in a way that cannot be seen."""


class Miss(NamedTuple):
    """A read of something that is not there, possibly until a loop comes round again."""

    step: Step
    access: Read | InputRead


@dataclass(slots=True, kw_only=True, eq=False)
class Scope:
    """What a sequence of regions has changed so far.

    Attributes:
        parent: What was there before; it does not change as long as this scope does.
        own: What was assigned.
        hidden: What may have been there before, and is no more.
        lost: Which join has left something behind.
        cut: The join that has left behind all that was there before.
        unknown: Something may have been assigned that cannot be seen.
        misses: In a loop: what was read and not there, but may be there in the next iteration.
    """

    parent: Scope | None = None
    own: dict[str, Value] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    lost: dict[str, Step] = field(default_factory=dict)
    cut: Step | None = None
    unknown: bool = False
    misses: list[Miss] | None = None

    def find(self, name: str) -> Value | None:
        """What an artifact may be; None if no path has assigned it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.own:
                return scope.own[name]
            if scope.unknown:
                return ANYTHING
            if name in scope.hidden or scope.cut is not None:
                return None
            scope = scope.parent
        return None

    def is_unknown(self) -> bool:
        """Whether something may have been assigned, on the way here, that cannot be seen."""
        scope: Scope | None = self
        while scope is not None and not scope.unknown:
            scope = scope.parent
        return scope is not None

    def lost_in(self, name: str) -> Step | None:
        """The join that has left behind an artifact that is not there."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.lost:
                return scope.lost[name]
            if scope.cut is not None and scope.parent is not None and scope.parent.find(name) is not None:
                return scope.cut
            scope = scope.parent
        return None

    def loop(self, name: str) -> Scope | None:
        """The innermost loop in which an artifact that is not there may be there another time."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.hidden or scope.cut is not None:
                return None
            if scope.misses is not None:
                return scope
            scope = scope.parent
        return None

    def assign(self, name: str, value: Value) -> None:
        """An artifact gets a value, on some path at least."""
        self.own[name] = value

    def replace(self, own: dict[str, Value], ways: Ways, join: Step, *, unknown: bool) -> None:
        """After a join that has taken over nothing as a whole: only what is given is there."""
        self.lost.update({name: ways.all_cut or join for name in self.own})
        self.lost.update({name: join for name in ways.found})
        for way in ways.scopes:
            for name, step in way.lost.items():
                self.lost.setdefault(name, step)
        self.own, self.cut, self.unknown = own, self.cut or ways.all_cut or join, unknown

    def absorb(self, ways: Ways, excluded: Set[str] = frozenset(), join: Step | None = None) -> None:
        """After one of several ways, or after a join that has taken over all but what it excludes."""
        found = {name: ways.find(name) for name in (*ways.changed, *excluded)}
        lost = {name: step for name, value in found.items() if value is None and (step := ways.lost_in(name))}
        if ways.all_cut is not None:
            lost = {**{name: ways.all_cut for name in self.own}, **lost}
            self.own, self.cut, self.unknown = {}, self.cut or ways.all_cut, False
        if join is not None:
            lost |= {name: join for name in excluded if found[name] is not None}
        self.lost |= lost
        self.unknown = self.unknown or any(way.unknown for way in ways.scopes)
        for name, value in found.items():
            if value is not None and name not in excluded:
                self.own[name] = value
                continue
            self.own.pop(name, None)
            if name in excluded or not ways.inherits(name):
                self.hidden.add(name)


class Ways:
    """Several ways from one scope: branches that all run, or arms of which one does.

    Attributes:
        scopes: What each has changed.
        found: What is assigned in any, with each value of its own.
        changed: What is assigned or left behind in any.
        all_cut: A join that leaves behind what was there before, if there is one on every way.
    """

    def __init__(self, base: Scope, scopes: Sequence[Scope]) -> None:
        self._base = base
        self.scopes = scopes
        self.found: dict[str, list[Value]] = {}
        self._hidden: Counter[str] = Counter()
        self._open = 0
        self._unknown = any(scope.unknown for scope in scopes)
        cuts = [scope.cut for scope in scopes if scope.cut is not None]
        self.all_cut = cuts[0] if len(cuts) == len(scopes) else None
        for scope in scopes:
            for name, value in scope.own.items():
                self.found.setdefault(name, []).append(value)
            if scope.cut is None:
                self._open += 1
                self._hidden.update(scope.own.keys() | scope.hidden)
        self.changed = dict.fromkeys(
            [*self.found, *(name for scope in scopes for name in (*sorted(scope.hidden), *scope.lost))]
        )
        self._combined: dict[str, Value | None] = {}

    @cached_property
    def is_unknown(self) -> bool:
        """Whether something may have been assigned, on some way, that cannot be seen."""
        return any(scope.is_unknown() for scope in self.scopes)

    def inherits(self, name: str) -> bool:
        """Whether what was there before is still there on some way."""
        return self._open > self._hidden[name]

    def values(self, name: str) -> list[Value]:
        """All that an artifact may be."""
        values = list(self.found.get(name, ()))
        before = self._base.find(name) if self.inherits(name) else None
        return values if before is None else [before, *values]

    def find(self, name: str) -> Value | None:
        """The same as one value; None if it is there on no way."""
        if name not in self._combined:
            value = _one_of(self.values(name))
            self._combined[name] = ANYTHING if value is None and self._unknown else value
        return self._combined[name]

    def lost_in(self, name: str) -> Step | None:
        """The join that has left behind an artifact that is there on no way."""
        return next((step for scope in self.scopes if (step := scope.lost_in(name)) is not None), None)

    def loop(self, name: str) -> Scope | None:
        """As for a scope."""
        return self._base.loop(name) if self.inherits(name) else None


def _one_of(values: Sequence[Value]) -> Value | None:
    if not values:
        return None
    first, *others = values
    if all(other is first for other in others):
        return first
    alike = all(first.equals(other) for other in others)
    return Value(
        parts=tuple(values),
        certain=alike and all(value.certain for value in values),
        text=first.text if alike else "",
        constant=first.constant and alike,
        depth=max(value.depth for value in values) if alike else 0,
    )
