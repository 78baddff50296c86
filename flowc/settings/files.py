"""The files that settings stand in, and where in them each stands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowc.diagnostics import Diagnostic, Label
from flowc.source import SourceFile, Span

OWN_FILE = "flowc.toml"
SHARED_FILE = "pyproject.toml"
_ROOTS = (".git", ".hg")  # what the topmost folder of a repository has

_HEADER = re.compile(r"\s*\[\[?(.+?)\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_WORD = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_LINE = re.compile(r"at line (\d+), column (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A file with settings.

    Attributes:
        source: Its text, and its path from the working directory on.
        folder: Its folder, absolute.
        above: The tables that the settings stand in.
        table: What stands there.
    """

    source: SourceFile
    folder: str
    above: tuple[str, ...]
    table: Mapping[str, Any]

    def span(self, path: tuple[str, ...]) -> Span:
        """Where a key stands, or as much of its path as is written out; the whole file where that cannot be found."""
        found = Span(file=self.source.file, start=0, end=0)
        depth = len(self.above)
        for full, span in _keys(self.source):
            if len(full) > depth and full == (*self.above, *path)[: len(full)]:
                found, depth = span, len(full)
        return found

    def place(self, path: tuple[str, ...]) -> str:
        """The file and the line of a key."""
        return f"{self.source.file}:{self.source.position(self.span(path).start)[0]}"


def find_files(folder: str) -> tuple[tuple[SettingsFile, ...], tuple[Diagnostic, ...], dict[str, SourceFile]]:
    """The files that hold for a folder: those of the nearest one, at or above it, that has some.

    A `pyproject.toml` counts where it has `[tool.flowc]`. Nothing above the root of a repository is looked at.

    Returns:
        The files, those that count for more first; what is wrong with them; and the sources of these problems.
    """
    place = os.path.abspath(folder)
    while True:
        files: list[SettingsFile] = []
        problems: list[Diagnostic] = []
        sources: dict[str, SourceFile] = {}
        for name, above in ((OWN_FILE, ()), (SHARED_FILE, ("tool", "flowc"))):
            file, problem = _read(os.path.join(place, name), above, sources)
            files += [file] if file is not None else []
            problems += [problem] if problem is not None else []
        parent = os.path.dirname(place)
        if files or problems or parent == place or any(os.path.exists(os.path.join(place, r)) for r in _ROOTS):
            return tuple(files), tuple(problems), sources
        place = parent


def _read(
    path: str, above: tuple[str, ...], sources: dict[str, SourceFile]
) -> tuple[SettingsFile | None, Diagnostic | None]:
    shown = os.path.relpath(path)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None, None
    except OSError as error:
        return None, _unreadable(f"`{shown}` cannot be read: {error.strerror}", "see to its permissions")
    # most projects' pyproject.toml is about other things, and the parser takes longer to import than the file to read
    if above and b"flowc" not in data:
        return None, None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return None, _unreadable(f"`{shown}` is not UTF-8: byte {error.start + 1}", "save it as UTF-8")
    import tomllib

    source = SourceFile(file=shown, text=text)
    sources[shown] = source
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, _not_toml(source, str(error))
    for name in above:
        inner = table.get(name)
        if inner is None:
            return None, None
        if not isinstance(inner, dict):
            return None, _unreadable(f"`{name}` in `{shown}` is not a table", "write `[tool.flowc]`")
        table = inner
    return SettingsFile(source=source, folder=os.path.dirname(path), above=above, table=table), None


def _unreadable(message: str, help: str) -> Diagnostic:
    return Diagnostic(code="FC501", message=message, help=help)


def _not_toml(source: SourceFile, why: str) -> Diagnostic:
    found = _LINE.search(why)
    message = f"`{source.file}` is not valid TOML: {why.partition(' (at ')[0]}"
    primary = None
    if found is not None:
        number = int(found[1])
        start = source.offset(number, len(source.line(number)[: int(found[2]) - 1].encode()))
        primary = Label(span=Span(file=source.file, start=start, end=start))
    return Diagnostic(code="FC501", message=message, help="see https://toml.io for how it is written", primary=primary)


def _keys(source: SourceFile) -> Iterator[tuple[tuple[str, ...], Span]]:
    """Every header and key at the beginning of a line, with the tables around it.

    The parser tells no places. What looks like a key within a text of several lines is taken for one, which can only
    move an arrow: keys are looked for by what the parser has found.
    """
    header: tuple[str, ...] = ()
    for number, start in enumerate(source.line_starts, 1):
        line = source.line(number)
        if (match := _HEADER.fullmatch(line)) is not None:
            header = _words(match[1])
            yield header, _part(source, start, line, match, 1)
        elif (match := _KEY.match(line)) is not None:
            yield (*header, *_words(match[1])), _part(source, start, line, match, 1)


def _words(path: str) -> tuple[str, ...]:
    return tuple(word.strip("\"'") for word in _WORD.findall(path))


def _part(source: SourceFile, start: int, line: str, match: re.Match[str], group: int) -> Span:
    first = start + len(line[: match.start(group)].encode())
    return Span(file=source.file, start=first, end=first + len(match[group].encode()))
