"""The files that compiling makes: written all or none, and never over what somebody else has written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from flowc.diagnostics import Diagnostic
from flowc.errors import FlowcError
from flowc.ir.steps import IncludedFile
from flowc.package import CodePackage, is_package, packed_plan
from flowc.store.files import digest_of, file_record, read_chunks, sound_chunks, unchanged
from flowc.store.objects import Data
from flowc.targets.base import OutputFile

_HEAD = 4096
_PART = ".part"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludedOutput:
    """The copy of an included file, for an upload.

    Attributes:
        name: Relative, without folders.
        parameter: The name of the parameter that includes it.
        file: What it is a copy of.
    """

    name: str
    parameter: str
    file: IncludedFile

    @property
    def digest(self) -> str:
        """BLAKE3 of its bytes, 64 hexadecimal digits."""
        return digest_of(dict(self.file.record))

    def chunks(self) -> Iterator[Data]:
        """Its bytes.

        Raises:
            ParameterError: They cannot be read, or are not those that were compiled.
        """
        return unchanged(sound_chunks(self.file.path, self.file.name), dict(self.file.record), self.file.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What `compile` writes.

    Attributes:
        definition: The target's own files.
        package: The code package's file.
        code: The code package, for an upload.
        includes: The files that the flow includes by default.
    """

    definition: tuple[OutputFile, ...]
    package: OutputFile
    code: CodePackage
    includes: tuple[IncludedOutput, ...] = ()

    @property
    def sizes(self) -> Iterator[tuple[str, int]]:
        """Name and bytes of all files, the definition first."""
        yield from ((file.name, len(file.data)) for file in (*self.definition, self.package))
        yield from ((include.name, include.file.size) for include in self.includes)


def write_files(compiled: Compiled, folder: str) -> tuple[Diagnostic, ...]:
    """Write what was compiled; nothing at all if a file is in the way that flowc did not generate.

    Raises:
        OSError: The folder cannot be written.
        ParameterError: An included file was changed since it was compiled.
    """
    found = tuple(
        Diagnostic(
            code="FC405",
            message=f"`{path}` exists, and flowc did not generate it",
            help="choose another folder with -o, or move the file away",
        )
        for path in _in_the_way(compiled, folder)
    )
    if found:
        return found
    os.makedirs(folder, exist_ok=True)
    parts = {os.path.join(folder, name) + _PART: chunks for name, chunks in _contents(compiled)}
    try:
        for part, chunks in parts.items():
            with open(part, "wb") as out:
                for chunk in chunks:
                    out.write(chunk)
    except (OSError, FlowcError):
        for part in parts:
            with suppress(OSError):
                os.unlink(part)
        raise
    # only now that all are there: a definition never stands beside the package of another one for want of space
    for part in parts:
        os.replace(part, part.removesuffix(_PART))
    return ()


def _contents(compiled: Compiled) -> Iterator[tuple[str, Iterable[Data]]]:
    for file in (*compiled.definition, compiled.package):
        yield file.name, [file.data]
    for include in compiled.includes:
        yield include.name, include.chunks()


def _in_the_way(compiled: Compiled, folder: str) -> Iterator[str]:
    for file in (*compiled.definition, compiled.package):
        path = os.path.join(folder, file.name)
        if not _may_replace(path, file):
            yield path
    for include in compiled.includes:
        path = os.path.join(folder, include.name)
        if not _may_replace_include(path, include, os.path.join(folder, compiled.package.name)):
            yield path


def _may_replace(path: str, file: OutputFile) -> bool:
    if not os.path.lexists(path):
        return True
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as present:
        if file.marker:
            return file.marker in present.read(_HEAD)
        return is_package(present.read())


def _may_replace_include(path: str, include: IncludedOutput, package: str) -> bool:
    """A copy has no room for a mark; what tells is the plan in the code package that was written with it."""
    if not os.path.lexists(path):
        return True
    if not os.path.isfile(path):
        return False
    known = {include.digest}
    if os.path.isfile(package):
        with open(package, "rb") as present:
            plan = packed_plan(present.read())
        known |= {digest_of(p["file"]) for p in (plan or {}).get("parameters", ()) if p.get("file")}
    return digest_of(file_record(read_chunks(path), None)) in known
