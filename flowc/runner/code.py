"""The code package on this machine: fetched once, checked before it is opened, kept for the next task."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping

from blake3 import blake3

from flowc.contract import ENV_CACHE, PLAN_NAME, Plan, code_key
from flowc.errors import ContractError, StoreError
from flowc.store.objects import ObjectStore


def open_code(store: ObjectStore, flow: str, code: str, environment: Mapping[str, str]) -> tuple[str, Plan]:
    """The folder and the plan of a code package.

    Raises:
        StoreError: The package cannot be read, or is not what its name says.
        ContractError: It was compiled for another version of the contract.
    """
    folder = os.path.join(_cache(environment), code)
    if not os.path.isdir(folder):
        _unpack(store, flow, code, folder)
    return folder, read_plan(folder)


def read_plan(folder: str) -> Plan:
    """The plan in an unpacked code package."""
    with open(os.path.join(folder, PLAN_NAME), encoding="utf-8") as file:
        try:
            return Plan.from_json(json.load(file))
        except ValueError as error:
            raise ContractError(str(error)) from error


def _cache(environment: Mapping[str, str]) -> str:
    chosen = environment.get(ENV_CACHE)
    if chosen:
        return os.path.join(chosen, "code")
    base = environment.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    if not os.access(base if os.path.isdir(base) else os.path.dirname(base), os.W_OK):
        base = tempfile.gettempdir()
    return os.path.join(base, "flowc", "code")


def _unpack(store: ObjectStore, flow: str, code: str, folder: str) -> None:
    import tarfile

    from flowc.store.artifacts import zstd_module

    packed = store.read(code_key(flow, code))
    if blake3(packed).hexdigest() != code:
        raise StoreError(f"the code package {code_key(flow, code)} is not what its name says: it was changed or damaged")
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    fresh = tempfile.mkdtemp(dir=os.path.dirname(folder))
    try:
        with tarfile.open(fileobj=io.BytesIO(zstd_module().decompress(packed))) as archive:
            # the filter refuses absolute names, `..`, links that leave the folder, and devices
            archive.extractall(fresh, filter="data")
        os.chmod(fresh, 0o755)
        try:
            os.rename(fresh, folder)
        except OSError:
            if not os.path.isdir(folder):  # else another task was quicker
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
