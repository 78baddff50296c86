"""Objects by key, on a local directory or an object store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeAlias

from flowc.errors import StoreError

Data: TypeAlias = bytes | bytearray | memoryview


class LogSink(Protocol):
    """A growing object that can be read while it grows."""

    def write(self, data: bytes) -> None:
        """Append; what was appended becomes readable within seconds."""

    def refresh(self) -> None:
        """Called every second or so: makes readable what has waited long enough."""

    def close(self) -> None:
        """Make all of it readable."""


class ObjectStore(Protocol):
    """Objects by key. A key is relative, with slashes, without `.` and `..`.

    An object appears as a whole or not at all. Every method raises `StoreError` when the store cannot be reached.
    """

    url: str

    def read(self, key: str) -> bytes:
        """A small object's bytes; ObjectNotFound if there is none."""

    def read_range(self, key: str, start: int, length: int) -> bytearray | memoryview:
        """Writable bytes of a part of an object, private to the caller; ObjectNotFound if there is none."""

    def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Small objects, in the order of `keys`; None where there is none."""

    def write(self, key: str, parts: Sequence[Data]) -> None:
        """Create or replace an object with the parts one after the other, without copying large ones."""

    def write_once(self, key: str, parts: Sequence[Data]) -> None:
        """Like `write`, of an object whose key says what it holds: nothing need be done where it is."""

    def write_chunks(self, key: str, size: int, chunks: Iterable[Data]) -> None:
        """Like `write_once`, of `size` bytes that are made one chunk after the other.

        What `chunks` raises, this raises, and the object does not appear.
        """

    def update(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        """Replace an object depending on what it is.

        Args:
            key: The object.
            change: Gets the present bytes, None if there are none, and returns the new ones, or None to leave
                things as they are. It may be called several times, and no write of others comes between the bytes
                that the last call got and the write.
        """

    def exists(self, key: str) -> bool:
        """Whether there is an object."""

    def size(self, key: str) -> int | None:
        """How many bytes an object has; None if there is none."""

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys of all objects below a prefix that ends in a slash, in no particular order."""

    def folders(self, prefix: str) -> list[str]:
        """The names directly below a prefix that ends in a slash that have, or had, objects below them; sorted."""

    def log(self, key: str) -> LogSink:
        """A growing object."""


def ended_early(key: str, size: int, expected: int) -> StoreError:
    """The error of an object that is shorter than what refers to it says."""
    return StoreError(f"object `{key}` ends after {size} bytes, expected {expected}: it was changed or damaged")
