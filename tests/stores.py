"""Stores that tell what was done with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from flowc.store.objects import Data, LogSink, ObjectStore


class Call(NamedTuple):
    """One use of a store: the method, the key, and how many bytes went over."""

    method: str
    key: str
    size: int


class Recording:
    """Passes everything on to another store, and notes it in `calls`."""

    def __init__(self, inner: ObjectStore) -> None:
        self.inner = inner
        self.url = inner.url
        self.calls: list[Call] = []

    def of(self, *methods: str) -> list[Call]:
        """The calls of some methods."""
        return [c for c in self.calls if c.method in methods]

    def read(self, key: str) -> bytes:
        data = self.inner.read(key)
        self.calls.append(Call("read", key, len(data)))
        return data

    def read_range(self, key: str, start: int, length: int) -> bytearray | memoryview:
        self.calls.append(Call("read_range", key, length))
        return self.inner.read_range(key, start, length)

    def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        found = self.inner.read_many(keys)
        self.calls += [Call("read_many", k, len(d or b"")) for k, d in zip(keys, found, strict=True)]
        return found

    def write(self, key: str, parts: Sequence[Data]) -> None:
        self.calls.append(Call("write", key, sum(len(p) for p in parts)))
        self.inner.write(key, parts)

    def write_once(self, key: str, parts: Sequence[Data]) -> None:
        self.calls.append(Call("write_once", key, sum(len(p) for p in parts)))
        self.inner.write_once(key, parts)

    def write_chunks(self, key: str, size: int, chunks: Iterable[Data]) -> None:
        self.calls.append(Call("write_chunks", key, size))
        self.inner.write_chunks(key, size, chunks)

    def update(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        self.calls.append(Call("update", key, 0))
        self.inner.update(key, change)

    def exists(self, key: str) -> bool:
        self.calls.append(Call("exists", key, 0))
        return self.inner.exists(key)

    def size(self, key: str) -> int | None:
        self.calls.append(Call("size", key, 0))
        return self.inner.size(key)

    def keys(self, prefix: str) -> Iterator[str]:
        self.calls.append(Call("keys", prefix, 0))
        return self.inner.keys(prefix)

    def folders(self, prefix: str) -> list[str]:
        self.calls.append(Call("folders", prefix, 0))
        return self.inner.folders(prefix)

    def log(self, key: str) -> LogSink:
        self.calls.append(Call("log", key, 0))
        return self.inner.log(key)
