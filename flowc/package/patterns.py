"""Patterns of a `.gitignore`, as git itself understands them.

Folders that are left out are not looked into, so a pattern is only ever asked about the path that it is to match, never
about what lies below it. Libraries of such patterns answer for whole files instead, and then differ from git where
folders are taken in again.
Source: https://git-scm.com/docs/gitignore#_pattern_format
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line.

    Attributes:
        regex: What it matches, wholly: a path below the pattern's folder, or a name alone if it has no slash.
        is_name: It has no slash, but for one at its end.
        only_folders: It has one at its end.
        negated: It begins with an exclamation mark.
    """

    regex: re.Pattern[str]
    is_name: bool
    only_folders: bool
    negated: bool

    def matches(self, path: str, is_folder: bool) -> bool:
        """Whether it is about a path; relative to the pattern's folder, without a slash at its end."""
        if self.only_folders and not is_folder:
            return False
        return self.regex.fullmatch(path.rpartition("/")[2] if self.is_name else path) is not None


@dataclass(frozen=True, slots=True)
class Patterns:
    """Lines in their order, of which the last one that matches decides."""

    lines: tuple[Pattern, ...]

    def decide(self, path: str, is_folder: bool) -> bool | None:
        """True if a path is named, False if it is taken back (`!`); None if no line is about it."""
        found = next((line for line in reversed(self.lines) if line.matches(path, is_folder)), None)
        return None if found is None else not found.negated


def read_patterns(lines: Iterable[str]) -> Patterns:
    """The patterns in some lines; those that can match nothing, comments and empty lines are passed over."""
    return Patterns(tuple(pattern for line in lines if (pattern := _read(line)) is not None))


def _read(line: str) -> Pattern | None:
    if line.startswith("#"):
        return None
    text = _without_blanks(line.rstrip("\r\n"))
    negated = text.startswith("!")
    text = text.removeprefix("!")
    only_folders = text.endswith("/")
    text = text.removesuffix("/")
    is_name = "/" not in text
    regex = _translate(text.removeprefix("/"))
    if not text or regex is None:
        return None
    return Pattern(re.compile(regex, re.DOTALL), is_name, only_folders, negated)


def _without_blanks(text: str) -> str:
    """Without the blanks at the end, but for one behind a backslash."""
    kept = re.match(r"(?:\\.|[^\\ ]|\\$| +(?! *$))*", text, re.DOTALL)
    assert kept is not None
    return kept[0]


def _translate(pattern: str) -> str | None:
    """A regular expression; None if the pattern is not complete."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        mark = pattern[at]
        if mark == "*":
            text, at = _stars(pattern, at)
        elif mark == "?":
            text, at = "[^/]", at + 1
        elif mark == "[":
            found = _bracket(pattern, at + 1)
            if found is None:
                return None
            text, at = found
        else:
            at += mark == "\\"
            if at == len(pattern):
                return None
            text, at = re.escape(pattern[at]), at + 1
        out.append(text)
    return "".join(out)


def _stars(pattern: str, at: int) -> tuple[str, int]:
    end = at
    while pattern[end : end + 1] == "*":
        end += 1
    begins = at == 0 or pattern[at - 1] == "/"
    if end - at > 1 and begins and end == len(pattern):
        return ".*", end
    if end - at > 1 and begins and pattern[end] == "/":
        return "(?:.*/)?", end + 1
    return "[^/]*", end


def _bracket(pattern: str, at: int) -> tuple[str, int] | None:
    """The characters between brackets, from behind the first one on, and where they end."""
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    parts: list[str] = []
    first = True
    while first or pattern[at : at + 1] != "]":
        first = False
        if pattern.startswith("[:", at) and (end := pattern.find("]", at + 2)) > 0 and pattern[end - 1] == ":":
            name = pattern[at + 2 : end - 1]
            if name not in _CLASSES:
                return None
            parts.append(_CLASSES[name])
            at = end + 1
            continue
        low, at = _character(pattern, at)
        high = low
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("", "]"):
            high, at = _character(pattern, at + 1)
        if not low or not high:
            return None
        if low <= high:
            parts.append(f"{re.escape(low)}-{re.escape(high)}")
    inside = "".join(parts)
    if not inside:
        return ("[^/]" if negated else "(?!)"), at + 1
    return f"(?!/)[{'^' if negated else ''}{inside}]", at + 1


def _character(pattern: str, at: int) -> tuple[str, int]:
    at += pattern[at : at + 1] == "\\"
    return pattern[at : at + 1], at + 1
