"""`flowc logs`: what tasks have printed."""

from __future__ import annotations

import sys

import click

from flowc.cli import completion
from flowc.cli.finding import STORE, all_attempts, find_run, task_name, tasks_of
from flowc.client import Task
from flowc.client.objects import NotFound


@click.command()
@click.argument("task", metavar="FLOW[/RUN[/STEP[/PATH]]]", shell_complete=completion.tasks)
@click.option("--attempt", metavar="N", help="Of this attempt: 1 for the first, or its name in the store.")
@click.option("--all-attempts", "every", is_flag=True, help="Of all attempts.")
@STORE
def logs(task: str, attempt: str | None, every: bool, store: str) -> None:
    """Print what tasks have printed.

    Of each task the attempt that counts, or else the last one. Where there are several, lines begin with the task.
    """
    if attempt is not None and every:
        raise click.UsageError("--attempt and --all-attempts exclude each other")
    run, wanted = find_run(task, store, most=4)
    tasks = list(tasks_of(run, wanted))
    parts = [(t, a) for t in tasks for a in _attempts(t, attempt, every)]
    if attempt is not None and not parts:
        raise NotFound(f"there is no attempt `{attempt}` of `{'/'.join((run.pathspec, *wanted))}`")
    if len(parts) == 1:
        _write(parts[0][0].read_log(parts[0][1]))
        return
    for found, name in parts:
        number = f" attempt {all_attempts(found).index(name) + 1}" if every and name is not None else ""
        prefix = f"{task_name(found)}{number} | ".encode()
        *lines, rest = found.read_log(name).split(b"\n")
        _write(b"".join(prefix + line + b"\n" for line in ([*lines, rest] if rest else lines)))


def _attempts(task: Task, wanted: str | None, every: bool) -> list[str | None]:
    names = all_attempts(task)
    if every:
        return [*names]
    if wanted is None:
        return [None]
    if wanted in names:
        return [wanted]
    number = int(wanted) if wanted.isascii() and wanted.isdigit() else 0
    return [names[number - 1]] if 1 <= number <= len(names) else []


def _write(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
