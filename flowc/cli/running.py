"""Running a flow, here or as a scheduler would, and telling how it went."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from flowc.cli.exit_codes import EXIT_DIAGNOSTICS, EXIT_INTERRUPTED
from flowc.cli.output import place, show, stop
from flowc.cli.packing import package_of, rules_here
from flowc.compiler import Program
from flowc.contract import NO_PATH, Address, parse_path, run_json_key, run_key
from flowc.outputs import Compiled
from flowc.store.opening import check_url, open_store

if TYPE_CHECKING:
    from flowc.local.engine import RunState
    from flowc.runner.start import Start
    from flowc.simulate.engines import Process, Simulated
    from flowc.simulate.stepfunctions import AwsServer
    from flowc.store.objects import ObjectStore

_OWN_BUCKET = "flowc-simulate"
_LINE_ENDS = "\r\n"


def run_here(program: Program, store_url: str, parameters: dict[str, Any], max_workers: int, start: Start) -> int:
    """`flowc run`; the exit code."""
    from flowc.cli.progress import Progress
    from flowc.local import engine

    check_url(store_url)
    package = package_of(program)
    run_id = engine.new_run_id()
    progress = Progress(program.plan, begin=lambda: announce(program, run_id))
    try:
        state = engine.run_flow(
            program.plan,
            program.folder,
            store_url=store_url,
            package=package,
            files=program.files,
            run_id=run_id,
            parameters=parameters,
            max_workers=max_workers,
            watcher=progress,
            start=start,
        )
    finally:
        progress.close()
    return report(program, store_url, run_key(run_id), state, progress.failure)


def announce(program: Program, run_id: str, branch: str | None = None) -> None:
    """Say which run begins.

    Args:
        program: The flow.
        run_id: The run.
        branch: That of its project; None for the one that the flow was read for.
    """
    project = program.flow.deployment.project
    if project is not None:
        click.echo(f"project {project.name}, branch {branch or project.branch}")
    click.echo(f"run {program.flow.name}/{run_id}")


def report(program: Program, store_url: str, run: str, state: RunState, failure: tuple[Address, str] | None) -> int:
    """Tell how a local run has ended; the exit code.

    Args:
        program: The flow.
        store_url: Where its artifacts are.
        run: The run's key.
        state: How it ended.
        failure: The task that failed it, and its last attempt, whose log is in the store; None for none.
    """
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
        store: The URL of the store that was asked for; None for none.
        usual_store: The URL of the one that is used then, as by a local run.
        image: The step-runner container's image; nothing is done with it here, but it is in the definition.
        settings: The target's own settings that were given.
        environment: Variables of all tasks, by the URL of their store.
        airflow_python: The interpreter that has Airflow; None to look for one.
        parameters: What the run is started with.
        output: Where to keep what was compiled; None for nowhere.
        logical_date: The time that the run is for, as `parse_time` gives it; None for none.
        containers: Whether tasks run in containers of their images.
    """

    program: Program
    target: str
    store: str | None
    usual_store: str
    image: str
    settings: dict[str, str]
    environment: Callable[[str], tuple[tuple[str, str], ...]]
    airflow_python: str | None
    parameters: dict[str, Any]
    output: str | None
    logical_date: str | None = None
    containers: bool = False

    @property
    def is_on_aws(self) -> bool:
        """Whether steps run on AWS, whatever schedules them."""
        on_batch = any(step.policy.batch is not None for step in self.program.flow.steps)
        return on_batch or self.settings.get("compute") in ("batch", "ecs")

    def compile(self, store: str, *, own_s3: bool = False) -> Compiled:
        """The flow as `flowc compile` would write it; ends the command if it cannot be."""
        from flowc.compiler import compile_program
        from flowc.targets.registry import load_target

        target = load_target(self.target)
        compiled, found = compile_program(
            self.program,
            target,
            store=store,
            image=self.image,
            settings=self.settings,
            environment=() if own_s3 else self.environment(store),  # what is set about S3 is about another one
            rules=rules_here(),
        )
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
        announce(simulation.program, simulation.program.flow.run_id_prefix + run_id)
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
            task = Address(flow, result.run, process.step, parse_path(process.path))
            click.echo(f"task {task} failed; its logs are in {place(store, task.prefix)}", err=True)
        return EXIT_DIAGNOSTICS


