"""A code package in an image: unpacked where the runner looks for it, so that tasks fetch none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flowc.package import CodePackage
from flowc.runner.code import unpack


@dataclass(frozen=True, slots=True)
class Code:
    """A package that goes into an image."""

    package: CodePackage

    def write(self, folder: Path) -> None:
        """Unpack it below a folder for code packages, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        unpack(self.package.data, self.package.code, str(folder / self.package.code))
