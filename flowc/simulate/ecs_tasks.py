"""ECS for moto, with tasks that are processes on this machine, or containers of their images.

Clusters, networks and machines need not be there; the API and task definitions stay moto's. A task's command runs with
`python` replaced by a given interpreter where there is no container engine. Its output goes to CloudWatch as well.
"""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from moto.ecs import models
from moto.ecs.exceptions import EcsClientException, InvalidParameterException, TaskDefinitionNotFoundException
from moto.logs.models import logs_backends
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_ecs import (
    StateTaskServiceEcs,
)

from flowc.simulate.batch_jobs import GRACE_S, OVERRIDES, Compute
from flowc.simulate.containers import OUT_OF_MEMORY, CannotStart
from flowc.simulate.moto_repairs import replace, task_failed
from flowc.simulate.processes import Process, Workload
from flowc.targets.aws import fargate


def install(compute: Compute) -> None:
    """Makes moto's ECS run its tasks by `compute`; for the whole process, once."""
    Task.compute = compute
    replace(models, "Task", Task)
    replace(models.EC2ContainerServiceBackend, "run_task", _run_task)
    replace(models.EC2ContainerServiceBackend, "stop_task", _stop_task)
    replace(models.EC2ContainerServiceBackend, "_get_cluster", _any_cluster)
    _wait_for_tasks(compute)


def _wait_for_tasks(compute: Compute) -> None:
    """Step Functions learn of a task's end from the task, and take its container's exit code for what it says.

    moto's interpreter asks twice a second, and takes every task that has stopped for one that has succeeded.
    Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
    """
    original = StateTaskServiceEcs._build_sync_resolver

    def build_sync_resolver(self: Any, env: Any, **arguments: Any) -> Callable[[], Any]:
        task: Task = compute.jobs[env.stack[-1]["Tasks"][0]["TaskArn"].rsplit("/", 1)[-1]]
        resolve: Any = original(self, env=env, **arguments)

        def wait_and_resolve() -> Any:
            while env.is_running():
                # an execution that was stopped meanwhile has not failed
                if task.ended.wait(0.2) and env.is_running():
                    description = resolve()
                    if task.exit_code != 0:
                        raise task_failed(self, env, description)
                    return description
            if task.is_waiting:
                task.terminate("The execution that waited for the task has ended")
            return None

        return wait_and_resolve

    replace(StateTaskServiceEcs, "_build_sync_resolver", build_sync_resolver)


def _any_cluster(self: models.EC2ContainerServiceBackend, name: str) -> models.Cluster:
    """The cluster of a name or ARN; every cluster exists."""
    name = name.rsplit("/", 1)[-1]
    if name not in self.clusters:
        self.create_cluster(name)
    return self.clusters[name]


def _run_task(
    self: models.EC2ContainerServiceBackend,
    cluster_str: str,
    task_definition_str: str,
    count: int,
    overrides: dict[str, Any] | None,
    started_by: str,
    tags: list[dict[str, str]] | None,
    launch_type: str | None,
    networking_configuration: dict[str, Any] | None = None,
    group: str | None = None,
    *_: Any,
) -> list[models.Task]:
    """Starts tasks, wherever there is room: here."""
    cluster = self._get_cluster(cluster_str)
    definition = _definition(self, task_definition_str)
    _check(definition, overrides or {}, launch_type, networking_configuration)
    tasks: list[models.Task] = []
    for _number in range(count):
        task = Task(
            cluster=cluster,
            task_definition=definition,
            container_instance_arn=None,
            resource_requirements=None,
            backend=self,
            group=group or f"family:{definition.family}",
            launch_type=launch_type or "",
            overrides=overrides or {},
            started_by=started_by or "",
            tags=tags or [],
        )
        self.tasks.setdefault(cluster.name, {})[task.task_arn] = task
        task.start()
        tasks.append(task)
    return tasks


def _definition(self: models.EC2ContainerServiceBackend, identifier: str) -> models.TaskDefinition:
    """A task definition, found by ARNs of any account and region; one of a user's is here only by its family."""
    name = identifier.rsplit("/", 1)[-1]
    try:
        return self.describe_task_definition(name)
    except TaskDefinitionNotFoundException:
        return self.describe_task_definition(name.partition(":")[0])


def _check(
    definition: models.TaskDefinition,
    overrides: dict[str, Any],
    launch_type: str | None,
    network: dict[str, Any] | None,
) -> None:
    """Refuses what ECS refuses, as far as a generated definition could get it wrong."""
    if len(json.dumps(overrides, separators=(",", ":"))) > OVERRIDES:
        raise InvalidParameterException(f"Overrides length must be at most {OVERRIDES}.")
    if definition.network_mode == "awsvpc" and not (network or {}).get("awsvpcConfiguration", {}).get("subnets"):
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    names = {container["name"] for container in definition.container_definitions}
    for container in overrides.get("containerOverrides", ()):
        if container["name"] not in names:
            raise InvalidParameterException(f"there is no container {container['name']} in the task definition")
    if launch_type == "FARGATE":
        cpu = int(overrides.get("cpu") or definition.cpu or 0)
        memory = int(overrides.get("memory") or definition.memory or 0)
        if not fargate.is_pair(cpu / fargate.UNITS, memory):
            raise EcsClientException("No Fargate configuration exists for given values.")


def _stop_task(self: models.EC2ContainerServiceBackend, cluster_str: str, task_str: str, reason: str) -> models.Task:
    """Asks a task to end."""
    (task,) = self.describe_tasks(cluster_str, [task_str])
    assert isinstance(task, Task)
    task.desired_status = "STOPPED"
    task.terminate(reason)
    return task


