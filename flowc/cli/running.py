"""Running a flow, here or as a scheduler would, and telling how it went."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from flowc.cli.output import EXIT_DIAGNOSTICS, EXIT_INTERRUPTED, plain, show, stop
from flowc.client.objects import default_store
from flowc.compiler import Compiled, Program
from flowc.contract import NO_PATH, Address, run_key
from flowc.store.objects import to_url

if TYPE_CHECKING:
    from flowc.local.engine import RunState
    from flowc.simulate.engines import Process, Simulated

_OWN_BUCKET = "flowc-simulate"


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


def _report(program: Program, store_url: str, run: str, state: RunState, failure: tuple[Address, str] | None) -> int:
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


def run_simulated(
    program: Program,
    target_name: str,
    store_url: str | None,
    parameters: dict[str, Any],
    settings: dict[str, str],
    folder: str | None,
) -> int:
    """`flowc simulate`; the exit code."""
    from flowc.local.engine import new_run_id

    with ExitStack() as stack:
        place = Path(folder) if folder else Path(stack.enter_context(TemporaryDirectory(prefix="flowc-")))
        run_id = new_run_id()
        click.echo(f"run {program.flow.name}/{run_id}")
        simulate = _simulate_airflow if target_name == "airflow" else _simulate_stepfunctions
        result, store = simulate(stack, program, store_url, run_id, parameters, settings, place)
        name = f"{program.flow.name}/{result.run}"
        if result.succeeded:
            click.echo(f"run {name} succeeded after {result.seconds:.1f} s; its artifacts are in {_place(store)}")
            return 0
        click.echo(f"run {name} failed; what had finished is kept in {_place(store)}", err=True)
        for process in [p for p in result.processes if p.exit_code][-1:]:
            click.echo(f"task {_task_name(process)} failed; the end of its output:\n{process.tail}", err=True)
        if not any(p.exit_code for p in result.processes):
            click.echo(result.reason, err=True)
        return EXIT_DIAGNOSTICS


_Simulation = tuple["Simulated", str]


def _simulate_airflow(
    stack: ExitStack,
    program: Program,
    store_url: str | None,
    run_id: str,
    parameters: dict[str, Any],
    settings: dict[str, str],
    place: Path,
) -> _Simulation:
    from flowc.simulate.airflow import AirflowDriver
    from flowc.simulate.engines import on_airflow
    from flowc.store.objects import open_store

    url = store_url or to_url(default_store())
    compiled = _compile(program, "airflow", url, settings)
    store = open_store(url)
    driver = stack.enter_context(AirflowDriver())
    result = on_airflow(
        driver,
        program,
        compiled,
        store=store,
        run_id=run_id,
        parameters=parameters,
        folder=place,
        environment={k: v for k, v in os.environ.items() if k.startswith("AWS_")},
        listen=_show,
    )
    return result, url


def _simulate_stepfunctions(
    stack: ExitStack,
    program: Program,
    store_url: str | None,
    run_id: str,
    parameters: dict[str, Any],
    settings: dict[str, str],
    place: Path,
) -> _Simulation:
    from flowc.simulate.engines import from_job, on_stepfunctions
    from flowc.simulate.stepfunctions import AwsServer
    from flowc.store.copy import copy_run
    from flowc.store.objects import open_store

    final = store_url or to_url(default_store())
    own_s3 = store_url is None and not final.startswith("s3://")
    url = f"s3://{_OWN_BUCKET}" if own_s3 else final
    compiled = _compile(program, "stepfunctions", url, settings)
    outside = None if own_s3 else {k: v for k, v in os.environ.items() if k.startswith("AWS_")}
    server = stack.enter_context(AwsServer(s3_environment=outside, on_job=lambda job: _show(from_job(job))))
    if own_s3:
        server.create_bucket(_OWN_BUCKET)
    store = open_store(url, server.env)
    result = on_stepfunctions(
        server, program, compiled, store=store, run_id=run_id, parameters=parameters, folder=place
    )
    if own_s3:
        copy_run(store, open_store(final), program.flow.name, result.run)
    return result, final


def _compile(program: Program, target_name: str, url: str, settings: dict[str, str]) -> Compiled:
    from flowc.compiler import compile_program
    from flowc.targets.registry import load_target

    compiled, found = compile_program(program, load_target(target_name), store=url, settings=settings)
    sources = {program.source.file: program.source}
    if compiled is None:
        stop(found, sources)
    show(found, sources)
    return compiled


def _show(process: Process) -> None:
    if process.exit_code is None:
        click.echo(f"{_task_name(process)} started")
    elif process.exit_code == 0:
        click.echo(f"{_task_name(process)} done")
    else:
        click.echo(f"{_task_name(process)} failed with exit code {process.exit_code}")


def _task_name(process: Process) -> str:
    return process.step if process.path == NO_PATH else f"{process.step}/{process.path}"