def _simulate_airflow(stack: ExitStack, simulation: Simulation, run_id: str, folder: Path) -> tuple[Simulated, str]:
    from flowc.simulate.airflow import AirflowDriver
    from flowc.simulate.engines import on_airflow

    def execute(server: AwsServer, compiled: Compiled, store: ObjectStore) -> Simulated:
        return on_airflow(
            stack.enter_context(AirflowDriver(python=simulation.airflow_python)),
            simulation.program,
            compiled,
            store=store,
            run_id=run_id,
            parameters=simulation.parameters,
            folder=folder,
            logical_date=simulation.logical_date,
            environment=server.env,
            containers=simulation.containers,
            aws=server,
            listen=_show,
        )

    if simulation.is_on_aws:
        return _beside_aws(stack, simulation, run_id, execute)
    url = simulation.store or simulation.usual_store
    if simulation.containers and not url.startswith("s3://"):
        raise click.UsageError(
            "tasks in containers reach no folder of this machine: give a store in S3, --store s3://bucket/prefix"
        )
    compiled = simulation.compile(url)
    driver = stack.enter_context(AirflowDriver(python=simulation.airflow_python))
    result = on_airflow(
        driver,
        simulation.program,
        compiled,
        store=open_store(url),
        run_id=run_id,
        parameters=simulation.parameters,
        folder=folder,
        logical_date=simulation.logical_date,
        environment=_aws_environment(),
        containers=simulation.containers,
        listen=_show,
    )
    return result, url


def _simulate_stepfunctions(
    stack: ExitStack, simulation: Simulation, run_id: str, folder: Path
) -> tuple[Simulated, str]:
    from flowc.simulate.engines import on_stepfunctions

    def execute(server: AwsServer, compiled: Compiled, store: ObjectStore) -> Simulated:
        return on_stepfunctions(
            server,
            simulation.program,
            compiled,
            store=store,
            run_id=run_id,
            parameters=simulation.parameters,
            folder=folder,
            logical_date=simulation.logical_date,
        )

    return _beside_aws(stack, simulation, run_id, execute)


def _beside_aws(
    stack: ExitStack,
    simulation: Simulation,
    run_id: str,
    execute: Callable[[AwsServer, Compiled, ObjectStore], Simulated],
) -> tuple[Simulated, str]:
    """Execute a flow with what stands for AWS, whose S3 is used where no other one is named."""
    from flowc.simulate.engines import from_job
    from flowc.simulate.stepfunctions import AwsServer
    from flowc.store.copy import copy_run

    final = simulation.store or simulation.usual_store
    own_s3 = simulation.store is None and not final.startswith("s3://")
    url = f"s3://{_OWN_BUCKET}" if own_s3 else final
    compiled = simulation.compile(url, own_s3=own_s3)
    outside = None if own_s3 else _aws_environment()
    server = stack.enter_context(
        AwsServer(
            s3_environment=outside,
            containers=simulation.containers,
            on_job=lambda job: _show(from_job(job)),
        )
    )
    if own_s3:
        server.create_bucket(_OWN_BUCKET)
    store = open_store(url, server.env)
    try:
        result = execute(server, compiled, store)
    finally:
        # also what an interrupted run has finished: the server's S3 goes with the server
        flow = simulation.program.flow
        key = run_key(flow.run_id_prefix + run_id)
        if own_s3 and store.exists(run_json_key(flow.name, key)):
            copy_run(store, open_store(final), flow.name, key)
    return result, final


SIMULATED = {"airflow": _simulate_airflow, "stepfunctions": _simulate_stepfunctions}
"""The targets whose scheduler can be run here."""


def _aws_environment() -> dict[str, str]:
    """What reaches S3 from here; of a role that is assumed, credentials, which all that is simulated can use."""
    from flowc.store.aws import role_credentials

    return {**{n: v for n, v in os.environ.items() if n.startswith("AWS_")}, **role_credentials()}


_SHOWING = threading.Lock()  # two schedulers' jobs may be told of at the same time, each from a thread


def _show(process: Process) -> None:
    name = _task_name(process)
    with _SHOWING:
        if process.exit_code is None:
            click.echo(f"{name} started")
            return
        with suppress(FileNotFoundError), process.log.open("rb") as log:  # it is not there if nothing could be started
            for line in log:
                click.echo(f"{name} | {line.decode(errors='replace').rstrip(_LINE_ENDS)}")
        click.echo(f"{name} {'done' if process.exit_code == 0 else f'failed with exit code {process.exit_code}'}")


def _task_name(process: Process) -> str:
    return process.step if process.path == NO_PATH else f"{process.step}/{process.path}"
