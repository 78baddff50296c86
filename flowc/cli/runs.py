"""`flowc runs`: the runs in a store."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click

from flowc.cli import completion
from flowc.cli.facts import NOT_STARTED, UNREADABLE, elapsed, run_json
from flowc.cli.finding import JSON, STORE
from flowc.cli.output import fail, place
from flowc.cli.tables import ago, duration, print_table
from flowc.cli.values import dumps, short
from flowc.client import Flow, Metaflow, Run
from flowc.client.objects import NotFound
from flowc.errors import FlowcError
from flowc.store.opening import to_url

_PARALLEL = 16  # runs that are read at the same time: it is waiting, not work


@click.command()
@click.argument("flow", required=False, shell_complete=completion.flows)
@STORE
@JSON
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the N runs that were started last.")
@click.option("--tag", "tags", metavar="TEXT", multiple=True, help="Only runs with this tag; with each of several.")
def runs(flow: str | None, store: str, as_json: bool, last: int | None, tags: tuple[str, ...]) -> None:
    """List the runs of a flow, or of all flows, the last one first."""
    flows = [Flow(flow, store)] if flow is not None else Metaflow(store).flows
    found = [pair for f in flows for pair in ((f, run_id) for run_id in f.run_ids)]
    opened = sorted(_parallel(_open, found), key=_created, reverse=True)
    if tags:  # what has not started, or cannot be read, has none
        opened = [s for s in opened if s.run is not None and s.run.tags.issuperset(tags)]
    summaries = _parallel(_judge, opened[:last])
    url = to_url(store)
    if as_json:
        click.echo(dumps({"store": url, "runs": [_summary_json(s) for s in summaries]}))
    elif summaries:
        heads = ("run", "state", "started", "duration", "engine", "parameters")
        print_table(heads, map(_summary_row, summaries), last_is_needed=False)
    else:
        nothing = f"no run in {place(url)} has {' and '.join(tags)}" if tags else None
        click.echo(nothing or f"nothing has been run with the store {place(url)} yet", err=True)
    for summary in summaries:
        if summary.error is not None and not as_json:
            fail(f"{summary.flow}/{summary.id}: {summary.error}")


class _Summary(NamedTuple):
    """A run as `flowc runs` lists it.

    Attributes:
        flow: The flow's name.
        id: The run's key.
        run: None for one that has not started, or cannot be read.
        state: One of the client's, or why there is none.
        error: Why it cannot be read.
    """

    flow: str
    id: str
    run: Run | None
    state: str = ""
    error: str | None = None


def _parallel(act: Any, items: Iterable[Any]) -> list[Any]:
    with ThreadPoolExecutor(_PARALLEL) as threads:
        return list(threads.map(act, items))


def _open(pair: tuple[Flow, str]) -> _Summary:
    flow, run_id = pair
    try:
        return _Summary(flow.id, run_id, flow[run_id])
    except NotFound:
        return _Summary(flow.id, run_id, None, NOT_STARTED)
    except FlowcError as error:
        return _Summary(flow.id, run_id, None, UNREADABLE, str(error))


def _judge(summary: _Summary) -> _Summary:
    if summary.run is None:
        return summary
    try:
        return summary._replace(state=summary.run.state)
    except FlowcError as error:
        return summary._replace(state=UNREADABLE, error=str(error))


def _created(summary: _Summary) -> tuple[datetime, str]:
    """The order of runs; those that have not started come last."""
    return (datetime.min.replace(tzinfo=UTC) if summary.run is None else summary.run.created_at, summary.id)


def _summary_row(summary: _Summary) -> tuple[str, ...]:
    run, name = summary.run, f"{summary.flow}/{summary.id}"
    if run is None:
        return (name, summary.state, "-", "-", "-", "")
    parameters = ", ".join(f"{n}={short(v, 40)}" for n, v in run.parameters.items() if v is not None)
    took = "-" if summary.error is not None else duration(elapsed(run))
    engine = run.engine if run.origin_run_id is None else f"{run.engine}, one step"
    return (name, summary.state, ago(run.created_at), took, engine, parameters)


def _summary_json(summary: _Summary) -> dict[str, Any]:
    facts = {} if summary.run is None else run_json(summary.run, readable=summary.error is None)
    return {"flow": summary.flow, "run": summary.id, "state": summary.state, "error": summary.error, **facts}
