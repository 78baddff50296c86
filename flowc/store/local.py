"""A store in a local directory, with plain system calls: no start-up cost, nothing copied, safe across a fork."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from urllib.parse import quote
from weakref import WeakSet

from flowc.errors import ObjectNotFound, StoreError
from flowc.store.growing import FileLog
from flowc.store.objects import Data, ended_early

_MAX_PARTS = 512  # parts a writev takes; IOV_MAX is 1,024 on Linux and macOS
_MAX_WRITE = 1 << 30  # Linux writes at most 2 GiB a call
_MAPPED = 1 << 18  # a range of at least this many bytes is mapped instead of read
# Before Python 3.13 a map keeps a file descriptor, of which a process has 1,024 or as few as 256; and Linux allows a
# process 65,530 maps (vm.max_map_count). Beyond this many, ranges are read.
_MAX_MAPS = 128 if sys.version_info < (3, 13) else 1 << 14
_maps: WeakSet[mmap.mmap] = WeakSet()


class LocalStore:
    """Objects are files below a directory, which is made when the first one is written.

    Files appear by rename and are never changed afterwards, so a mapped one stays valid. Nothing is synced to the
    disk: what a machine's crash loses is run again.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.url = f"file://{quote(root)}"

    def path(self, key: str) -> str:
        """The file of an object."""
        return f"{self.root}/{key}"

    @contextmanager
    def errors(self, key: str, *, writing: bool = False) -> Iterator[None]:
        """Makes what the operating system raises a StoreError; ObjectNotFound if it is about reading."""
        try:
            yield
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not writing:
                raise ObjectNotFound(key) from error
            raise self._failure(key, error) from error

    def _failure(self, key: str, error: OSError) -> StoreError:
        return StoreError(f"the store {self.root} cannot read or write `{key}`: {error.strerror or error}")

    def read(self, key: str) -> bytes:
        with self.errors(key):
            fd = os.open(self.path(key), os.O_RDONLY)
            try:
                size = os.fstat(fd).st_size
                data = os.read(fd, size + 1)
                while len(data) < size:
                    more = os.read(fd, size - len(data))
                    if not more:
                        break
                    data += more
                return data
            finally:
                os.close(fd)

    def read_range(self, key: str, start: int, length: int) -> bytearray | memoryview:
        with self.errors(key):
            fd = os.open(self.path(key), os.O_RDONLY)
            try:
                size = os.fstat(fd).st_size
                if size < start + length:
                    raise ended_early(key, size, start + length)
                if length >= _MAPPED and len(_maps) < _MAX_MAPS:
                    return _map(fd, start, length)
                return _read(fd, start, length)
            finally:
                os.close(fd)

    def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        found: list[bytes | None] = []
        for key in keys:
            try:
                found.append(self.read(key))
            except ObjectNotFound:
                found.append(None)
        return found

    def write(self, key: str, parts: Sequence[Data]) -> None:
        with self.errors(key, writing=True):
            self._place(key, parts)

    def write_once(self, key: str, parts: Sequence[Data]) -> None:
        # a file that a crash of the machine has cut off is no reason not to write it
        if self.size(key) != sum(len(p) for p in parts):
            self.write(key, parts)

    def write_chunks(self, key: str, size: int, chunks: Iterable[Data]) -> None:
        if self.size(key) != size:
            with self.errors(key, writing=True), self._placing(key) as fd:
                for chunk in chunks:
                    _write_all(fd, [chunk])

    def update(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        with self.errors(key, writing=True), self._locked(key):
            try:
                present: bytes | None = self.read(key)
            except ObjectNotFound:
                present = None
            new = change(present)
            if new is not None:
                self._place(key, [new])

    def exists(self, key: str) -> bool:
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        try:
            with self.errors(key):
                return os.stat(self.path(key)).st_size
        except ObjectNotFound:
            return None

    def keys(self, prefix: str) -> Iterator[str]:
        with self.errors(prefix):
            for folder, _, names in os.walk(self.path(prefix), onerror=_raise_unless_missing):
                below = os.path.relpath(folder, self.root)
                for name in names:
                    if not name.startswith("."):
                        yield f"{below}/{name}" if below != "." else name

    def folders(self, prefix: str) -> list[str]:
        try:
            with self.errors(prefix), os.scandir(self.path(prefix)) as entries:
                return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
        except ObjectNotFound:
            return []

    def log(self, key: str) -> FileLog:
        return FileLog(lambda: _create(self.path(key)), partial(self._failure, key))

    def _place(self, key: str, parts: Sequence[Data]) -> None:
        with self._placing(key) as fd:
            _write_all(fd, parts)

    @contextmanager
    def _placing(self, key: str) -> Iterator[int]:
        """A file to write to, which takes its place when all is written."""
        path = self.path(key)
        folder, name = os.path.split(path)
        temporary = f"{folder}/.{name}.{os.getpid()}.{os.urandom(4).hex()}"
        fd = _create(temporary)
        try:
            try:
                yield fd
            finally:
                os.close(fd)
            os.rename(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        # the folder itself is locked: it leaves no file behind, and the lock ends with its process
        folder = os.path.dirname(self.path(key))
        os.makedirs(folder, exist_ok=True)
        fd = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _map(fd: int, start: int, length: int) -> memoryview:
    base = start - start % mmap.ALLOCATIONGRANULARITY
    size = start - base + length
    if sys.version_info >= (3, 13):
        mapped = mmap.mmap(fd, size, access=mmap.ACCESS_COPY, offset=base, trackfd=False)
    else:
        mapped = mmap.mmap(fd, size, access=mmap.ACCESS_COPY, offset=base)
    _maps.add(mapped)
    return memoryview(mapped)[start - base :]


def _read(fd: int, start: int, length: int) -> bytearray:
    data = bytearray(length)
    os.lseek(fd, start, os.SEEK_SET)
    with memoryview(data) as view:
        done = 0
        while done < length:
            done += os.readv(fd, [view[done:]])
    return data


def _create(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        return os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return os.open(path, flags, 0o666)


def _write_all(fd: int, parts: Sequence[Data]) -> None:
    pending = [memoryview(p).cast("B") for p in parts if len(p)]
    while pending:
        batch: list[memoryview] = []
        room = _MAX_WRITE
        for part in pending[:_MAX_PARTS]:
            batch.append(part[:room])
            room -= len(batch[-1])
            if room == 0:
                break
        written = os.writev(fd, batch)
        while pending and written >= len(pending[0]):
            written -= len(pending.pop(0))
        if written:
            pending[0] = pending[0][written:]
