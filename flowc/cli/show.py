"""`flowc show`: one run, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import click

from flowc.cli import completion
from flowc.cli.facts import HASH_DIGITS, NOT_STARTED, UNREADABLE, VALUE_WIDTH, elapsed, iso, run_json
from flowc.cli.finding import JSON, STORE, all_attempts, find_run, task_name
from flowc.cli.output import place
from flowc.cli.tables import duration, moment, print_table, printable, shortened
from flowc.cli.values import dumps, short
from flowc.client import Run, Task
from flowc.errors import FlowcError
from flowc.store.opening import to_url


@click.command()
@click.argument("run", metavar="FLOW[/RUN]", shell_complete=completion.runs)
@click.option("--tasks", "each", is_flag=True, help="Every task of a foreach on a line of its own.")
@STORE
@JSON
def show(run: str, each: bool, store: str, as_json: bool) -> None:
    """Show how a run went, step by step.

    Without RUN it is the flow's last one.
    """
    found, _ = find_run(run, store, most=2)
    tasks = [_task_facts(task) for task in found.tasks]
    if as_json:
        click.echo(dumps(_run_json(found, tasks, to_url(store))))
        return
    _print_run(found)
    click.echo()
    rows = _task_rows(found, tasks) if each else _step_rows(found, tasks)
    print_table(("task" if each else "step", "state", "attempts", "start", "duration", "items"), rows)
    failed = [facts for facts in tasks if facts.problem is not None]
    for facts in failed:
        click.echo(f"\n{facts.name} {facts.state}: {printable(facts.problem or '')}")
        if facts.log is not None:
            click.echo(f"  flowc logs {facts.pathspec}\n  {place(to_url(store), facts.log)}")


class _TaskFacts(NamedTuple):
    """A task as `flowc show` lists it.

    Attributes:
        name: Within its run.
        step: Its step's name.
        pathspec: Its whole address.
        state: One of the client's, or UNREADABLE.
        attempts: How many there were.
        created: When the first one began; None if that is not known.
        finished: When the last one ended; None while it runs.
        splits: How many items it has made for a foreach.
        problem: What went wrong, on one line.
        error: Type, message and traceback of the last attempt that failed.
        log: Key of the log to look into; None where there is none.
    """

    name: str
    step: str
    pathspec: str
    state: str
    attempts: int = 0
    created: datetime | None = None
    finished: datetime | None = None
    splits: int | None = None
    problem: str | None = None
    error: dict[str, str] | None = None
    log: str | None = None


def _task_facts(task: Task) -> _TaskFacts:
    facts = _TaskFacts(task_name(task), task.step, task.pathspec, UNREADABLE)
    try:
        state, attempts = task.state, all_attempts(task)
        error = None if task.successful or task.exception is None else dict(task.exception)
        return facts._replace(
            state=state,
            attempts=len(attempts),
            created=task.created_at,
            finished=task.finished_at if state != "running" else None,
            splits=task.splits,
            problem=None if error is None else _one_line(error),
            error=error,
            log=task.log_key(attempts[-1]),
        )
    except FlowcError as problem:
        return facts._replace(problem=str(problem))


def _one_line(error: dict[str, str]) -> str:
    message = error["message"].strip()
    text = message if error["type"] == "died" else f"{error['type']}: {message}" if message else error["type"]
    return shortened(text, VALUE_WIDTH)


def _print_run(run: Run) -> None:
    facts = [("state", run.state), ("started", moment(run.created_at)), ("duration", duration(elapsed(run)))]
    facts += [("engine", run.engine), ("code", run.code[:HASH_DIGITS])]
    if run.scheduler_id != run.id:
        facts.append(("id", run.scheduler_id))
    facts += [(name, value) for name, _, value in _marks(run) if name != "runtime"]
    if run.logical_date is not None:
        facts.append(("logical date", run.logical_date.isoformat()))
    if run.user_tags:
        facts.append(("tags", ", ".join(sorted(run.user_tags))))
    if run.origin_run_id is not None:
        facts.append(("inputs of", f"{run.pathspec.partition('/')[0]}/{run.origin_run_id}"))
    facts += [(f"--{name}", short(value, VALUE_WIDTH)) for name, value in run.parameters.items()]
    facts += [(f"--{name}", f"a file of {size:,} bytes") for name, size in run.files.items()]
    print_table(("run", run.pathspec), facts)


def _marks(run: Run) -> Iterator[tuple[str, str, str]]:
    """The parts of the system's tags, as `user`, `:`, `ada`."""
    return (tag.partition(":") for tag in sorted(run.system_tags))


def _task_rows(run: Run, tasks: Sequence[_TaskFacts]) -> Iterator[tuple[str, ...]]:
    for facts in tasks:
        yield _row(run, facts.name, facts.state, [facts])


def _step_rows(run: Run, tasks: Sequence[_TaskFacts]) -> Iterator[tuple[str, ...]]:
    for step in run.step_names:
        of_step = [facts for facts in tasks if facts.step == step]
        if not of_step and run.origin_run_id is not None:
            continue  # it is a run of one step
        if not of_step:
            yield (step, NOT_STARTED, "", "", "", "")
            continue
        yield _row(run, step, _states(of_step), of_step)


def _states(tasks: Sequence[_TaskFacts]) -> str:
    states = [facts.state for facts in tasks]
    if len(states) == 1:
        return states[0]
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))


def _row(run: Run, name: str, state: str, tasks: Sequence[_TaskFacts]) -> tuple[str, ...]:
    """One task, or all of a step together: from the first one's start to the last one's end."""
    started = min((f.created for f in tasks if f.created is not None), default=None)
    finished = None if any(f.finished is None for f in tasks) else max(f.finished for f in tasks if f.finished)
    splits = [f.splits for f in tasks if f.splits is not None]
    return (
        name,
        state,
        str(sum(f.attempts for f in tasks) or "-"),
        "-" if started is None else f"+{duration(started - run.created_at)}",
        duration(None if started is None or finished is None else finished - started),
        str(sum(splits)) if splits else "",
    )


def _run_json(run: Run, tasks: Sequence[_TaskFacts], store: str) -> dict[str, Any]:
    flow, _, run_id = run.pathspec.partition("/")
    steps = [{"step": s, "tasks": [_task_json(f, store) for f in tasks if f.step == s]} for s in run.step_names]
    facts = {"flow": flow, "run": run_id, "state": run.state, **run_json(run)}
    return {"store": store, **facts, "steps": steps}


def _task_json(facts: _TaskFacts, store: str) -> dict[str, Any]:
    took = None if facts.created is None or facts.finished is None else facts.finished - facts.created
    return {
        "task": facts.pathspec,
        "state": facts.state,
        "attempts": facts.attempts,
        "created_at": iso(facts.created),
        "finished_at": iso(facts.finished),
        "duration_s": None if took is None else took.total_seconds(),
        "splits": facts.splits,
        "problem": facts.problem,
        "error": facts.error,
        "log": None if facts.log is None else place(store, facts.log),
    }
