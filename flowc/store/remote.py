"""A store in an object store, by obstore."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError
from obstore.store import S3Store

from flowc.errors import ObjectNotFound, StoreError
from flowc.store.objects import Data

_CHUNK = 16 << 20  # bytes a request of a large transfer; S3 takes parts of 5 MiB to 5 GiB
_SINGLE_PUT = 8 << 20  # up to this size one request is cheaper than a multi-part upload's three
_PARALLEL = 16
_LOG_PERIOD_S = (2.0, 60.0)  # a growing log is written whole; so less and less often


class RemoteStore:
    """Objects of an S3 bucket below a prefix.

    Credentials, region and endpoint come from the environment, as `AWS_*` variables, and from the machine's role.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        try:
            if endpoint:
                self._store = S3Store.from_url(
                    url, endpoint=endpoint, client_options={"allow_http": endpoint.startswith("http://")}
                )
            else:
                self._store = S3Store.from_url(url)
        except (BaseError, ValueError) as error:
            raise StoreError(f"the store {url} cannot be used: {_first_line(error)}") from error

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_PARALLEL)

    def read(self, key: str) -> bytes:
        with self._errors(key):
            return obstore.get(self._store, key).bytes().to_bytes()

    def read_range(self, key: str, start: int, length: int) -> bytearray | memoryview:
        data = bytearray(length)
        view = memoryview(data)

        def fetch(at: int) -> None:
            size = min(_CHUNK, length - at)
            with self._errors(key):
                view[at : at + size] = memoryview(obstore.get_range(self._store, key, start=start + at, length=size))

        if length <= _CHUNK:
            if length:
                fetch(0)
        else:
            list(self._threads.map(fetch, range(0, length, _CHUNK)))
        return data

    def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        if len(keys) == 1:
            return [self._read_or_none(keys[0])]
        return list(self._threads.map(self._read_or_none, keys))

    def write(self, key: str, parts: Sequence[Data]) -> None:
        size = sum(len(p) for p in parts)
        with self._errors(key):
            if size <= _SINGLE_PUT:
                obstore.put(self._store, key, b"".join(parts), use_multipart=False)
            else:
                pieces = (p[at : at + _CHUNK] for p in map(memoryview, parts) for at in range(0, len(p), _CHUNK))
                obstore.put(self._store, key, pieces, chunk_size=_CHUNK)

    def write_once(self, key: str, parts: Sequence[Data]) -> None:
        # asking first is one request more, which pays only where it can save a long upload
        if sum(len(p) for p in parts) <= _SINGLE_PUT or not self.exists(key):
            self.write(key, parts)

    def update(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        present: bytes | None = None
        tag: str | None = None
        with self._errors(key):
            while (new := change(present)) is not None:
                try:
                    if present is None:
                        obstore.put(self._store, key, new, mode="create")
                    else:
                        obstore.put(self._store, key, new, mode={"e_tag": tag, "version": None})
                    return
                except (AlreadyExistsError, PreconditionError):
                    result = obstore.get(self._store, key)
                    tag = result.meta["e_tag"]
                    present = result.bytes().to_bytes()

    def exists(self, key: str) -> bool:
        try:
            with self._errors(key):
                obstore.head(self._store, key)
        except ObjectNotFound:
            return False
        return True

    def list(self, prefix: str) -> Iterator[str]:
        with self._errors(prefix):
            for batch in obstore.list(self._store, prefix):
                for meta in batch:
                    yield meta["path"]

    def folders(self, prefix: str) -> list[str]:
        with self._errors(prefix):
            found = obstore.list_with_delimiter(self._store, prefix)["common_prefixes"]
        return sorted(p.rstrip("/").rpartition("/")[2] for p in found)

    def log(self, key: str) -> RemoteLog:
        return RemoteLog(self, key)

    def _read_or_none(self, key: str) -> bytes | None:
        try:
            return self.read(key)
        except ObjectNotFound:
            return None

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except (NotFoundError, FileNotFoundError) as error:
            raise ObjectNotFound(key) from error
        except BaseError as error:
            raise StoreError(f"the store {self.url} cannot read or write `{key}`: {_first_line(error)}") from error


class RemoteLog:
    """An object that is written again, whole, when its log has grown."""

    def __init__(self, store: RemoteStore, key: str) -> None:
        self._store = store
        self._key = key
        self._parts: list[bytes] = []
        self._written = 0
        self._period_s = _LOG_PERIOD_S[0]
        self._next_s = time.monotonic() + self._period_s

    def write(self, data: bytes) -> None:
        self._parts.append(data)
        if time.monotonic() >= self._next_s:
            self._flush()
            self._period_s = min(self._period_s * 1.5, _LOG_PERIOD_S[1])
            self._next_s = time.monotonic() + self._period_s

    def close(self) -> None:
        if len(self._parts) > self._written:
            self._flush()

    def _flush(self) -> None:
        self._store.write(self._key, self._parts)
        self._written = len(self._parts)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
