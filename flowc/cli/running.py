"""Running a flow, here or as a scheduler would, and telling how it went."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from flowc.cli.output import EXIT_DIAGNOSTICS, EXIT_INTERRUPTED, plain
from flowc.compiler import Program
from flowc.contract import Address, run_key

if TYPE_CHECKING:
    from flowc.local.engine import RunState


def run_here(program: Program, store_url: str, parameters: dict[str, Any], max_workers: int) -> int:
    """`flowc run`; the exit code."""
    from flowc.cli.progress import Progress
    from flowc.local import engine
    from flowc.package import build_package

    package = build_package(program.plan, program.folder)
    run_id = engine.new_run_id()
    click.echo(f"run {program.flow.name}/{run_id}")
    progress = Progress(program.plan)
    try:
        state = engine.run_flow(
            program.plan,
            program.folder,
            store_url=store_url,
            package=package,
            run_id=run_id,
            parameters=parameters,
            max_workers=max_workers,
            watcher=progress,
        )
    finally:
        progress.close()
    return _report(program, store_url, run_key(run_id), state, progress.failure)


def _place(store_url: str, key: str = "") -> str:
    """Where an object of a store is, as a person would open it."""
    from flowc.store.local import LocalStore
    from flowc.store.objects import open_store

    store = open_store(store_url)
    return plain(store.path(key)).rstrip("/") if isinstance(store, LocalStore) else f"{store_url}/{key}"


def _report(
    program: Program, store_url: str, run: str, state: RunState, failure: tuple[Address, str] | None
) -> int:
    from flowc.local.engine import RunState

    name = f"{program.flow.name}/{run}"
    match state:
        case RunState.SUCCEEDED:
            click.echo(f"run {name} succeeded; its artifacts are in {_place(store_url)}")
            return 0
        case RunState.INTERRUPTED:
            click.echo(f"run {name} was interrupted; what had finished is kept in {_place(store_url)}", err=True)
            return EXIT_INTERRUPTED
        case RunState.FAILED:
            click.echo(f"run {name} failed; what had finished is kept in {_place(store_url)}", err=True)
            if failure is not None:
                task, attempt = failure
                click.echo(f"task {task} failed; its log is {_place(store_url, task.log_key(attempt))}", err=True)
            return EXIT_DIAGNOSTICS
