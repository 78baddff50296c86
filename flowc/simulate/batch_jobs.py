"""AWS Batch for moto, with jobs that are processes on this machine, or containers with what they ask for.

Everything around a job stays moto's: the API, job definitions, what DescribeJobs answers. What moto does with Docker,
running a command in an image with an environment, is done without the image, where there is no container engine: the
job's command runs with `python` replaced by a given interpreter.
"""

from __future__ import annotations

import json
import shlex
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from moto.batch import models
from moto.batch.exceptions import ClientException
from moto.batch.utils import JobStatus
from moto.moto_api import state_manager
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch import (
    StateTaskServiceBatch,
)

from flowc.simulate.containers import OUT_OF_MEMORY, CannotStart, Engine
from flowc.simulate.moto_repairs import replace
from flowc.simulate.processes import Process, Workload

GRACE_S = 30.0
"""Between SIGTERM and SIGKILL when a job is terminated or takes too long.

Source: https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html
"""

OVERRIDES = 8192
"""Characters of a task's overrides.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
"""

_PROPERTIES = (
    *("image", "user", "privileged", "readonlyRootFilesystem"),
    *("resourceRequirements", "linuxParameters", "volumes", "mountPoints"),
)
"""What a job's container is made of, beside its command and variables."""

TIMED_OUT = "Job attempt duration exceeded timeout"
EXITED = "Essential container in task exited"

