"""The project's pages: their fenced blocks, tables and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
ERRORS = tuple(sorted((ROOT / "docs" / "errors").glob("*.md")))
"""A page for each diagnostic."""

_FENCE = re.compile(r"```(\S*) ?(.*)")
_LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"")


class Block(NamedTuple):
    """A fenced block.

    Attributes:
        page: The page's path below the project's root.
        line: The number of its opening fence.
        language: The first word after the fence.
        words: The other words there, which no renderer shows.
        text: What it holds.
    """

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    opened: tuple[int, str, tuple[str, ...]] | None = None
    lines: list[str] = []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = _FENCE.fullmatch(line)
        if fence is None:
            lines.append(line)
        elif opened is None:
            opened, lines = (number, fence[1], tuple(fence[2].split())), []
        else:
            assert line == "```", f"{page}:{number}: a fence inside of a block"
            yield Block(str(page.relative_to(ROOT)), *opened, "\n".join(lines) + "\n")
            opened = None
    assert opened is None, f"{page}: the block from line {opened} on is not closed"


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def links(page: Path) -> list[str]:
    """The addresses that a page links to or shows as pictures."""
    return [link or picture for link, picture in _LINK.findall(prose(page))]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, made as GitHub does."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rows(page: Path) -> list[list[str]]:
    """The cells of all table rows of a page, without heads."""
    found: list[list[str]] = []
    for line in prose(page).splitlines():
        if re.fullmatch(r"\|[-| :]+\|", line):
            found.pop()
        elif line.startswith("|"):
            found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def shows(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern shows, where `...` stands for anything."""
    wanted = re.escape(pattern.rstrip()).replace(re.escape("..."), "(?s:.*?)")
    return re.fullmatch(wanted, "\n".join(line.rstrip() for line in text.rstrip().splitlines())) is not None
