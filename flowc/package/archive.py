"""The bytes of a code package, and its hash: the same for the same files, whatever machine, umask or Python."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from typing import Any, NamedTuple

from blake3 import blake3

from flowc.contract import PLAN_NAME, Plan
from flowc.store.archive import content, decompress, members
from flowc.store.artifacts import zstd_module

_LEVEL = 9
_HEAD = 256


class CodePackage(NamedTuple):
    """An archive that a runner unpacks.

    Attributes:
        code: BLAKE3 of the tar in `data`, 64 hexadecimal digits. Not of `data` itself, since releases of Zstandard
            compress the same bytes to different ones.
        data: A Zstandard-compressed tar; its first member is the plan.
        size: Bytes of the tar.
        plan_size: Bytes of the plan.
    """

    code: str
    data: bytes
    size: int
    plan_size: int


class File(NamedTuple):
    """A file with its bytes, see `Source`."""

    name: str
    data: bytes
    executable: bool = False


def pack_files(plan: bytes, files: Iterable[File]) -> CodePackage:
    """The package of a plan, as `plan_bytes` has it, and of files, in the order in which they come."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, File(PLAN_NAME, plan))
        for file in files:
            _add(archive, file)
    tar = out.getvalue()
    return CodePackage(blake3(tar).hexdigest(), zstd_module().compress(tar, _LEVEL), len(tar), len(plan))


def plan_bytes(plan: Plan) -> bytes:
    """The plan as it is in a package."""
    return json.dumps(plan.to_json(), sort_keys=True, separators=(",", ":")).encode()


def is_package(data: bytes) -> bool:
    """Whether some bytes are a code package; only as much of them is unpacked as tells."""
    try:
        decompressor = zstd_module().ZstdDecompressor()
        return bytes(decompressor.decompress(data, max_length=_HEAD)).startswith(PLAN_NAME.encode() + b"\0")
    except zstd_module().ZstdError:
        return False


def packed_plan(data: bytes) -> dict[str, Any] | None:
    """The plan in a code package as it is stored; None if the bytes are no code package."""
    if not is_package(data):
        return None
    try:
        archive = io.BytesIO()
        decompress(data, archive)
        first = next(members(archive), None)
        plan = None if first is None else json.loads(b"".join(content(archive, first)))
    except ValueError:
        return None
    return plan if isinstance(plan, dict) else None


def _add(archive: tarfile.TarFile, file: File) -> None:
    # neither time nor owner, and of the mode only what matters
    member = tarfile.TarInfo(file.name)
    member.size = len(file.data)
    member.mode = 0o755 if file.executable else 0o644
    archive.addfile(member, io.BytesIO(file.data))
