"""The code package on this machine: fetched once, checked before it is opened, kept for the next task."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING

from blake3 import blake3

from flowc.contract import ENV_CACHE, PLAN_NAME, Plan, code_key
from flowc.errors import ContractError, ObjectNotFound, StoreError
from flowc.store.objects import ObjectStore

if TYPE_CHECKING:
    from flowc.store.archive import Member

_IN_MEMORY = 8 << 20
"""Bytes of an archive that are unpacked from memory; what is larger goes through a file."""


def open_code(store: ObjectStore, flow: str, code: str, environment: Mapping[str, str]) -> tuple[str, Plan]:
    """The folder and the plan of a code package.

    Raises:
        StoreError: The package cannot be read, or there is no place for it on this machine.
        ContractError: It is not what its name says, is no archive that flowc makes, or was compiled for another
            version of the contract.
    """
    for cache in _caches(environment):
        folder = os.path.join(cache, code)
        if os.path.isdir(folder) or _fetch_into(store, flow, code, folder):
            return folder, read_plan(folder)
    try:
        # to be had by every user who can have files at all
        folder = os.path.join(tempfile.mkdtemp(prefix="flowc-"), code)
    except OSError as error:
        raise _no_place("in the cache or a temporary folder", error) from error
    if not _fetch_into(store, flow, code, folder):
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


def unpack(packed: bytes, code: str, folder: str) -> None:
    """Check a code package, and make a folder of it, which appears as a whole or not at all.

    So a folder `code/<hash>` below `FLOWC_CACHE` is made, for an image or a machine whose tasks are to fetch nothing.

    Args:
        packed: The package as it is in a store.
        code: Its hash.
        folder: Does not exist yet; the folder around it does.

    Raises:
        ContractError: The package is not what its hash says, or no archive that flowc makes.
        OSError: The folder cannot be written.
    """
    fresh = tempfile.mkdtemp(prefix=".fresh-", dir=os.path.dirname(folder))
    try:
        _unpack(packed, code, fresh)
        os.chmod(fresh, 0o755)
        try:
            os.rename(fresh, folder)
        except OSError:
            if not os.path.isdir(folder):  # else another task was quicker
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


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


def _fetch_into(store: ObjectStore, flow: str, code: str, folder: str) -> bool:
    """Fetch a package and unpack it into a folder; False if the folder cannot be written."""
    cache = os.path.dirname(folder)
    try:
        os.makedirs(cache, exist_ok=True)
        os.rmdir(tempfile.mkdtemp(prefix=".fresh-", dir=cache))  # asked before the package is fetched in vain
    except OSError:
        return False
    key = code_key(flow, code)
    try:
        packed = store.read(key)
    except ObjectNotFound as error:
        message = (
            f"there is no code package `{key}` in the store: `flowc package upload`, or `compile --upload`, puts it"
        )
        raise ContractError(f"{message} there") from error
    try:
        unpack(packed, code, folder)
    except OSError as error:
        raise _no_place(f"to {folder}", error) from error
    except ContractError as error:
        raise ContractError(f"the code package `{key}` {error}") from error
    return True


def _no_place(where: str, error: OSError) -> StoreError:
    return StoreError(
        f"the code package cannot be unpacked {where}: {error.strerror}; make room there, or name another folder "
        f"with {ENV_CACHE}"
    )


def _unpack(packed: bytes, code: str, folder: str) -> None:
    from flowc.store.archive import ArchiveError, TooLarge, decompress, members

    # packages of older versions are called by the hash of what is stored, those of this one by that of what is packed
    is_verified = blake3(packed).hexdigest() == code
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=os.path.dirname(folder)) as archive:
        try:
            is_verified = decompress(packed, archive) == code or is_verified
            if not is_verified:
                raise _damaged()
            files = members(archive)
            first = next(files, None)
            if first is None or first.name != PLAN_NAME:
                raise ArchiveError("it does not begin with a plan")
            _extract(archive, first, folder)
            for member in files:
                _extract(archive, member, folder)
        except ArchiveError as error:
            if is_verified or isinstance(error, TooLarge):
                raise ContractError(f"is no archive that flowc makes: {error}") from error
            raise _damaged() from error


def _damaged() -> ContractError:
    return ContractError("is not what its name says: it was changed or damaged; upload it anew")


def _extract(archive: IO[bytes], member: Member, folder: str) -> None:
    from flowc.store.archive import content

    path = os.path.join(folder, *member.name.split("/"))
    _make_folders(os.path.dirname(path))
    with open(path, "xb") as file:
        for chunk in content(archive, member):
            file.write(chunk)
        # whatever the umask is: other users' tasks read the same cache
        os.fchmod(file.fileno(), 0o755 if member.executable else 0o644)


def _make_folders(folder: str) -> None:
    if not os.path.isdir(folder):
        _make_folders(os.path.dirname(folder))
        os.mkdir(folder)
        os.chmod(folder, 0o755)
