"""Putting a code package, and the files that a flow includes, where tasks find them."""

from __future__ import annotations

import io
from collections.abc import Iterable

from flowc.contract import blob_key, code_key
from flowc.errors import ObjectNotFound
from flowc.ir.steps import IncludedFile
from flowc.package.archive import CodePackage
from flowc.store.archive import ArchiveError, decompress
from flowc.store.files import digest_of, put_file, size_of, sound_chunks
from flowc.store.objects import ObjectStore


def upload_package(store: ObjectStore, flow: str, package: CodePackage) -> None:
    """Put a package where the runner finds it."""
    store.write_once(code_key(flow, package.code), [package.data])


def upload_files(store: ObjectStore, flow: str, files: Iterable[IncludedFile]) -> None:
    """Put the files that a flow includes by default where tasks find them.

    Raises:
        ParameterError: One of them was changed since it was compiled.
    """
    for file in files:
        put_file(store, flow, dict(file.record), sound_chunks(file.path, file.name), file.name)


def has_package(store: ObjectStore, flow: str, package: CodePackage) -> bool:
    """Whether a store has a package, and undamaged: it is read for that."""
    try:
        return decompress(store.read(code_key(flow, package.code)), io.BytesIO()) == package.code
    except (ObjectNotFound, ArchiveError):
        return False


def has_file(store: ObjectStore, flow: str, file: IncludedFile) -> bool:
    """Whether a store has an included file; only its size is looked at."""
    record = dict(file.record)
    return store.size(blob_key(flow, digest_of(record))) == size_of(record)


def repair_package(store: ObjectStore, flow: str, package: CodePackage) -> None:
    """Put a package where the runner finds it, whatever is there."""
    store.write(code_key(flow, package.code), [package.data])
