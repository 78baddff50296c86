"""Source text and places in it."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A stretch of one file.

    Attributes:
        file: The path as the user gave it.
        start: UTF-8 byte offset of the first byte.
        end: UTF-8 byte offset after the last byte; `end >= start`.
    """

    file: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """The text of one file, with its line starts.

    Attributes:
        file: The path as the user gave it.
        text: Decoded text; lines end in a line feed.
    """

    file: str
    text: str
    data: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", self.text.encode())

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """UTF-8 byte offset of each line's first byte; never empty."""
        starts = [0]
        at = self.data.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.data.find(b"\n", at + 1)
        return tuple(starts)

    def offset(self, line: int, column: int) -> int:
        """The byte offset of a place that `ast` gives.

        Args:
            line: From 1.
            column: UTF-8 bytes from the start of the line, from 0.
        """
        starts = self.line_starts
        start = starts[min(max(line, 1), len(starts)) - 1]
        return min(start + column, len(self.data))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a byte offset, both from 1; the column counts characters."""
        line = bisect.bisect_right(self.line_starts, offset)
        start = self.line_starts[line - 1]
        return line, len(self.data[start:offset].decode(errors="replace")) + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its line end."""
        start = self.line_starts[number - 1]
        end = self.data.find(b"\n", start)
        return self.data[start : len(self.data) if end < 0 else end].decode(errors="replace")
