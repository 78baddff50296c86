"""The record of one walk through a method: what it has noted, and under which conditions it is walking.

See `flowc.frontend.accesses` for the order that accesses are brought into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from flowc.ir.accesses import Access, InputRead, Merge, Opaque, Probe, Read, Write


class _Written:
    """All that is known of the writes of one name."""

    def __init__(self, first: Write) -> None:
        self.first = first
        self.texts: list[str] = []
        self.uses: set[str] = set()
        self.constant = True
        self.literal = True


class _Mark(NamedTuple):
    """Stands in the accesses for the first write of a name while more may follow."""

    name: str


class Record:
    """What is noted.

    Attributes:
        later: Reads at an unknown time after.
        certain: Names that are written on every way here; None where no way leads.
        conditions: How many conditions and loops there are around.
        deferred: How many pieces of code around that run at an unknown time, or never.
    """

    def __init__(self) -> None:
        self.later: list[Access] = []
        self.certain: set[str] | None = set()
        self.conditions = 0
        self.deferred = 0
        self._accesses: list[Access | _Mark] = []
        self._writes: dict[str, _Written] = {}
        self._fresh: set[str] = set()
        self._returns: list[set[str]] = []
        self._guards = 0

    def accesses(self) -> tuple[Access, ...]:
        """All but what comes later, when the walk has ended."""
        certain = _both(self.certain, *self._returns) or set()
        return tuple(_few(self._settled(access, certain) for access in self._accesses))

    def add(self, access: Access) -> None:
        """Note something that happens here."""
        match access:
            case Read() if self._guards:
                self._accesses.append(Probe(name=access.name))
            case Read() if self.deferred:
                self.later.append(access)
            case Read():
                if access.name not in self._fresh:
                    self._fresh.add(access.name)
                    self._accesses.append(access)
            case InputRead() if self._guards:
                self._accesses.append(Probe(name=access.name))
            case InputRead() if self.deferred:
                self.later.append(access)
            case Merge() if self.deferred or self._guards:
                self._fresh.clear()
                self._accesses.append(access._replace(known=False, certain=False))
            case Merge():
                self._fresh.clear()
                self._accesses.append(access)
            case _:
                self._accesses.append(access)

    def write(self, write: Write) -> None:
        """Note a write here; whether it is certain is known at the end."""
        written = self._writes.get(write.name)
        if written is None:
            written = self._writes[write.name] = _Written(write)
            self._accesses.append(_Mark(write.name))
        written.texts.append(write.text)
        written.uses |= set(write.uses)
        written.constant = written.constant and write.constant
        written.literal = written.literal and write.literal
        self._fresh.discard(write.name)
        if self.certain is not None and write.certain and not self.deferred:
            self.certain.add(write.name)

    def add_later(self, accesses: Iterable[Access]) -> None:
        """Note reads at an unknown time."""
        self.later += [Probe(name=a.name) if self._guards and isinstance(a, Read) else a for a in accesses]

    def leave(self) -> None:
        """A `return`."""
        if self.certain is not None and not self.deferred:
            self._returns.append(set(self.certain))
        self.certain = None

    def fork(self) -> Fork:
        """Several ways begin here."""
        return Fork(self)

    @contextmanager
    def defer(self) -> Iterator[None]:
        """What runs at an unknown time, or never."""
        returns = list(self._returns)
        self.deferred += 1
        with self.maybe():
            yield
        self.deferred -= 1
        self._returns = returns

    @contextmanager
    def maybe(self) -> Iterator[None]:
        """What may run or not."""
        before = None if self.certain is None else set(self.certain)
        self.conditions += 1
        try:
            yield
        finally:
            self.conditions -= 1
            self.certain = before

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """What goes on if an artifact is not there."""
        self._guards += 1
        try:
            yield
        finally:
            self._guards -= 1

    @contextmanager
    def loop(self) -> Iterator[None]:
        """What may run any number of times."""
        outer, self._accesses = self._accesses, []
        with self.maybe():
            yield
        inner, self._accesses = self._accesses, outer
        self._accesses += _repeated(inner)

    def _settled(self, access: Access | _Mark, certain: set[str]) -> Access:
        if not isinstance(access, _Mark):
            return access
        written = self._writes[access.name]
        return written.first._replace(
            certain=access.name in certain,
            text="\n".join(written.texts) if all(written.texts) else "",
            constant=written.constant and len(written.texts) == 1,
            literal=written.literal,
            uses=tuple(sorted(written.uses)),
        )


class Fork:
    """Ways of which one is gone."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._before = None if record.certain is None else set(record.certain)
        self._ends: list[set[str] | None] = []

    @contextmanager
    def way(self) -> Iterator[None]:
        """One of the ways."""
        record = self._record
        record.certain = None if self._before is None else set(self._before)
        record.conditions += 1
        yield
        record.conditions -= 1
        self._ends.append(record.certain)

    def join(self, *others: set[str] | None) -> None:
        """The ways meet; `others` are certain at the ends of further ways."""
        self._record.certain = _both(*self._ends, *others)


def _both(*certain: set[str] | None) -> set[str] | None:
    """What is certain after one of several ways; a way that does not go on does not count."""
    known = [names for names in certain if names is not None]
    return set.intersection(*known) if known else None


def _few(accesses: Iterable[Access]) -> Iterator[Access]:
    """Without repetitions that say nothing new."""
    read: set[str] = set()
    seen: set[tuple[type, Access]] = set()
    for access in accesses:
        match access:
            case Read(name=name):
                if name not in read:
                    yield access
                read.add(name)
            case Write(name=name):
                read.discard(name)
                yield access
            case Merge():
                read.clear()
                yield access
            case _:
                # named tuples of different types may be equal
                if (type(access), access) not in seen:
                    yield access
                seen.add((type(access), access))


def _repeated(accesses: list[Access | _Mark]) -> Iterator[Access | _Mark]:
    """The accesses of a loop: what an iteration does may have happened before another one begins."""
    last = {access.name: number for number, access in enumerate(accesses) if isinstance(access, _Mark)}
    first: list[Access | _Mark] = []
    rest: list[Access | _Mark] = []
    late: list[Access | _Mark] = []
    for number, access in enumerate(accesses):
        match access:
            case Opaque():
                first.append(access)
            case Merge():
                first.append(access._replace(known=False, certain=False))
            case Read(name=name) if last.get(name, -1) > number:
                late.append(access)
            case _:
                rest.append(access)
    yield from (*first, *rest, *late)
