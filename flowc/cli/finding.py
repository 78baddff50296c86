"""What `flowc show`, `logs` and `dump` have in common: options, and finding what words between slashes name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from flowc.cli.configured import configured
from flowc.client import Flow, Run, Task

STORE = configured("store", "--store")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def find_run(pathspec: str, store: str, most: int) -> tuple[Run, list[str]]:
    """The run that the words between slashes name, and the words after it."""
    words = pathspec.strip("/").split("/")
    if not all(words) or len(words) > most:
        shape = "/".join(("FLOW", "RUN", "STEP", "PATH")[:most])
        raise click.UsageError(f"`{pathspec}` is not what this command takes: {shape}, or the first parts of it")
    flow, *rest = words
    run = Run(f"{flow}/{rest[0]}", store) if rest else Flow(flow, store).latest_run
    return run, rest[1:]


def tasks_of(run: Run, wanted: Sequence[str]) -> Iterator[Task]:
    """The tasks of a run, of one step, or one task.

    Args:
        run: The run.
        wanted: Nothing, a step, or a step and a path.

    Raises:
        NotFound: There is no such step or task, or it has not begun.
    """
    if not wanted:
        yield from run.tasks
        return
    step = run[wanted[0]]
    if len(wanted) > 1:
        yield step[wanted[1]]
        return
    next(step.tasks())  # raises when there is none
    yield from (task for task in run.tasks if task.step == step.id)


def task_name(task: Task) -> str:
    """A task within its run, as `flowc run` calls it."""
    return task.step if task.index is None else f"{task.step}/{task.id}"


def all_attempts(task: Task) -> list[str]:
    """The attempts that have ended, the first one first, and then those that run."""
    return [*task.attempts, *task.running_attempts]
