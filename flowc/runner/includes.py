"""The file that a run is given for an `IncludeFile`: from where it is into the store, a few megabytes at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from flowc.contract import PlanParameter
from flowc.errors import ObjectNotFound, ParameterError
from flowc.store.artifacts import Record
from flowc.store.files import CHUNK, file_record, put_file, read_chunks, reason
from flowc.store.objects import Data, ObjectStore
from flowc.store.opening import open_store

EXPECTED = "an absolute path, `file:///path` or `s3://bucket/key`"
"""What names a file where there is no working directory."""


def is_place(value: str) -> bool:
    """Whether a text names a file wherever it is read."""
    parts = urlsplit(value)
    if "://" not in value:
        return value.startswith("/")
    if parts.scheme == "file":
        return parts.netloc in ("", "localhost") and parts.path.startswith("/")
    return parts.scheme == "s3" and bool(parts.netloc) and bool(_key(value))


def local_path(place: str) -> str | None:
    """The path of a file on this machine; None for one elsewhere."""
    if "://" not in place:
        return place
    parts = urlsplit(place)
    return unquote(parts.path) if parts.scheme == "file" else None


def include(store: ObjectStore, flow: str, parameter: PlanParameter, place: str) -> Record:
    """Put a file into the store, and give its record.

    It is read once to know it, and once more if the store does not have it.

    Raises:
        ParameterError: It cannot be read, or is not text in the parameter's encoding.
        StoreError: The store cannot be reached.
    """
    problem = f"parameter `{parameter.name}` includes `{place}`, which"
    try:
        record = file_record(_chunks(place, problem), parameter.encoding)
    except UnicodeError as error:
        why = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
        raise ParameterError(f"{problem} is not text in {parameter.encoding}: {why}") from error
    put_file(store, flow, record, _chunks(place, problem), place)
    return record


def _chunks(place: str, problem: str) -> Iterator[Data]:
    path = local_path(place)
    try:
        yield from _of_object(place) if path is None else read_chunks(path)
    except ObjectNotFound as error:
        raise ParameterError(f"{problem} cannot be read: there is no such object") from error
    except (OSError, ValueError) as error:
        raise ParameterError(f"{problem} cannot be read: {reason(error)}") from error


def _of_object(place: str) -> Iterable[Data]:
    """The bytes of an object of S3; its key is taken as it is, and not as a part of a URL."""
    bucket = urlsplit(place).netloc
    store, key = open_store(f"s3://{bucket}"), _key(place)
    size = store.size(key)
    if size is None:
        raise ObjectNotFound(key)
    return (store.read_range(key, at, min(CHUNK, size - at)) for at in range(0, size, CHUNK))


def _key(place: str) -> str:
    return place.removeprefix("s3://").partition("/")[2]


def absolute(path: str) -> str:
    """The URL of a file that is given on a command line by its path or URL."""
    if "://" in path:
        return path
    from pathlib import Path

    return Path(os.path.expanduser(path)).absolute().as_uri()
