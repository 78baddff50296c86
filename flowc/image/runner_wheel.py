"""The wheel that an image installs: of flowc, what a task needs, and nothing of the compiler."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from flowc._version import __version__

PARTS = (
    "__init__.py",
    "_version.py",
    "cards",
    "client",
    "config_values.py",
    "contract.py",
    "diagnostics.py",
    "errors.py",
    "json_values.py",
    "py.typed",
    "runner",
    "settings",
    "source.py",
    "spec.py",
    "store",
    "user_decorators.py",
)
"""Modules and packages below `flowc`: the runner, what a flow's file imports, and the client, which steps may use."""

REQUIRES = (
    'backports.zstd>=1.0; python_version < "3.14"',
    "blake3>=1.0",
    "botocore>=1.35",
    "cloudpickle>=3.0",
    "obstore>=0.12",
)
"""What these modules import. flowc itself wants boto3 for secrets and assumed roles, of which botocore is the part."""

VERSION = f"{__version__}+runner"
"""The same flowc with a local label, as it is not all of it: `flowc==` and `flowc>=` the version hold."""

_PACKAGE = Path(__file__).resolve().parent.parent
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that an archive's member can have
_METADATA = f"""Metadata-Version: 2.1
Name: flowc
Version: {VERSION}
Summary: What tasks need of flowc: the runner, without the compiler.
License: Apache-2.0
Requires-Python: >=3.11
Provides-Extra: aws
"""
_WHEEL = "Wheel-Version: 1.0\nGenerator: flowc\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


class Wheel(NamedTuple):
    """A wheel.

    Attributes:
        name: The file's name.
        data: Its bytes, the same for the same flowc.
    """

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The hash that pip checks, 64 hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


def runner_modules() -> tuple[str, ...]:
    """The files that go in, relative to the folder of `flowc`, in order."""
    return tuple(sorted(name for part in PARTS for name in _files(_PACKAGE / part)))


def runner_wheel() -> Wheel:
    """The wheel of this flowc's runner."""
    info = f"flowc-{VERSION}.dist-info"
    requires = "".join(f"Requires-Dist: {requirement}\n" for requirement in REQUIRES)
    members = {
        **{f"flowc/{name}": (_PACKAGE / name).read_bytes() for name in runner_modules()},
        f"{info}/METADATA": (_METADATA + requires).encode(),
        f"{info}/WHEEL": _WHEEL.encode(),
    }
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in members.items())
    members[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:  # stored: compressed bytes differ between versions of zlib
        for name, data in members.items():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.external_attr = 0o100644 << 16
            member.create_system = 3  # Unix, on every machine
            archive.writestr(member, data)
    return Wheel(f"flowc-{VERSION}-py3-none-any.whl", out.getvalue())


def _files(path: Path) -> Iterator[str]:
    if path.is_dir():
        found = (p for p in path.rglob("*.py") if "__pycache__" not in p.parts)
        yield from (p.relative_to(_PACKAGE).as_posix() for p in found)
    else:
        yield path.relative_to(_PACKAGE).as_posix()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
