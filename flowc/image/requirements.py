"""What a flow needs beside the runner: the file that says so, read as pip reads it."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from shlex import quote

from flowc.diagnostics import Diagnostic, Label
from flowc.source import SourceFile, Span

FILE = "requirements.txt"
PROJECT = "pyproject.toml"
_ROOTS = (".git", ".hg")

_COMMENT = re.compile(r"(^|\s)#.*$")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_HASH = re.compile(r"\s--hash[= ]\S+")
_NESTED = re.compile(r"(-r|--requirement|-c|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(\S.*)")
_LINKS = re.compile(r"(-f|--find-links)(?:\s*=\s*|\s+)(\S+)")
_BUILDS = re.compile(r"-e\b|--editable\b|--no-binary\b|(git|hg|svn|bzr)\+|.*@\s*(git|hg|svn|bzr)\+")
_WHEEL = ".whl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a flow's file of requirements asks for.

    Attributes:
        place: The file, for people.
        lines: Logical lines for pip, with files that they refer to by absolute paths; nested files are in place.
        constraints: Further files, absolute, whose lines only restrict versions.
    """

    place: str
    lines: tuple[str, ...]
    constraints: tuple[str, ...] = ()

    @property
    def hashed(self) -> bool:
        """Whether pip would check hashes of everything."""
        return any(line.startswith("--require-hashes") or _HASH.search(line) for line in self.lines)

    @property
    def named(self) -> tuple[str, ...]:
        """The lines that ask for a package, as a person would write them."""
        return tuple(_HASH.sub("", line).strip() for line in self.lines if not line.startswith("-"))


def distribution(line: str) -> str:
    """The normalised name of the package that a requirement asks for; empty where it names none."""
    found = _NAME.match(line)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def without_hashes(line: str) -> str:
    """A requirement for any file of the package."""
    return _HASH.sub("", line).strip()


@dataclass(slots=True)
class _Reader:
    problems: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, SourceFile] = field(default_factory=dict)
    constraints: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def text(self, path: str, primary: Label | None = None) -> SourceFile | None:
        shown = _shown(path)
        try:
            with open(path, "rb") as file:
                source = SourceFile(file=shown, text=file.read().decode("utf-8-sig").replace("\r\n", "\n"))
        except OSError as error:
            self._wrong(f"`{shown}` cannot be read: {error.strerror}", "name a file with --requirements", primary)
            return None
        except UnicodeDecodeError as error:
            self._wrong(f"`{shown}` is not UTF-8: byte {error.start + 1}", "save it as UTF-8", primary)
            return None
        self.sources[shown] = source
        return source

    def lines(self, path: str, primary: Label | None = None) -> Iterator[str]:
        if path in self.opened:  # which pip takes as a part of itself, for ever
            self._wrong(f"`{_shown(path)}` is a part of itself", "remove one of the two lines", primary)
            return
        source = self.text(path, primary)
        if source is None:
            return
        self.opened.append(path)
        folder = os.path.dirname(path)
        for line, label in _logical(source):
            if (nested := _NESTED.fullmatch(line)) is not None:
                other = os.path.join(folder, nested[2].strip("\"'"))
                if nested[1] in ("-c", "--constraint"):
                    self.constraints += [other] if self.text(other, label) is not None else []
                else:
                    yield from self.lines(os.path.normpath(other), label)
            elif (links := _LINKS.fullmatch(line)) is not None:
                there = os.path.join(folder, links[2])
                yield f"--find-links {quote(there) if os.path.isdir(there) else links[2]}"
            else:
                yield from self._requirement(line, folder, label)
        self.opened.pop()

    def _requirement(self, line: str, folder: str, label: Label) -> Iterator[str]:
        there = os.path.join(folder, line.partition(" ")[0])
        if _BUILDS.match(line) or ((line.startswith((".", "/")) or os.path.isdir(there)) and not _is_wheel(there)):
            help = "leave out what the code package has, build a wheel of the rest (`pip wheel`), and name that"
            self._wrong("an image takes wheels, and this would have to be built", help, label)
        elif _is_wheel(there) and os.path.isfile(there):
            yield there + line[len(line.partition(" ")[0]) :]
        else:
            yield line

    def _wrong(self, message: str, help: str, primary: Label | None = None) -> None:
        self.problems.append(Diagnostic(code="FC703", message=message, help=help, primary=primary))

    def project(self, path: str) -> tuple[str, ...] | None:
        source = self.text(path)
        if source is None:
            return None
        try:
            found = tomllib.loads(source.text).get("project", {})
            wanted = found.get("dependencies") if isinstance(found, dict) else None
        except tomllib.TOMLDecodeError as error:
            self._wrong(f"`{source.file}` is not valid TOML: {error}", "see https://toml.io for how it is written")
            return None
        if wanted is None:
            return None
        if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
            start = max(source.data.find(b"dependencies"), 0)
            label = Label(span=Span(file=source.file, start=start, end=start + len("dependencies")))
            self._wrong("`project.dependencies` should be a list of strings", "write `[...]`", label)
            return None
        return tuple(wanted)


