"""Running a Step Functions definition on this machine.

`AwsServer` starts a server of Step Functions, Batch and S3 in a process of its own (`flowc.simulate.aws_server`);
`run_definition` gives it the bytes that `flowc compile` wrote and waits for the end of one execution.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from flowc import contract
from flowc.simulate.errors import SimulateError
from flowc.simulate.libraries import require_libraries
from flowc.targets.aws.ecs import CONTAINER

START_S = 60.0
"""How long the server may take to start; it takes about 2 s."""
POLL_S = 0.1
ROLE = "arn:aws:iam::123456789012:role/flowc-simulate"
TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """One Batch job: one attempt of one task.

    Attributes:
        name: As SubmitJob was given it.
        step: The step's name; empty if the job is not a task of flowc's.
        path: The task's path.
        exit_code: As a container's: 128 + N after signal N; None while it runs.
        reason: Why it failed, as Batch says it.
        seconds: From the start of its process to the end.
        log_file: All of its output.
        log_tail: The end of its output, at most 4 KiB.
    """

    name: str
    step: str
    path: str
    exit_code: int | None
    reason: str | None
    seconds: float | None
    log_file: Path
    log_tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionResult:
    """How an execution ended.

    Attributes:
        digest: SHA-256 of the definition that was executed, as the service has it, in hexadecimal.
        status: `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
        error: Step Functions' name of the error.
        cause: Its explanation, often a job's description in JSON.
        seconds: From StartExecution to the end of its last job.
        jobs: In the order in which they started.
    """

    digest: str
    status: str
    error: str | None
    cause: str | None
    seconds: float
    jobs: tuple[JobResult, ...]


@dataclass(slots=True)
class _Running:
    """What is known of a job so far, from the server's events."""

    started: Mapping[str, Any]
    ended: Mapping[str, Any] | None = None

    def result(self) -> JobResult:
        log = Path(self.started["log"])
        environment = self.started["environment"]
        ended = self.ended or {}
        return JobResult(
            name=self.started["name"],
            step=environment.get(contract.ENV_STEP, ""),
            path=environment.get(contract.ENV_PATH, contract.NO_PATH),
            exit_code=ended.get("exit_code"),
            reason=ended.get("reason"),
            seconds=ended.get("seconds"),
            log_file=log,
            log_tail=_tail(log),
        )


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - TAIL_BYTES))
            return stream.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


JobListener = Callable[[JobResult], None]


@dataclass(slots=True)
class AwsServer:
    """Step Functions, Batch and S3 on this machine, while the context is open.

    Attributes:
        python: The interpreter that stands for `python` in a job's container.
        containers: Whether jobs are containers of their images, in the engine that `DOCKER_HOST` names, rather than
            processes.
        max_jobs: Jobs that run at a time.
        s3_environment: `AWS_*` variables that reach the S3 of the store; None for this server's own S3, which starts
            empty. Both the state machines and the jobs use it.
        job_environment: Further variables for every job, as an image would have them.
        folder: Where the jobs' logs are kept; None for a temporary folder that goes with the server.
        max_retry_delay_s: The longest wait before a state is tried again, whatever its definition says.
        on_job: Called when a job starts and when it ends, from a thread.
    """

    python: str = sys.executable
    containers: bool = False
    max_jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    s3_environment: Mapping[str, str] | None = None
    job_environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    max_retry_delay_s: float = 1.0
    on_job: JobListener | None = None
    _process: subprocess.Popen[str] | None = None
    _port: int = 0
    _jobs: dict[str, _Running] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _echoes: queue.Queue[str | None] = field(default_factory=queue.Queue)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> AwsServer:
        require_libraries()
        with contextlib.ExitStack() as stack:
            folder = self.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flowc-aws-")))
            folder.mkdir(parents=True, exist_ok=True)
            self._process = self._start(folder, stack.enter_context((folder / "server.log").open("wb")))
            follower = threading.Thread(target=self._follow, args=(self._process,), daemon=True)
            stack.callback(self._end, self._process, follower)
            self._port = self._await_port(self._process, folder)
            follower.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def endpoint(self) -> str:
        """The URL of all services."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def env(self) -> dict[str, str]:
        """The `AWS_*` variables that reach the S3 of the store."""
        return dict(self.s3_environment) if self.s3_environment is not None else own_environment(self.endpoint)

    @property
    def process_id(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def client(self, service: str) -> Any:
        """A boto3 client of one of this server's services."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = _client(service, self.endpoint)
            return self._clients[service]

    def create_bucket(self, bucket: str) -> None:
        """Makes a bucket in the server's own S3."""
        self.client("s3").create_bucket(Bucket=bucket)

    def jobs_of(self, run_id: str) -> tuple[JobResult, ...]:
        """The jobs of a run so far, in the order in which they started."""
        self._catch_up()
        return tuple(job.result() for job in self._jobs_of(run_id))

    def terminate_jobs(self, run_id: str, reason: str) -> None:
        """Ends the running jobs of a run, as Step Functions do when an execution is stopped."""
        self._catch_up()
        assert self._process is not None
        for job in self._jobs_of(run_id):
            if job.ended is None:
                self._send(self._process, f"stop {job.started['id']} {reason}")

    def await_jobs(self, run_id: str) -> None:
        """Waits until no job of a run is running."""
        self._catch_up()
        while any(job.ended is None for job in self._jobs_of(run_id)):
            self._catch_up()
            time.sleep(POLL_S)

    def _jobs_of(self, run_id: str) -> Iterator[_Running]:
        for job in tuple(self._jobs.values()):
            if job.started["environment"].get(contract.ENV_RUN, run_id) == run_id:
                yield job

    def _start(self, folder: Path, errors: IO[bytes]) -> subprocess.Popen[str]:
        without_aws = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        process = subprocess.Popen(
            # without -P, a file of the user's in the current folder could stand for a module of the server's
            [sys.executable, "-P", "-m", "flowc.simulate.aws_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**without_aws, **(self.s3_environment or {})},
            text=True,
            encoding="utf-8",
        )
        settings = {
            "python": self.python,
            "containers": self.containers,
            "max_jobs": self.max_jobs,
            "folder": str(folder.resolve()),
            "s3_environment": None if self.s3_environment is None else dict(self.s3_environment),
            "job_environment": dict(self.job_environment),
            "max_retry_delay_s": self.max_retry_delay_s,
        }
        self._send(process, json.dumps(settings))
        return process

    @staticmethod
    def _send(process: subprocess.Popen[str], line: str) -> None:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(line + "\n")
            process.stdin.flush()

    @staticmethod
    def _await_port(process: subprocess.Popen[str], folder: Path) -> int:
        assert process.stdout is not None
        late = threading.Timer(START_S, process.kill)
        late.start()
        line = process.stdout.readline()
        late.cancel()
        if not line:
            raise SimulateError(f"the simulator of Step Functions does not start:\n{_tail(folder / 'server.log')}")
        port: int = json.loads(line)["port"]
        return port

    def _follow(self, process: subprocess.Popen[str]) -> None:
        """Reads the server's events until it ends."""
        assert process.stdout is not None
        try:
            with process.stdout as events:
                for line in events:
                    self._receive(json.loads(line))
        finally:
            self._echoes.put(None)

    def _receive(self, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "job_started":
                job = self._jobs[event["id"]] = _Running(event)
            case "job_ended":
                job = self._jobs[event["id"]]
                job.ended = event
            case _:
                self._echoes.put(event["line"])
                return
        if self.on_job is not None:
            self.on_job(job.result())

    def _catch_up(self) -> None:
        """Returns when every event that came before this call has been read."""
        assert self._process is not None
        with self._turn:
            self._send(self._process, "here")
            echo = self._echoes.get()
        if echo is None:
            self._echoes.put(None)
            raise SimulateError("the simulator of Step Functions has ended unexpectedly")

    @staticmethod
    def _end(process: subprocess.Popen[str], follower: threading.Thread) -> None:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if follower.ident is not None:
            follower.join()
        elif process.stdout is not None:
            process.stdout.close()


def _client(service: str, endpoint: str) -> Any:
    """A client that takes nothing from the user's environment: no profile, no proxy."""
    import boto3
    import botocore.session
    from botocore.config import Config

    session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.session.Session(botocore_session=session).client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="flowc",
        aws_secret_access_key="flowc",
        config=Config(s3={"addressing_style": "path"}, proxies={}),
    )


def own_environment(endpoint: str) -> dict[str, str]:
    """The `AWS_*` variables that reach a server on this machine, for obstore and for boto3."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "flowc",
        "AWS_SECRET_ACCESS_KEY": "flowc",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }


def run_definition(
    server: AwsServer,
    definition: bytes,
    *,
    name: str,
    run_id: str,
    run_id_prefix: str = "",
    input: Mapping[str, Any] | None = None,
    timeout_s: float | None = None,
) -> ExecutionResult:
    """Creates a state machine of exactly these bytes, runs it once, and waits for its end and that of its jobs.

    Args:
        server: A running server; the buckets that the definition reads exist.
        definition: What `flowc compile` wrote, unmodified.
        name: Of the state machine.
        run_id: The execution's name.
        run_id_prefix: What the definition puts in front of it for its jobs.
        input: What a trigger would send.
        timeout_s: Stop the execution after this time.

    Raises:
        SimulateError: The definition is refused, or the server has ended.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    states = server.client("stepfunctions")
    run = run_id_prefix + run_id
    started = time.monotonic()
    try:
        _register_foreign_definitions(server, json.loads(definition))
        machine = _create_machine(states, name, definition.decode())
        execution = states.start_execution(stateMachineArn=machine, name=run_id, input=json.dumps(dict(input or {})))[
            "executionArn"
        ]
        loaded = states.describe_state_machine_for_execution(executionArn=execution)["definition"]
        end = _await_execution(server, states, execution, run, started + timeout_s if timeout_s else None)
        server.await_jobs(run)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise SimulateError(f"the state machine {name} cannot be run: {error}") from error
    return ExecutionResult(
        digest=hashlib.sha256(loaded.encode()).hexdigest(),
        status=end["status"],
        error=end.get("error"),
        cause=end.get("cause"),
        seconds=round(time.monotonic() - started, 3),
        jobs=server.jobs_of(run),
    )


def _create_machine(states: Any, name: str, definition: str) -> str:
    """The ARN of a state machine of this definition.

    CreateStateMachine refuses a name that has another definition; moto answers with the old machine instead.
    """
    machine: str = states.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
    if states.describe_state_machine(stateMachineArn=machine)["definition"] != definition:
        states.update_state_machine(stateMachineArn=machine, definition=definition)
    return machine


def _await_execution(
    server: AwsServer, states: Any, execution: str, run_id: str, deadline: float | None
) -> dict[str, Any]:
    try:
        while True:
            description: dict[str, Any] = states.describe_execution(executionArn=execution)
            if description["status"] != "RUNNING":
                return description
            if deadline is not None and time.monotonic() > deadline:
                deadline = None
                _stop(server, states, execution, run_id, "the simulation's time is over")
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        _stop(server, states, execution, run_id, "interrupted by the user")
        server.await_jobs(run_id)
        raise


def _stop(server: AwsServer, states: Any, execution: str, run_id: str, cause: str) -> None:
    """Ends an execution and its jobs; the jobs get a signal first, and may record that they were ended."""
    states.stop_execution(executionArn=execution, error="flowc.Stopped", cause=cause)
    server.terminate_jobs(run_id, cause)


def _register_foreign_definitions(server: AwsServer, definition: Any) -> None:
    """Registers the definitions that a state machine takes for granted, those of an account's own."""
    batch, ecs = server.client("batch"), server.client("ecs")
    for family in _foreign(definition, used="TaskDefinition", made="Family"):
        container = {"name": CONTAINER, "image": "unknown", "memory": 512}
        ecs.register_task_definition(family=family, containerDefinitions=[container])
    for name in _foreign(definition, used="JobDefinition", made="JobDefinitionName"):
        known = batch.describe_job_definitions(jobDefinitionName=name, status="ACTIVE")["jobDefinitions"]
        if not known:
            resources = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]
            container = {"image": "unknown", "resourceRequirements": resources}
            batch.register_job_definition(jobDefinitionName=name, type="container", containerProperties=container)


def _foreign(definition: Any, *, used: str, made: str) -> list[str]:
    """The names of what a state machine uses and does not make, without account and revision."""
    all_used = {value[used] for value in _objects(definition) if used in value}
    all_made = {value[made] for value in _objects(definition) if made in value}
    return sorted({name.rsplit("/", 1)[-1].split(":")[0] for name in all_used - all_made})


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value."""
    pending = [value]
    while pending:
        match pending.pop():
            case dict() as item:
                yield item
                pending.extend(item.values())
            case list() as items:
                pending.extend(items)
            case _:
                pass
