"""A compiled flow, executed as a scheduler would: what `flowc simulate`, the tests and the demo share.

Both functions write what was compiled into a folder and hand over exactly these bytes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowc.compiler import Program
from flowc.contract import INPUT_LOGICAL_DATE, end_json_key, run_key
from flowc.outputs import Compiled, write_files
from flowc.package import upload_files, upload_package
from flowc.simulate.airflow import AirflowDriver, AirflowPod
from flowc.simulate.errors import SimulateError
from flowc.simulate.stepfunctions import AwsServer, JobResult, run_definition
from flowc.store.objects import ObjectStore

RETRY_DELAY_S = 1.0
"""The longest wait before a further attempt: nobody simulates to wait for minutes."""

MACHINE_NAME = 80
"""Characters of a state machine's name.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A pod or a job, as the local process that stood in for it.

    Attributes:
        step: The step's name.
        path: The task's path.
        exit_code: None while it runs.
        tail: The end of its output.
        log: All of its output.
    """

    step: str
    path: str
    exit_code: int | None
    tail: str
    log: Path


Listener = Callable[[Process], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """How a simulated run has ended.

    Attributes:
        run: The run's key.
        succeeded: The scheduler's own verdict.
        reason: Why it did not succeed, in the scheduler's words; empty if it did.
        seconds: From the trigger to the end.
        processes: All pods or jobs, failed attempts included, in the order in which they started.
        definition: The file that was executed.
        digest: SHA-256 of the bytes that the scheduler had loaded, by its own account, in hexadecimal.
    """

    run: str
    succeeded: bool
    reason: str
    seconds: float
    processes: tuple[Process, ...]
    definition: Path
    digest: str


def on_airflow(
    driver: AirflowDriver,
    program: Program,
    compiled: Compiled,
    *,
    store: ObjectStore,
    run_id: str,
    parameters: Mapping[str, Any],
    folder: Path,
    logical_date: str | None = None,
    environment: Mapping[str, str] | None = None,
    containers: bool = False,
    aws: AwsServer | None = None,
    listen: Listener = lambda _: None,
) -> Simulated:
    """Execute a flow that was compiled for Airflow.

    Args:
        driver: A running Airflow.
        program: The flow.
        compiled: What was compiled from it.
        store: The store that it was compiled for.
        run_id: As Airflow would give it; new for the flow.
        parameters: What the trigger sends.
        folder: Receives the compiled files and the logs.
        logical_date: The time that the run is for, in ISO 8601; new for the flow. None as when it is started by hand.
        environment: Further environment of the pods and of Airflow's own tasks, for the store.
        containers: Whether pods run in podman, rather than as processes.
        aws: What has the APIs of Batch and ECS, for a flow with tasks there; it tells of them by itself.
        listen: Called when a pod has started, and when it has ended.

    Raises:
        SimulateError: The file does not load, or Airflow broke down.
    """
    dag_file = _write(compiled, folder)
    upload_package(store, program.flow.name, compiled.code)
    upload_files(store, program.flow.name, program.files)
    run = run_key(program.flow.run_id_prefix + run_id)
    with _interruptible(store, program.flow.name, run):
        result = driver.run(
            dag_file,
            dag_id=program.flow.deployed_name,
            run_id=run_id,
            runner=[sys.executable],
            log_dir=folder / "logs",
            conf=parameters,
            logical_date=logical_date,
            env={**(environment or {}), **(_services(aws, environment or {}) if aws is not None else {})},
            max_retry_delay_s=RETRY_DELAY_S,
            containers=containers,
            on_pod=lambda pod: listen(_from_pod(pod)),
        )
    jobs = () if aws is None else aws.jobs_of(program.flow.run_id_prefix + run_id)
    problems = [*result.import_errors, *result.warnings, *([result.refused] if result.refused else [])]
    if problems or result.state is None:
        raise SimulateError(f"Airflow does not take {dag_file.name}: " + "; ".join(problems))
    succeeded = result.state == "success"
    _record_end(store, program.flow.name, run, "succeeded" if succeeded else "failed")
    return Simulated(
        run=run,
        succeeded=succeeded,
        reason="" if succeeded else "; ".join(f"{f.task_id}: {f.error}" for f in result.failures[-1:]),
        seconds=result.seconds,
        processes=(*map(_from_pod, result.pods), *map(from_job, jobs)),
        definition=dag_file,
        digest=result.digest,
    )


def _services(aws: AwsServer, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that reach a server's Batch, ECS and CloudWatch, while S3 stays where it is.

    Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    services = ("BATCH", "ECS", "CLOUDWATCH_LOGS")
    needed = {name: value for name, value in aws.env.items() if name not in environment and "ENDPOINT" not in name}
    return needed | {f"AWS_ENDPOINT_URL_{service}": aws.endpoint for service in services}


def on_stepfunctions(
    server: AwsServer,
    program: Program,
    compiled: Compiled,
    *,
    store: ObjectStore,
    run_id: str,
    parameters: Mapping[str, Any],
    folder: Path,
    logical_date: str | None = None,
) -> Simulated:
    """Execute a flow that was compiled for Step Functions.

    Args:
        server: A running simulator; the store's bucket exists.
        program: The flow.
        compiled: What was compiled from it.
        store: The store that it was compiled for.
        run_id: The execution's name; new for the flow.
        parameters: The execution's input.
        folder: Receives the compiled files.
        logical_date: The time that the run is for, in ISO 8601; it is sent beside the parameters.

    Raises:
        SimulateError: The definition is refused, or the simulator broke down.
    """
    definition = _write(compiled, folder)
    upload_package(store, program.flow.name, compiled.code)
    upload_files(store, program.flow.name, program.files)
    run = run_key(program.flow.run_id_prefix + run_id)
    sent = {} if logical_date is None else {INPUT_LOGICAL_DATE: logical_date}
    with _interruptible(store, program.flow.name, run):
        result = run_definition(
            server,
            definition.read_bytes(),
            name=program.flow.deployed_name[:MACHINE_NAME],
            run_id=run_id,
            run_id_prefix=program.flow.run_id_prefix,
            input={**parameters, **sent},
        )
    succeeded = result.status == "SUCCEEDED"
    _record_end(store, program.flow.name, run, "succeeded" if succeeded else "failed")
    return Simulated(
        run=run,
        succeeded=succeeded,
        reason="" if succeeded else f"{result.status} {result.error or ''}".strip(),
        seconds=result.seconds,
        processes=tuple(map(from_job, result.jobs)),
        definition=definition,
        digest=result.digest,
    )


def from_job(job: JobResult) -> Process:
    """A Batch job as a process."""
    return Process(step=job.step, path=job.path, exit_code=job.exit_code, tail=job.log_tail, log=job.log_file)


def _from_pod(pod: AirflowPod) -> Process:
    return Process(
        step=pod.env["FLOWC_STEP"],
        path=pod.env.get("FLOWC_PATH", "_"),
        exit_code=pod.exit_code,
        tail="\n".join(pod.tail),
        log=pod.log,
    )


def _write(compiled: Compiled, folder: Path) -> Path:
    blocked = write_files(compiled, str(folder))
    if blocked:
        raise SimulateError("; ".join(f"{d.message}: {d.help}" for d in blocked))
    return folder / compiled.definition[0].name


@contextmanager
def _interruptible(store: ObjectStore, flow: str, run: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _record_end(store, flow, run, "interrupted")
        raise


def _record_end(store: ObjectStore, flow: str, run: str, state: str) -> None:
    end = {"state": state, "finished_ns": time.time_ns()}
    store.write(end_json_key(flow, run), [json.dumps(end).encode()])
