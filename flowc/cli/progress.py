"""How a local run shows itself: the tasks' own output, and a line of counts for each step."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from flowc.cli.output import in_colour
from flowc.contract import Address, Plan, format_path
from flowc.local.engine import Watcher

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

_REFRESH_S = 0.1


@dataclass(slots=True)
class _Count:
    running: int = 0
    done: int = 0
    failed: int = 0
    retried: int = 0
    interrupted: int = 0


class Progress(Watcher):
    """Prints the tasks' output line by line, under their names, and on a terminal a live table of steps."""

    def __init__(self, plan: Plan, out: TextIO = sys.stdout, begin: Callable[[], None] = lambda: None) -> None:
        """Show nothing until a task is started: before that, all that there can be to say is an error.

        Args:
            plan: The steps.
            out: Where to.
            begin: Called before anything is shown.
        """
        self._plan = plan
        self._out = out
        self._counts = {name: _Count() for name in plan.steps}
        self._partial: dict[Address, bytes] = {}
        self._last_failure: tuple[Address, str] | None = None
        self._begin = begin
        self._has_begun = False
        self._live: Live | None = None
        self._next_s = 0.0

    @property
    def failure(self) -> tuple[Address, str] | None:
        """The task that failed the run, and its last attempt."""
        return self._last_failure

    def started(self, task: Address, retry: int) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._begin()
            self._live = _live() if self._out.isatty() else None
        self._counts[task.step].running += 1
        self._refresh()

    def output(self, task: Address, data: bytes) -> None:
        *lines, rest = (self._partial.pop(task, b"") + data).split(b"\n")
        for line in lines:
            self._print(task, line)
        if rest:
            self._partial[task] = rest

    def finished(self, task: Address, splits: int | None) -> None:
        count = self._counts[task.step]
        count.running -= 1
        count.done += 1
        self._end_line(task)
        self._refresh()

    def failed(self, task: Address, attempt: str, again: bool) -> None:
        count = self._counts[task.step]
        count.running -= 1
        self._end_line(task)
        if again:
            count.retried += 1
            self._say(f"{_name(task)} failed and is tried again")
        else:
            count.failed += 1
            if self._last_failure is None:
                self._last_failure = (task, attempt)
            self._say(f"{_name(task)} failed")
        self._refresh()

    def interrupted(self, task: Address) -> None:
        count = self._counts[task.step]
        count.running -= 1
        count.interrupted += 1
        self._end_line(task)
        self._say(f"{_name(task)} was interrupted")
        self._refresh()

    def close(self) -> None:
        """Show the last state and give the terminal back."""
        if self._live is not None:
            self._live.update(self._table(), refresh=True)
            self._live.stop()
            self._live = None
        elif self._has_begun:
            for name, count in self._counts.items():
                self._say(f"{name:<24} {_words(count)}")

    def _print(self, task: Address, line: bytes) -> None:
        self._say(f"{_name(task)} | {line.decode(errors='replace')}")

    def _say(self, text: str) -> None:
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=self._out, flush=True)

    def _end_line(self, task: Address) -> None:
        rest = self._partial.pop(task, b"")
        if rest:
            self._print(task, rest)

    def _refresh(self) -> None:
        # the table is drawn a few times a second, however many tasks end meanwhile
        now = time.monotonic()
        if self._live is not None and now >= self._next_s:
            self._next_s = now + _REFRESH_S
            self._live.update(self._table(), refresh=True)

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for name, count in self._counts.items():
            colour = "red" if count.failed else "cyan" if count.running else "green" if count.done else "dim"
            table.add_row(Text(name, style=colour), _words(count))
        return table


def _live() -> Live:
    from rich.console import Console
    from rich.live import Live

    # no refresh thread of its own: tables change only when something happens
    console = Console(file=sys.stdout, color_system="auto" if in_colour(sys.stdout) else None)
    live = Live(console=console, auto_refresh=False)
    live.start()
    return live


def _words(count: _Count) -> str:
    parts = [f"{count.done} done"] if count.done else []
    parts += [f"{count.running} running"] if count.running else []
    parts += [f"{count.retried} tried again"] if count.retried else []
    parts += [f"{count.failed} failed"] if count.failed else []
    parts += [f"{count.interrupted} interrupted"] if count.interrupted else []
    return ", ".join(parts) or "not started"


def _name(task: Address) -> str:
    return f"{task.step}/{format_path(task.path)}" if task.path else task.step
