"""A store in an object store, by obstore."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from urllib.parse import unquote

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError
from obstore.store import S3Store

from flowc.errors import ObjectNotFound, StoreError
from flowc.store.aws import no_credentials, s3_access
from flowc.store.growing import ObjectLog
from flowc.store.objects import Data, ended_early

_CHUNK = 16 << 20  # bytes a request of a large transfer; S3 takes parts of 5 MiB to 5 GiB
_SINGLE_PUT = 8 << 20  # up to this size one request is cheaper than a multi-part upload's three
_PARALLEL = 16
_FEW = 2  # parts of an upload under way at a time, of what is not to be in memory
_NO_BUCKET = "NoSuchBucket"
_INSTANCE_CREDENTIALS = "169.254.169.254"  # where an instance of EC2 finds its role's; asked when nothing else is set
_BAD_CERTIFICATE = re.compile(r"InvalidCertificate\(\s*(\w+)")  # as rustls says it
_BAD_AUTHORITY = frozenset({"UnknownIssuer", "BadSignature"})
_TRIED = re.compile(r"Error performing (\S+) (\S+) in \S+, after (\d+) retries.* - (.+)")
_ANSWER = re.compile(r"<Code>([^<]*)</Code>(?:\s*<Message>([^<]*)</Message>)?")


class RemoteStore:
    """Objects of an S3 bucket below a prefix.

    Credentials, region, endpoint and certificates are found as AWS's own tools find them, see `flowc.store.aws`.
    `AWS_CONDITIONAL_PUT=disabled` is for servers that cannot write conditionally.
    """

    def __init__(self, url: str, environment: Mapping[str, str] | None = None) -> None:
        self.url = url
        access = s3_access(environment)
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        try:
            self._store = S3Store(
                bucket,
                prefix=f"/{unquote(prefix)}" if prefix else None,
                config=access.config,  # type: ignore[arg-type]
                client_options=access.client,  # type: ignore[arg-type]
                credential_provider=access.credentials,  # type: ignore[arg-type]
            )
        except (BaseError, ValueError) as error:
            raise StoreError(f"the store {url} cannot be used: {_reason(error)}") from error

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
                part = memoryview(obstore.get_range(self._store, key, start=start + at, length=size))
            if len(part) != size:
                raise ended_early(key, start + at + len(part), start + length)
            view[at : at + size] = part

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
                pieces = (memoryview(p)[at : at + _CHUNK] for p in parts for at in range(0, len(p), _CHUNK))
                obstore.put(self._store, key, pieces, chunk_size=_CHUNK)

    def write_once(self, key: str, parts: Sequence[Data]) -> None:
        # asking first is one request more, which pays only where it can save a long upload
        if sum(len(p) for p in parts) <= _SINGLE_PUT or not self.exists(key):
            self.write(key, parts)

    def write_chunks(self, key: str, size: int, chunks: Iterable[Data]) -> None:
        if size <= _SINGLE_PUT:
            self.write(key, list(chunks))
        elif not self.exists(key):
            self.rewrite(key, chunks)

    def rewrite(self, key: str, chunks: Iterable[Data]) -> None:
        """Like `write`, of a large object that is made one chunk after the other."""
        with self._errors(key):
            obstore.put(self._store, key, iter(chunks), chunk_size=_CHUNK, max_concurrency=_FEW)

    def update(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        try:
            self._update(key, change)
        except NotImplementedError:
            # a store without conditional writes: what comes between is lost, as it must be there
            present, _ = self._read_tagged(key)
            new = change(present)
            if new is not None:
                self.write(key, [new])

    def _update(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        # most objects are created, so that is tried before anything is read
        present: bytes | None = None
        tag: str | None = None
        looked = False
        while True:
            new = change(present)
            if new is None and looked:
                return
            if new is not None and self._put_if(key, new, tag):
                return
            present, tag = self._read_tagged(key)
            looked = True

    def _put_if(self, key: str, data: bytes, tag: str | None) -> bool:
        """Write an object if it is still the one with that tag, None for none at all; whether it was."""
        with self._errors(key):
            try:
                obstore.put(self._store, key, data, mode="create" if tag is None else {"e_tag": tag})
            except (AlreadyExistsError, PreconditionError, NotFoundError) as error:
                if _NO_BUCKET in str(error):
                    raise
                return False
        return True

    def _read_tagged(self, key: str) -> tuple[bytes | None, str | None]:
        try:
            with self._errors(key):
                result = obstore.get(self._store, key)
                return result.bytes().to_bytes(), result.meta["e_tag"]
        except ObjectNotFound:
            return None, None

    def exists(self, key: str) -> bool:
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        try:
            with self._errors(key):
                return obstore.head(self._store, key)["size"]
        except ObjectNotFound:
            return None

    def keys(self, prefix: str) -> Iterator[str]:
        with self._errors(prefix):
            for batch in obstore.list(self._store, prefix):
                for meta in batch:
                    yield meta["path"]

    def folders(self, prefix: str) -> list[str]:
        with self._errors(prefix):
            found = obstore.list_with_delimiter(self._store, prefix)["common_prefixes"]
        return sorted(p.rstrip("/").rpartition("/")[2] for p in found)

    def log(self, key: str) -> ObjectLog:
        return ObjectLog(self, key)

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
            if _NO_BUCKET in str(error):
                raise self._error(key, error) from error
            raise ObjectNotFound(key) from error
        except BaseError as error:
            raise self._error(key, error) from error

    def _error(self, key: str, error: Exception) -> StoreError:
        return StoreError(f"the store {self.url} cannot read or write `{key}`: {_reason(error)}")


def _reason(error: Exception) -> str:
    """The store's own words if there are any, else the first line of what obstore says."""
    text = str(error).strip()
    answer = _ANSWER.search(text)
    if answer is not None:
        return ": ".join(filter(None, answer.groups()))
    if _INSTANCE_CREDENTIALS in text:
        return no_credentials()
    if (certificate := _BAD_CERTIFICATE.search(text)) is not None:
        return _distrust(certificate[1])
    line = text.partition("\n")[0]
    if (tried := _TRIED.search(line)) is not None:
        return f"{tried[1]} {tried[2]} has failed {int(tried[3]) + 1} times: {tried[4]}"
    return line or type(error).__name__


def _distrust(why: str) -> str:
    if why in _BAD_AUTHORITY:
        return (
            "its certificate is signed by an authority that is not known here: name a file with that in AWS_CA_BUNDLE"
        )
    return f"its certificate cannot be trusted: {why}"
