"""Logs: objects that grow while somebody else reads them.

Neither a directory that is full, nor an object store that cannot be reached for a while, holds up who writes to a log.
What could not be kept at once is kept as soon as that is possible, at the latest when the log is closed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Protocol

from flowc.errors import StoreError
from flowc.store.objects import Data

_IN_MEMORY = 8 << 20  # bytes of a log that are held in memory before there is a file for them
_MOST_IN_MEMORY = 64 << 20  # where there can be no file
_CHUNK = 16 << 20
_PERIOD_S = (2.0, 60.0)  # a log in an object store is written whole; so less and less often
_SHARE = 20  # and for a long one: at most this part of the time is spent on that


class FileLog:
    """A file that is appended to; made with its first bytes.

    Args:
        create: Makes the file, and opens it for writing.
        failure: What is raised in place of an error of the operating system's.
    """

    def __init__(self, create: Callable[[], int], failure: Callable[[OSError], StoreError]) -> None:
        self._create = create
        self._failure = failure
        self._fd: int | None = None
        self._pending = bytearray()
        self._error = OSError()

    def write(self, data: bytes) -> None:
        self._pending += data
        self._append()
        if len(self._pending) > _MOST_IN_MEMORY:
            self._give_up()

    def refresh(self) -> None:
        self._append()

    def close(self) -> None:
        self._append()
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        if self._pending:
            self._give_up()

    def _append(self) -> None:
        try:
            while self._pending:
                if self._fd is None:
                    self._fd = self._create()
                del self._pending[: os.write(self._fd, self._pending)]
        except OSError as error:
            self._error = error

    def _give_up(self) -> None:
        self._pending.clear()
        raise self._failure(self._error) from self._error


class Rewritable(Protocol):
    """The part of an object store that a log in it needs."""

    def write(self, key: str, parts: Sequence[Data]) -> None:
        """Create or replace an object."""

    def rewrite(self, key: str, chunks: Iterable[Data]) -> None:
        """Likewise, with a large one that is made one chunk after the other."""


def in_background(act: Callable[[], None]) -> Callable[[], None]:
    """Begin to do something in a thread; returns what waits for its end."""
    from threading import Thread

    thread = Thread(target=act, daemon=True)
    thread.start()
    return thread.join


class ObjectLog:
    """An object that is written again, whole, when its log has grown.

    That happens beside whoever writes to the log, as a store that does not answer is waited for for minutes.

    Args:
        store: Where the object is.
        key: Its key.
        clock: Tells seconds.
        begin: Begins an upload, see `in_background`.
    """

    def __init__(
        self,
        store: Rewritable,
        key: str,
        clock: Callable[[], float] = time.monotonic,
        begin: Callable[[Callable[[], None]], Callable[[], None]] = in_background,
    ) -> None:
        self._store = store
        self._key = key
        self._clock = clock
        self._begin = begin
        self._spool = _Spool()
        self._written = 0
        self._wait: Callable[[], None] = _nothing
        self._is_uploading = False
        self._period_s = _PERIOD_S[0]
        self._next_s = clock() + self._period_s

    def write(self, data: bytes) -> None:
        self._spool.append(data)
        self.refresh()

    def refresh(self) -> None:
        if self._spool.size > self._written and not self._is_uploading and self._clock() >= self._next_s:
            self._is_uploading = True
            size, chunks = self._spool.size, self._spool.chunks()
            self._wait = self._begin(lambda: self._try_to_upload(size, chunks))

    def close(self) -> None:
        self._wait()
        if self._spool.size > self._written:
            self._upload(self._spool.size, self._spool.chunks())
        self._spool.close()

    def _try_to_upload(self, size: int, chunks: Iterator[bytes]) -> None:
        begin_s = self._clock()
        with suppress(StoreError):  # there will be another time, and `close`
            self._upload(size, chunks)
        now_s = self._clock()
        self._period_s = min(self._period_s * 1.5, _PERIOD_S[1])
        self._next_s = now_s + max(self._period_s, _SHARE * (now_s - begin_s))
        self._is_uploading = False

    def _upload(self, size: int, chunks: Iterator[bytes]) -> None:
        if size <= _IN_MEMORY:
            self._store.write(self._key, list(chunks))
        else:
            self._store.rewrite(self._key, chunks)
        self._written = size


class _Spool:
    """What a log holds: in memory while it is short, then in a file without a name."""

    def __init__(self) -> None:
        self.size = 0
        self._memory = bytearray()
        self._file: IO[bytes] | None = None

    def append(self, data: bytes) -> None:
        """Raises: StoreError: It is too long for memory, and there is no room for it on a disk either."""
        if self._file is None and self.size + len(data) > _IN_MEMORY:
            self._move()
        if self._file is None:
            if self.size + len(data) > _MOST_IN_MEMORY:
                raise StoreError("it is too long for the memory, and no folder for temporary files can be written to")
            self._memory += data
        else:
            self._write(data, self.size)
        self.size += len(data)

    def chunks(self) -> Iterator[bytes]:
        """What it holds now, whatever is appended later."""
        return iter([bytes(self._memory)]) if self._file is None else _read(self._file.fileno(), self.size)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _move(self) -> None:
        from tempfile import TemporaryFile

        try:
            self._file = TemporaryFile(buffering=0)  # noqa: SIM115
        except OSError:  # nowhere can be written
            return
        try:
            self._write(self._memory, 0)
        except StoreError:
            self._file.close()
            self._file = None
        else:
            self._memory = bytearray()

    def _write(self, data: Data, at: int) -> None:
        # what could not be written whole is written over by what comes later
        assert self._file is not None
        left = memoryview(data)
        try:
            while left:
                written = os.pwrite(self._file.fileno(), left, at)
                left, at = left[written:], at + written
        except OSError as error:
            raise StoreError(f"its temporary file cannot be written: {error.strerror}") from error


def _read(fd: int, size: int) -> Iterator[bytes]:
    for at in range(0, size, _CHUNK):
        yield os.pread(fd, min(_CHUNK, size - at), at)


def _nothing() -> None:
    """Nothing is to be waited for."""
