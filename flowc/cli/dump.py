"""`flowc dump`: the artifacts of tasks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any, NamedTuple

import click

from flowc.cli import completion
from flowc.cli.facts import HASH_DIGITS, VALUE_WIDTH
from flowc.cli.finding import JSON, STORE, find_run, tasks_of
from flowc.cli.tables import print_table, size
from flowc.cli.values import dumps, short, to_json, whole
from flowc.client import DataArtifact, Task
from flowc.store.artifacts import INLINE
from flowc.store.opening import to_url


@click.command()
@click.argument("task", metavar="FLOW[/RUN[/STEP[/PATH]]]", shell_complete=completion.tasks)
@click.option("--artifact", "names", multiple=True, metavar="NAME", help="Only this one, and all of it; repeatable.")
@click.option("--values", is_flag=True, help="Load large values too.")
@STORE
@JSON
def dump(task: str, names: tuple[str, ...], values: bool, store: str, as_json: bool) -> None:
    """List the artifacts of tasks. Small values are shown; large ones are loaded only when that is asked for.

    Values are unpickled, which runs code: open those of people you trust.
    """
    run, wanted = find_run(task, store, most=4)
    tasks = list(tasks_of(run, wanted))
    if names and not any(name in t.artifacts for t in tasks for name in names):
        tasks[0][names[0]]  # tells what there is
    documents = []
    for number, found in enumerate(tasks):
        artifacts = [a for a in found if not names or a.id in names]
        loaded = [_load(a) if names or values or a.size <= INLINE else _Loaded(a) for a in artifacts]
        if as_json:
            documents.append({"task": found.pathspec, "state": found.state, "artifacts": [*map(_value_json, loaded)]})
            continue
        if number:
            click.echo()
        _print_artifacts(found, loaded, in_full=bool(names))
    if as_json:
        click.echo(dumps({"store": to_url(store), "tasks": documents}))


class _Loaded(NamedTuple):
    """An artifact with or without its value.

    Attributes:
        artifact: What the record tells.
        value: Its value; meaningless unless `is_loaded`.
        is_loaded: Whether it was asked for, and could be loaded.
        error: Why it could not be loaded.
    """

    artifact: DataArtifact
    value: Any = None
    is_loaded: bool = False
    error: str | None = None


def _load(artifact: DataArtifact) -> _Loaded:
    # what the user's modules print when they are imported is no part of this output
    with redirect_stdout(sys.stderr):
        try:
            return _Loaded(artifact, artifact.data, is_loaded=True)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - unpickling runs the user's code
            return _Loaded(artifact, error=f"{type(error).__name__}: {error}")


def _value_json(loaded: _Loaded) -> dict[str, Any]:
    artifact = loaded.artifact
    facts = {"name": artifact.id, "type": artifact.type, "size": artifact.size, "hash": artifact.sha}
    if not loaded.is_loaded:
        return {**facts, "loaded": False, "error": loaded.error}
    with redirect_stdout(sys.stderr):
        value, exact = to_json(loaded.value)
    return {**facts, "loaded": True, "value": value, "exact": exact}


def _print_artifacts(task: Task, artifacts: Sequence[_Loaded], in_full: bool) -> None:
    click.echo(task.pathspec)
    if not task.successful:
        click.echo(f"  no artifacts: the task is {task.state}" if task.state == "running" else f"  {task.state}")
    elif in_full:
        for loaded in artifacts:
            a = loaded.artifact
            click.echo(f"{a.id}  {a.type}  {size(a.size)}  {a.sha[:HASH_DIGITS]}")
            click.echo(loaded.error or _text(loaded, whole))
    elif artifacts:
        rows = ((a.artifact.id, a.artifact.type, size(a.artifact.size), _digits(a), _brief(a)) for a in artifacts)
        print_table(("artifact", "type", "size", "hash", "value"), rows, right=("size",))
    else:
        click.echo("  no artifacts")


def _digits(loaded: _Loaded) -> str:
    return loaded.artifact.sha[:HASH_DIGITS]


def _brief(loaded: _Loaded) -> str:
    if loaded.error is not None:
        return f"cannot be loaded: {loaded.error}"
    return _text(loaded, lambda value: short(value, VALUE_WIDTH)) if loaded.is_loaded else "(not loaded)"


def _text(loaded: _Loaded, show: Any) -> str:
    with redirect_stdout(sys.stderr):
        text: str = show(loaded.value)
    return text