Emit = Callable[[Mapping[str, object]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """Where and how jobs run.

    Attributes:
        python: The interpreter that stands for the image's `python`.
        engine: Runs the jobs as containers; None where they are processes.
        environment: What a job has beside the job's own variables.
        folder: Holds a log file for each job.
        slots: As many permits as jobs may run at a time.
        emit: Is told when a job starts and ends.
        jobs: Every job so far, by id.
    """

    python: str
    engine: Engine | None
    environment: Mapping[str, str]
    folder: Path
    slots: threading.Semaphore
    emit: Emit
    jobs: dict[str, Any] = field(default_factory=dict)

    def stop(self) -> None:
        """Kills every job that still runs."""
        for job in tuple(self.jobs.values()):
            job.kill()


def install(compute: Compute) -> None:
    """Makes moto's Batch run its jobs by `compute`; for the whole process, once."""
    state_manager.set_transition("batch::job", {"progression": "immediate"})
    Job.compute = compute
    replace(models, "Job", Job)
    replace(models.BatchBackend, "get_job_queue", _any_job_queue)
    replace(models.BatchBackend, "get_job_definition", _job_definition(models.BatchBackend.get_job_definition))
    _wait_for_jobs(compute)


def _job_definition(original: Any) -> Callable[[models.BatchBackend, str], models.JobDefinition | None]:
    """Job definitions are found by ARNs of any account and region, whatever the revision.

    A definition that a user has in an account is here only by its name.
    """

    def get_job_definition(self: models.BatchBackend, identifier: str) -> models.JobDefinition | None:
        name = identifier.rsplit("/", 1)[-1]
        found: models.JobDefinition | None = original(self, name) or original(self, name.partition(":")[0])
        return found

    return get_job_definition


def _any_job_queue(self: models.BatchBackend, identifier: str) -> models.JobQueue:
    """The queue of a name or ARN; every queue that a job is submitted to exists."""
    name = identifier.rsplit("/", 1)[-1]
    queue = self.get_job_queue_by_name(name)
    if queue is None:
        make: Any = models.JobQueue  # abstract by what it inherits of CloudFormation
        queue = make(
            name=name,
            priority="1",
            state="ENABLED",
            environments=[],
            env_order_json=[],
            schedule_policy=None,
            backend=self,
        )
        self._job_queues[queue.arn] = queue
    return queue


def _wait_for_jobs(compute: Compute) -> None:
    """Step Functions learn of a job's end from the job, instead of asking for its status twice a second.

    moto's interpreter polls DescribeJobs over HTTP every 0.5 s for every running task, which delays each task by a
    quarter of a second and keeps a processor busy when many run. A job that an execution no longer waits for is
    cancelled if it has not started yet.
    """
    original = StateTaskServiceBatch._build_sync_resolver

    def build_sync_resolver(self: Any, env: Any, **arguments: Any) -> Callable[[], Any]:
        job = compute.jobs[env.stack[-1]["JobId"]]
        job.is_wanted = env.is_running
        resolve: Any = original(self, env=env, **arguments)

        def wait_and_resolve() -> Any:
            while env.is_running():
                # an execution that was stopped meanwhile has not failed
                if job.ended.wait(0.2) and env.is_running():
                    return resolve()
            if job.is_waiting:
                job.terminate("The execution that waited for the job has ended")
            return None

        return wait_and_resolve

    replace(StateTaskServiceBatch, "_build_sync_resolver", build_sync_resolver)


def _check_overrides(overrides: Mapping[str, Any]) -> None:
    """Refuses what the task of ECS that a job becomes cannot be told."""
    if len(json.dumps(overrides, separators=(",", ":"))) > OVERRIDES:
        raise ClientException(f"Container Overrides length must be at most {OVERRIDES}")


class Job(models.Job):
    """A Batch job whose container runs here.

    Attributes:
        ended: Is set when moto answers that the job has succeeded or failed.
        is_waiting: The job has not been started yet.
        is_wanted: Whether the execution that waits for the job, if one does, still runs.
        log: All that it writes.
    """

    compute: ClassVar[Compute]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _check_overrides(self.container_overrides)
        self.ended = threading.Event()
        self.is_waiting = True
        self.is_wanted: Callable[[], bool] = lambda: True
        self._workload: Workload | None = None
        self._reason: str | None = None
        self.log = self.compute.folder / f"{self.job_name}-{self.job_id}.log"
        self.compute.jobs[self.job_id] = self

    def run(self) -> None:
        try:
            with self.compute.slots:
                self.is_waiting = False
                if not self.stop and self.is_wanted():
                    self._run()
        finally:
            self._mark_stopped(success=self.exit_code == 0 and not self.stop)
            self.ended.set()

    def _run(self) -> None:
        self.job_started_at = datetime.now()
        self._start_attempt()
        self.status = JobStatus.RUNNING
        self.log.touch()  # who hears of the job may look at its log at once
        self.compute.emit({"event": "job_started", **self._facts()})
        started = time.monotonic()
        try:
            self._workload = self._start()
            if self.stop:  # since a moment ago
                threading.Thread(target=_terminate, args=(self._workload,), daemon=True).start()
            self.exit_code = self._wait(self._workload)
            self._reason = OUT_OF_MEMORY if self._workload.is_out_of_memory else EXITED
        except (OSError, CannotStart) as error:
            self.exit_code = 127
            self._reason = f"CannotStartContainerError: {error}"
        self._hand_over_log()
        if self.exit_code != 0 and self.job_stopped_reason is None:
            self.job_stopped_reason = self._reason
        seconds = round(time.monotonic() - started, 3)
        self.compute.emit(
            {
                "event": "job_ended",
                **self._facts(),
                "exit_code": self.exit_code,
                "reason": self.job_stopped_reason,
                "seconds": seconds,
            }
        )

    def _hand_over_log(self) -> None:
        """Lets CloudWatch have the output, as the log driver of a job's container does."""
        now_ms = int(time.time() * 1000)
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        self._log_backend.ensure_log_group(self._log_group)
        self._log_backend.ensure_log_stream(self._log_group, self._stream_name)
        if lines:
            events = [{"timestamp": now_ms, "message": line} for line in lines]
            self._log_backend.put_log_events(self._log_group, self._stream_name, events)

    def _start(self) -> Workload:
        compute = self.compute
        if compute.engine is None:
            return Process(self._argv(), self._environment(), compute.folder, self.log)
        properties = {name: self._get_container_property(name, None) for name in _PROPERTIES}
        properties["command"] = self._command()
        return compute.engine.start(f"{self.job_name}-{self.job_id}", properties, self._environment(), self.log)

    def _wait(self, workload: Workload) -> int:
        try:
            return workload.wait(self._get_attempt_duration())
        except TimeoutError:
            self.job_stopped_reason = TIMED_OUT
            return _terminate(workload)

    def _command(self) -> list[str]:
        command = self._get_container_property("command", [])
        argv: list[str] = shlex.split(command) if isinstance(command, str) else list(command)
        argv = self._add_parameters_to_command(argv)
        return argv

    def _argv(self) -> list[str]:
        argv = self._command()
        return [self.compute.python, *argv[1:]] if argv[:1] in (["python"], ["python3"]) else argv

    def _environment(self) -> dict[str, str]:
        own = {e["name"]: e["value"] for e in self._get_container_property("environment", [])}
        return {
            **self.compute.environment,
            **own,
            "AWS_BATCH_JOB_ID": self.job_id,
            "AWS_BATCH_JOB_ATTEMPT": "1",
            "AWS_BATCH_JQ_NAME": self.job_queue.name,
        }

    def _facts(self) -> dict[str, object]:
        environment = {e["name"]: e["value"] for e in self._get_container_property("environment", [])}
        return {
            "id": self.job_id,
            "name": self.job_name,
            "log": str(self.log),
            "environment": {k: v for k, v in environment.items() if k.startswith("FLOWC_")},
        }

    def _get_container_property(self, p: str, default: Any) -> Any:
        """As moto, but without adding to the list of variables each time that somebody asks for it."""
        if p != "environment":
            return super()._get_container_property(p, default)
        properties = self.job_definition.container_properties or {}
        merged = {e["name"]: e for e in properties.get(p, [])}
        merged |= {e["name"]: e for e in self.container_overrides.get(p, [])}
        return list(merged.values())

    def _container_details(self) -> dict[str, Any]:
        details = super()._container_details()
        details["logStreamName"] = self._stream_name
        details["resourceRequirements"] = self._get_container_property("resourceRequirements", [])
        if self.exit_code is not None:
            details |= {"exitCode": self.exit_code, "reason": self._reason}
        return details

    def terminate(self, reason: str) -> None:
        """TerminateJob, and CancelJob before the job has started."""
        super().terminate(reason)
        if self._workload is not None:
            threading.Thread(target=_terminate, args=(self._workload,), daemon=True).start()

    def kill(self) -> None:
        """Ends the job at once."""
        super().terminate("The simulation has ended")
        if self._workload is not None:
            self._workload.kill()


def _terminate(workload: Workload) -> int:
    """Ends a job as Batch does: asks, and after a while insists."""
    workload.terminate()
    try:
        return workload.wait(GRACE_S)
    except TimeoutError:
        workload.kill()
        return workload.wait()
