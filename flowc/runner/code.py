"""The code package on this machine: fetched once, checked before it is opened, kept for the next task."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from blake3 import blake3

from flowc.contract import ENV_CACHE, PLAN_NAME, Plan, code_key
from flowc.errors import ContractError, StoreError
from flowc.store.objects import ObjectStore

if TYPE_CHECKING:
    from tarfile import TarFile, TarInfo


def open_code(store: ObjectStore, flow: str, code: str, environment: Mapping[str, str]) -> tuple[str, Plan]:
    """The folder and the plan of a code package.

    Raises:
        StoreError: The package cannot be read, or is not what its name says.
        ContractError: It was compiled for another version of the contract.
    """
    for cache in _caches(environment):
        folder = os.path.join(cache, code)
        if os.path.isdir(folder) or _unpack(store, flow, code, folder):
            return folder, read_plan(folder)
    folder = os.path.join(tempfile.mkdtemp(prefix="flowc-"), code)  # to be had by every user who can have files at all
    if not _unpack(store, flow, code, folder):
        raise StoreError(f"the code package cannot be unpacked: {folder} is not writable")
    return folder, read_plan(folder)


def read_plan(folder: str) -> Plan:
    """The plan in an unpacked code package."""
    try:
        with open(os.path.join(folder, PLAN_NAME), encoding="utf-8") as file:
            return Plan.from_json(json.load(file))
    except OSError as error:
        raise StoreError(f"the unpacked code package {folder} is damaged, remove it: {error.strerror}") from error
    except ValueError as error:
        raise ContractError(str(error)) from error


def _caches(environment: Mapping[str, str]) -> Iterator[str]:
    """Folders for code packages that nobody else writes to, the best one first."""
    chosen = environment.get(ENV_CACHE)
    if chosen:
        yield os.path.join(chosen, "code")
        return
    home = environment.get("HOME")
    if environment.get("XDG_CACHE_HOME"):
        yield os.path.join(environment["XDG_CACHE_HOME"], "flowc", "code")
    elif home and os.path.isdir(home):
        yield os.path.join(home, ".cache", "flowc", "code")


def _unpack(store: ObjectStore, flow: str, code: str, folder: str) -> bool:
    """Fetch a package and unpack it into a folder; False if the folder cannot be written."""
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        fresh = tempfile.mkdtemp(dir=os.path.dirname(folder))
    except OSError:
        return False
    try:
        _extract(_fetch(store, flow, code), fresh)
        os.chmod(fresh, 0o755)
        try:
            os.rename(fresh, folder)
        except OSError:
            if not os.path.isdir(folder):  # else another task was quicker
                raise
    except OSError as error:
        raise StoreError(f"the code package cannot be unpacked to {folder}: {error.strerror}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def _fetch(store: ObjectStore, flow: str, code: str) -> bytes:
    key = code_key(flow, code)
    packed = store.read(key)
    if blake3(packed).hexdigest() != code:
        raise StoreError(f"the code package `{key}` is not what its name says: it was changed or damaged")
    return packed


def _extract(packed: bytes, folder: str) -> None:
    import tarfile

    from flowc.store.artifacts import zstd_module

    zstd = zstd_module()
    try:
        with tarfile.open(fileobj=io.BytesIO(zstd.decompress(packed))) as archive:
            for member in archive:
                _extract_member(archive, member, folder)
    except (tarfile.TarError, zstd.ZstdError) as error:
        raise ContractError(f"the code package is no archive that flowc makes: {error}") from error


def _extract_member(archive: TarFile, member: TarInfo, folder: str) -> None:
    # a package holds plain files below its own folder and nothing else; tarfile's filters came with Python 3.11.4
    parts = member.name.split("/")
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or not {"", ".", ".."}.isdisjoint(parts):
        raise ContractError(f"the code package is no archive that flowc makes: `{member.name}` does not belong into it")
    path = os.path.join(folder, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with content, open(path, "xb") as file:
        shutil.copyfileobj(content, file)
