"""A store in a local directory, with plain system calls: no start-up cost, nothing copied, safe across a fork."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from flowc.errors import ObjectNotFound, StoreError
from flowc.store.objects import Data

_MAX_PARTS = 512  # parts a writev takes; IOV_MAX is 1,024 on Linux and macOS
_MAX_WRITE = 1 << 30  # Linux writes at most 2 GiB a call
_MAPPED = 1 << 18  # a range of at least this many bytes is mapped instead of read


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

    def read(self, key: str) -> bytes:
        with _errors(key):
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
        with _errors(key), open(self.path(key), "rb", buffering=0) as file:
            if length >= _MAPPED:
                base = start - start % mmap.ALLOCATIONGRANULARITY
                mapped = mmap.mmap(
                    file.fileno(), start - base + length, access=mmap.ACCESS_COPY, offset=base
                )
                return memoryview(mapped)[start - base :]
            data = bytearray(length)
            file.seek(start)
            got = file.readinto(data)
            if got != length:
                raise StoreError(f"object `{key}` ends after {start + got} bytes, expected {start + length}")
            return data

    def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        found: list[bytes | None] = []
        for key in keys:
            try:
                found.append(self.read(key))
            except ObjectNotFound:
                found.append(None)
        return found

    def write(self, key: str, parts: Sequence[Data]) -> None:
        with _errors(key):
            self._place(key, parts)

    def write_once(self, key: str, parts: Sequence[Data]) -> None:
        if not self.exists(key):
            self.write(key, parts)

    def update(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        with _errors(key), self._locked(key):
            try:
                present: bytes | None = self.read(key)
            except ObjectNotFound:
                present = None
            new = change(present)
            if new is not None:
                self._place(key, [new])

    def exists(self, key: str) -> bool:
        return os.path.exists(self.path(key))

    def list(self, prefix: str) -> Iterator[str]:
        for folder, _, names in os.walk(self.path(prefix)):
            below = os.path.relpath(folder, self.root)
            for name in names:
                if not name.startswith("."):
                    yield f"{below}/{name}" if below != "." else name

    def folders(self, prefix: str) -> list[str]:
        try:
            with os.scandir(self.path(prefix)) as entries:
                return sorted(e.name for e in entries if e.is_dir())
        except FileNotFoundError:
            return []

    def log(self, key: str) -> LocalLog:
        return LocalLog(self.path(key))

    def _place(self, key: str, parts: Sequence[Data]) -> None:
        path = self.path(key)
        folder, name = os.path.split(path)
        temporary = f"{folder}/.{name}.{os.getpid()}.{os.urandom(4).hex()}"
        fd = _create(temporary)
        try:
            try:
                _write_all(fd, parts)
            finally:
                os.close(fd)
            os.rename(temporary, path)
        except BaseException:
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


class LocalLog:
    """A file that is appended to; made with its first bytes."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd: int | None = None

    def write(self, data: bytes) -> None:
        with _errors(self._path):
            if self._fd is None:
                self._fd = _create(self._path)
            _write_all(self._fd, [data])

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


@contextmanager
def _errors(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectNotFound(key) from error
    except OSError as error:
        raise StoreError(f"the store cannot read or write `{key}`: {error.strerror or error}") from error


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