def read_requirements(
    flow_file: str | None, chosen: str | None
) -> tuple[Requirements | None, tuple[Diagnostic, ...], dict[str, SourceFile]]:
    """What a flow needs, by the first of these that there is.

    The file that was chosen; `requirements.txt` beside the flow; `[project] dependencies` in the nearest
    `pyproject.toml` beside the flow or above, not above the root of a repository.

    Args:
        flow_file: The flow's source; None: only the chosen file counts.
        chosen: A file in the form of `requirements.txt`.

    Returns:
        The requirements, None if nothing says any; what is wrong; and the sources of that.
    """
    reader = _Reader()
    if flow_file is None and not chosen:
        return None, (), {}
    folder = os.path.dirname(os.path.abspath(flow_file or "."))
    beside = os.path.join(folder, FILE)
    if chosen or os.path.exists(beside):
        path = os.path.abspath(chosen) if chosen else beside
        lines = tuple(reader.lines(path))
        found = Requirements(place=_shown(path), lines=lines, constraints=tuple(reader.constraints))
        return found, tuple(reader.problems), reader.sources
    for path in _projects(folder):
        wanted = reader.project(path)
        if wanted is not None:
            place = f"{_shown(path)}, [project] dependencies"
            return Requirements(place=place, lines=wanted), tuple(reader.problems), reader.sources
        if reader.problems:
            break
    return None, tuple(reader.problems), reader.sources


def _projects(folder: str) -> Iterable[str]:
    while True:
        path = os.path.join(folder, PROJECT)
        if os.path.isfile(path):
            yield path
        parent = os.path.dirname(folder)
        if parent == folder or any(os.path.exists(os.path.join(folder, root)) for root in _ROOTS):
            return
        folder = parent


def _logical(source: SourceFile) -> Iterator[tuple[str, Label]]:
    """Lines without comments, continued ones as one, each with its place; a comment ends what is continued.

    Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
    """
    parts: list[str] = []
    first = 1
    for number in range(1, len(source.line_starts) + 1):
        line = source.line(number)
        first = first if parts else number
        parts.append(f" {line}" if _COMMENT.match(line) else line.rstrip("\\"))
        if line.endswith("\\") and not _COMMENT.match(line):
            continue
        if text := _COMMENT.sub("", "".join(parts)).strip():
            yield text, _label(source, first)
        parts = []
    if text := _COMMENT.sub("", "".join(parts)).strip():
        yield text, _label(source, first)


def _label(source: SourceFile, number: int) -> Label:
    line = source.line(number)
    start = source.offset(number, len(line.encode()) - len(line.lstrip().encode()))
    return Label(span=Span(file=source.file, start=start, end=start + len(line.strip().encode())))


def _is_wheel(path: str) -> bool:
    return path.endswith(_WHEEL)


def _shown(path: str) -> str:
    below = os.path.relpath(path)
    return path if below.startswith("..") else below
