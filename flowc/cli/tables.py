"""Tables, times and sizes for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from flowc.cli.output import in_colour

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 1000  # columns where nobody looks through a window
_GAP = 2
_LEAST = 12  # columns below which a shortened cell says nothing

_STATE_COLOURS = {
    "failed": "red",
    "unreadable": "red",
    "interrupted": "yellow",
    "running": "cyan",
    "succeeded": "green",
    "not started": "dim",
}
"""The worst one first: it is what a step with several tasks is shown in."""


def print_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[str] = (), last_is_needed: bool = True
) -> None:
    """Print columns. On a terminal the last one is shortened to what is left of the line; nothing else ever is.

    Args:
        heads: The columns' names; what stands below `state`, or after it, is coloured.
        rows: Cells.
        right: The columns that are aligned to the right.
        last_is_needed: Whether the last column is shown even where it has no room.
    """
    from rich.table import Table
    from rich.text import Text

    cells = [[*map(printable, row)] for row in rows]
    out = console()
    widths = [max(len(head), *(len(row[n]) for row in cells), 0) for n, head in enumerate(heads)]
    taken = sum(width + _GAP for width in widths[:-1])
    left = max(out.width - taken, min(widths[-1], _LEAST))
    shown = len(heads) if last_is_needed or taken + left <= out.width else len(heads) - 1
    # a terminal breaks a line that is too long, and what is copied from it is whole
    out.width = max(out.width, taken + left)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for head in heads[:shown]:
        table.add_column(head, justify="right" if head in right else "left", overflow="fold")
    for row in cells:
        texts = [
            Text(cell, style=_colour(cell) if "state" in (head, row[0]) else "")
            for head, cell in zip(heads, (*row[:-1], shortened(row[-1], left)), strict=True)
        ]
        table.add_row(*texts[:shown])
    with out.capture() as printed:
        out.print(table)
    click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()), color=True)


def _colour(states: str) -> str:
    return next((colour for state, colour in _STATE_COLOURS.items() if state in states), "")


def console() -> Console:
    """Standard output, without anything but text unless it is a terminal."""
    from rich.console import Console

    is_terminal = sys.stdout.isatty()
    return Console(
        file=sys.stdout,
        width=None if is_terminal else _WIDE,
        force_terminal=is_terminal,
        color_system="auto" if in_colour(sys.stdout) else None,
        highlight=False,
        soft_wrap=False,
        markup=False,
    )


def shortened(text: str, width: int) -> str:
    """A text that is no wider than so many columns."""
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"


def printable(text: str) -> str:
    """A text on one line that cannot command a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def size(number: int) -> str:
    """`1.5 MiB`."""
    if number < 1024:
        return f"{number} B"
    amount = float(number)
    for unit in ("KiB", "MiB", "GiB"):
        amount /= 1024
        if amount < 1024:
            return f"{amount:.1f} {unit}"
    return f"{amount / 1024:.1f} TiB"


def duration(time: timedelta | None) -> str:
    """`0.4 s`, `2 min 5 s`, `3 h 2 min`; a dash for None."""
    if time is None:
        return "-"
    seconds = max(time.total_seconds(), 0.0)
    whole = round(seconds)
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def ago(time: datetime) -> str:
    """`5 min ago`; the day for what is longer ago than a week."""
    past = (datetime.now(UTC) - time).total_seconds()
    if past >= 7 * 86400:
        return f"{time.astimezone():%Y-%m-%d}"
    for unit, seconds in (("d", 86400), ("h", 3600), ("min", 60)):
        if past >= seconds:
            return f"{past // seconds:.0f} {unit} ago"
    return f"{max(past, 0):.0f} s ago"


def moment(time: datetime) -> str:
    """Date and time where the reader is, with the offset from UTC."""
    return f"{time.astimezone():%Y-%m-%d %H:%M:%S %z}"
