"""A code package in an image: unpacked where the runner looks for it, so that tasks fetch none."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from flowc.package import CodePackage
from flowc.store.artifacts import zstd_module


@dataclass(frozen=True, slots=True)
class Code:
    """A package that goes into an image."""

    package: CodePackage

    def write(self, folder: Path) -> None:
        """Unpack it below a folder for code packages, which is made."""
        target = folder / self.package.code
        with tarfile.open(fileobj=io.BytesIO(zstd_module().decompress(self.package.data))) as archive:
            for member in archive:  # of our own making
                content = archive.extractfile(member)
                assert content is not None
                path = target / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())
