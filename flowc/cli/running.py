"""Running a flow, here or as a scheduler would, and telling how it went."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from flowc.cli.exit_codes import EXIT_DIAGNOSTICS, EXIT_INTERRUPTED
from flowc.cli.output import place, show, stop
from flowc.client.objects import default_store
from flowc.compiler import Compiled, Program
from flowc.contract import NO_PATH, Address, parse_path, run_json_key, run_key
from flowc.store.opening import check_url, open_store, to_url

if TYPE_CHECKING:
    from flowc.local.engine import RunState
    from flowc.simulate.engines import Process, Simulated

_OWN_BUCKET = "flowc-simulate"


def run_here(program: Program, store_url: str, parameters: dict[str, Any], max_workers: int) -> int:
    """`flowc run`; the exit code."""
    from flowc.cli.progress import Progress
    from flowc.local import engine
    from flowc.package import build_package

    check_url(store_url)
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


def _report(program: Program, store_url: str, run: str, state: RunState, failure: tuple[Address, str] | None) -> int:
    from flowc.local.engine import RunState

    name = f"{program.flow.name}/{run}"
    match state:
        case RunState.SUCCEEDED:
            click.echo(f"run {name} succeeded; its artifacts are in {place(store_url)}")
            return 0
        case RunState.INTERRUPTED:
            click.echo(f"run {name} was interrupted; what had finished is kept in {place(store_url)}", err=True)
            return EXIT_INTERRUPTED
        case RunState.FAILED:
            click.echo(f"run {name} failed; what had finished is kept in {place(store_url)}", err=True)
            if failure is not None:
                task, attempt = failure
                click.echo(f"task {task} failed; its log is {place(store_url, task.log_key(attempt))}", err=True)
            return EXIT_DIAGNOSTICS


class Simulation(NamedTuple):
    """What `flowc simulate` was asked for.

    Attributes:
        program: The flow.
        target: Its target's name, a key of `SIMULATED`.
        store: The store's URL; None for the default one.
        image: The step-runner container's image; nothing is done with it here, but it is in the definition.
        settings: The target's own settings that were given.
        parameters: What the run is started with.
        output: Where to keep what was compiled; None for nowhere.
    """

    program: Program
    target: str
    store: str | None
    image: str
    settings: dict[str, str]
    parameters: dict[str, Any]
    output: str | None

    def compile(self, store: str) -> Compiled:
        """The flow as `flowc compile` would write it; ends the command if it cannot be."""
        from flowc.compiler import compile_program
        from flowc.targets.registry import load_target

        target = load_target(self.target)
        compiled, found = compile_program(self.program, target, store=store, image=self.image, settings=self.settings)
        sources = self.program.sources
        if compiled is None:
            stop(found, sources)
        show(found, sources)
        return compiled


def run_simulated(simulation: Simulation) -> int:
    """`flowc simulate`; the exit code."""
    from flowc.local.engine import new_run_id

    flow = simulation.program.flow.name
    with ExitStack() as stack:
        folder = simulation.output or stack.enter_context(TemporaryDirectory(prefix="flowc-"))
        run_id = new_run_id()
        click.echo(f"run {flow}/{run_id}")
        result, store = SIMULATED[simulation.target](stack, simulation, run_id, Path(folder))
        name = f"{flow}/{result.run}"
        if result.succeeded:
            click.echo(f"run {name} succeeded after {result.seconds:.1f} s; its artifacts are in {place(store)}")
            return 0
        click.echo(f"run {name} failed; what had finished is kept in {place(store)}", err=True)
        failed = [p for p in result.processes if p.exit_code]
        if not failed:
            click.echo(result.reason, err=True)
        for process in failed[-1:]:
            click.echo(f"task {_task_name(process)} failed; the end of its output:\n{process.tail}", err=True)
            task = Address(flow, result.run, process.step, parse_path(process.path))
            click.echo(f"its logs are in {place(store, task.prefix)}", err=True)
        return EXIT_DIAGNOSTICS


def _simulate_airflow(stack: ExitStack, simulation: Simulation, run_id: str, folder: Path) -> tuple[Simulated, str]:
    from flowc.simulate.airflow import AirflowDriver
    from flowc.simulate.engines import on_airflow

    url = simulation.store or to_url(default_store())
    compiled = simulation.compile(url)
    driver = stack.enter_context(AirflowDriver())
    result = on_airflow(
        driver,
        simulation.program,
        compiled,
        store=open_store(url),
        run_id=run_id,
        parameters=simulation.parameters,
        folder=folder,
        environment=_aws_environment(),
        listen=_show,
    )
    return result, url


def _simulate_stepfunctions(
    stack: ExitStack, simulation: Simulation, run_id: str, folder: Path
) -> tuple[Simulated, str]:
    from flowc.simulate.engines import from_job, on_stepfunctions
    from flowc.simulate.stepfunctions import AwsServer
    from flowc.store.copy import copy_run

    final = simulation.store or to_url(default_store())
    own_s3 = simulation.store is None and not final.startswith("s3://")
    url = f"s3://{_OWN_BUCKET}" if own_s3 else final
    compiled = simulation.compile(url)
    outside = None if own_s3 else _aws_environment()
    server = stack.enter_context(AwsServer(s3_environment=outside, on_job=lambda job: _show(from_job(job))))
    if own_s3:
        server.create_bucket(_OWN_BUCKET)
    store = open_store(url, server.env)
    try:
        result = on_stepfunctions(
            server,
            simulation.program,
            compiled,
            store=store,
            run_id=run_id,
            parameters=simulation.parameters,
            folder=folder,
        )
    finally:
        # also what an interrupted run has finished: the server's S3 goes with the server
        if own_s3 and store.exists(run_json_key(simulation.program.flow.name, run_key(run_id))):
            copy_run(store, open_store(final), simulation.program.flow.name, run_key(run_id))
    return result, final


SIMULATED = {"airflow": _simulate_airflow, "stepfunctions": _simulate_stepfunctions}
"""The targets whose scheduler can be run here."""


def _aws_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def _show(process: Process) -> None:
    if process.exit_code is None:
        click.echo(f"{_task_name(process)} started")
    elif process.exit_code == 0:
        click.echo(f"{_task_name(process)} done")
    else:
        click.echo(f"{_task_name(process)} failed with exit code {process.exit_code}")


def _task_name(process: Process) -> str:
    return process.step if process.path == NO_PATH else f"{process.step}/{process.path}"