class Task(models.Task):
    """A task of ECS whose container runs here.

    Attributes:
        ended: Is set when ECS answers that it has stopped.
        exit_code: That of its container; None before, and where none could be started.
        is_waiting: It has not been started yet.
        log: All that it writes.
    """

    compute: ClassVar[Compute]

    def __init__(self, *, task_definition: models.TaskDefinition, **kwargs: Any) -> None:
        # moto would look for the subnets, which are nowhere
        plain = copy.copy(task_definition)
        plain.network_mode = "host"
        super().__init__(task_definition=plain, **kwargs)
        definition: Any = task_definition.container_definitions[0]
        self.definition: dict[str, Any] = definition
        self.stop_code: str | None = None
        self.created_at = datetime.now(UTC)
        self.containers[0].exitCode = None  # type: ignore[assignment]
        self.containers[0].last_status = "RUNNING"
        usual: list[dict[str, str]] = self.definition.get("environment") or []
        own: list[dict[str, str]] = self._overrides().get("environment") or []
        self.variables = {v["name"]: v["value"] for v in (*usual, *own)}
        self.log = self.compute.folder / f"{task_definition.family}-{self.id}.log"
        self.ended = threading.Event()
        self.exit_code: int | None = None
        self.is_waiting = True
        self._workload: Workload | None = None
        self._is_unwanted = False
        self.compute.jobs[self.id] = self

    def _overrides(self) -> dict[str, Any]:
        """What was said of the container when the task was started."""
        every = self.overrides.get("containerOverrides", ())
        found: dict[str, Any] = next((c for c in every if c["name"] == self.definition["name"]), {})
        return found

    def advance(self) -> None:
        """Nothing: a task's status is that of its container."""

    def start(self) -> None:
        """Runs it in a thread."""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with self.compute.slots:
            self.is_waiting = False
            self.log.touch()  # who hears of the task may look at its log at once
            self.compute.emit({"event": "job_started", **self._facts()})
            started = time.monotonic()
            reason = "Essential container in task exited"
            code: int | None = None
            try:
                if not self._is_unwanted:
                    self._workload = self._start()
                    self._end_if_unwanted()
                    code = self._workload.wait()
                    reason = OUT_OF_MEMORY if self._workload.is_out_of_memory else reason
            except (OSError, CannotStart) as error:
                self.stop_code, reason = "TaskFailedToStart", f"CannotStartContainerError: {error}"
            self._hand_over_log()
            self._finish(code, reason)
            seconds = round(time.monotonic() - started, 3)
            ended = {"exit_code": 127 if code is None else code, "reason": reason, "seconds": seconds}
            self.compute.emit({"event": "job_ended", **self._facts(), **ended})

    def _start(self) -> Workload:
        compute = self.compute
        words = list(self._overrides().get("command") or self.definition.get("command") or ())
        environment = {**compute.environment, **self.variables}
        if compute.engine is None:
            argv = [compute.python, *words[1:]] if words[:1] in (["python"], ["python3"]) else words
            return Process(argv, environment, compute.folder, self.log)
        memory = self.overrides.get("memory") or self.definition.get("memory")
        needs = [{"type": "MEMORY", "value": str(memory)}] if memory else []
        properties = {
            "image": self.definition["image"],
            "command": words,
            "resourceRequirements": [*needs, *self.definition.get("resourceRequirements", ())],
            "linuxParameters": self.definition.get("linuxParameters"),
        }
        return compute.engine.start(f"{self.definition['name']}-{self.id}", properties, environment, self.log)

    def _finish(self, code: int | None, reason: str) -> None:
        container = self.containers[0]
        container.exitCode = code  # type: ignore[assignment]
        container.last_status = "STOPPED"
        self.stopped_reason = self.stopped_reason or reason
        self.stop_code = self.stop_code or "EssentialContainerExited"
        self.desired_status = "STOPPED"
        self.last_status = "STOPPED"
        self.exit_code = code
        self.ended.set()

    def _hand_over_log(self) -> None:
        """Lets CloudWatch have the output, as the log driver of the container does."""
        options = self.definition.get("logConfiguration", {}).get("options", {})
        group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
        if group is None or prefix is None:
            return
        stream = f"{prefix}/{self.definition['name']}/{self.id}"
        backend = logs_backends[self._account_id][self.region_name]
        backend.ensure_log_group(group)
        backend.ensure_log_stream(group, stream)
        now_ms = int(time.time() * 1000)
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        if lines:
            backend.put_log_events(group, stream, [{"timestamp": now_ms, "message": line} for line in lines])

    def _facts(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.group,
            "log": str(self.log),
            "environment": {k: v for k, v in self.variables.items() if k.startswith("FLOWC_")},
        }

    def terminate(self, reason: str) -> None:
        """Asks it to end, and after a while insists."""
        self._is_unwanted = True
        self.stopped_reason = self.stopped_reason or reason
        self._end_if_unwanted()

    def _end_if_unwanted(self) -> None:
        """Called when somebody wants it to end, and when it has just begun: the later one of these ends it."""
        if self._is_unwanted and self._workload is not None:
            threading.Thread(target=self._insist, args=(self._workload,), daemon=True).start()

    @staticmethod
    def _insist(workload: Workload) -> None:
        workload.terminate()
        try:
            workload.wait(GRACE_S)
        except TimeoutError:
            workload.kill()

    def kill(self) -> None:
        """Ends it at once."""
        self._is_unwanted = True
        if self._workload is not None:
            self._workload.kill()
