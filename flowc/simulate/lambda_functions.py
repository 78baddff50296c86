"""Lambda for moto, with functions that are processes on this machine, or containers of their images.

The API stays moto's. An invocation goes to a process of the function's command, which asks for it as on Lambda: by an
HTTP server that answers as Lambda's Runtime API does. A process serves one invocation at a time, and is kept for the
next one.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from moto.awslambda import models
from moto.awslambda.exceptions import UnknownFunctionException
from moto.stepfunctions.parser.asl.component.state.exec.state_task.lambda_eval_utils import (
    LambdaFunctionErrorException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)

from flowc import contract
from flowc.simulate.batch_jobs import Compute
from flowc.simulate.containers import CannotStart
from flowc.simulate.moto_repairs import replace
from flowc.simulate.processes import Process, Workload
from flowc.targets.aws.lambda_ import TIMEOUT_S

EXIT_CODES = {
    contract.LAMBDA_INPUT_ERROR: contract.EXIT_INPUT,
    contract.LAMBDA_STORE_ERROR: contract.EXIT_STORE,
    contract.LAMBDA_TERMINATED: contract.EXIT_TERMINATED,
}
"""What a task's process has ended with, by the error that its function answers with; 1 for others."""


class Answer(NamedTuple):
    """How an invocation has ended.

    Attributes:
        payload: What the function, or Lambda in its stead, says.
        error: The name of the error; None if there was none.
        is_alive: Whether the process that has served it can serve others.
    """

    payload: bytes
    error: str | None = None
    is_alive: bool = True


class Settings(NamedTuple):
    """What is known of a function.

    Attributes:
        name: Its name.
        image: Its image.
        command: What its processes are started with.
        memory_mib: How much memory they have.
        timeout_s: How long an invocation may take.
    """

    name: str
    image: str
    command: tuple[str, ...]
    memory_mib: int
    timeout_s: int


def install(compute: Compute) -> None:
    """Makes moto's Lambda run its functions by `compute`; for the whole process, once."""
    pool = Pool(compute)

    def invoke(
        self: models.LambdaBackend,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: dict[str, str],
    ) -> bytes:
        answer = pool.invoke(
            _settings(self, function_name, qualifier), body if isinstance(body, bytes) else body.encode()
        )
        if answer.error is not None:
            response_headers["x-amz-function-error"] = "Unhandled"
        return answer.payload

    replace(models.LambdaBackend, "invoke", invoke)
    replace(models.LambdaStorage, "put_function", _put_function)
    _let_stopped_executions_be()


def _let_stopped_executions_be() -> None:
    """An execution that was stopped has not failed, whatever the function answers that it waits for."""
    original = StateTaskServiceLambda._eval_service_task

    def eval_service_task(self: Any, env: Any, **arguments: Any) -> None:
        try:
            original(self, env=env, **arguments)
        except LambdaFunctionErrorException:
            if env.is_running():
                raise
            env.stack.append({})

    replace(StateTaskServiceLambda, "_eval_service_task", eval_service_task)


def _put_function(self: models.LambdaStorage, function: models.LambdaFunction) -> None:
    """Keeps a function; every role that it may have exists."""
    self._functions[function.function_name] = {"latest": function, "versions": []}
    self._arns[function.function_arn] = function


def _settings(backend: models.LambdaBackend, name: str, qualifier: str | None) -> Settings:
    """What is known of a function; one of a user's is made of the image and has what functions have at most."""
    try:
        function: Any = backend.get_function(name, qualifier)
    except UnknownFunctionException:
        return Settings(name.rsplit(":function:", 1)[-1], "unknown", contract.LAMBDA_RUNNER, 4096, TIMEOUT_S)
    config = function.image_config
    return Settings(
        name=function.function_name,
        image=function.code.get("ImageUri", "unknown"),
        command=(*config.entry_point, *config.cmd),
        memory_mib=int(function.memory_size),
        timeout_s=int(function.timeout),
    )


class Pool:
    """The processes of all functions."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._idle: defaultdict[str, list[Sandbox]] = defaultdict(list)
        self._lock = threading.Lock()

    def invoke(self, function: Settings, event: bytes) -> Answer:
        """Have an event served by a process that is idle, or by a new one."""
        compute, identity = self._compute, str(uuid.uuid4())
        log = compute.folder / f"{function.name}-{identity}.log"
        facts = {"id": identity, "name": function.name, "log": str(log), "environment": _told(event)}
        with compute.slots:
            compute.emit({"event": "job_started", **facts})
            started = time.monotonic()
            try:
                answer = self._serve(function, identity, event, log)
            except (OSError, CannotStart) as error:
                answer = _failed("Runtime.InvalidEntrypoint", str(error))
            seconds = round(time.monotonic() - started, 3)
            code = 0 if answer.error is None else EXIT_CODES.get(answer.error, contract.EXIT_USER)
            compute.emit({"event": "job_ended", **facts, "exit_code": code, "reason": answer.error, "seconds": seconds})
        return answer

    def _serve(self, function: Settings, identity: str, event: bytes, log: Path) -> Answer:
        with self._lock:
            idle = self._idle[function.name]
            sandbox = idle.pop() if idle else Sandbox(self._compute, function)
        self._compute.jobs[identity] = sandbox
        answer = sandbox.serve(identity, event, log)
        # what a container has written is known when it has ended
        if answer.is_alive and self._compute.engine is None:
            with self._lock:
                self._idle[function.name].append(sandbox)
        else:
            sandbox.end(log)
        return answer


class Sandbox:
    """A process of a function, and the Runtime API that it asks."""

    def __init__(self, compute: Compute, function: Settings) -> None:
        self._function = function
        self._events: queue.Queue[tuple[str, float, bytes] | None] = queue.Queue()
        self._answers: queue.Queue[Answer] = queue.Queue()
        self._api = HTTPServer(("127.0.0.1", 0), _handler(self._events, self._answers))
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        self._output = compute.folder / f"{function.name}-{uuid.uuid4()}.out"
        self._workload = self._start(compute)
        threading.Thread(target=self._watch, daemon=True).start()

    def _start(self, compute: Compute) -> Workload:
        function = self._function
        environment = {
            # as in Lambda, there is no home
            **{name: value for name, value in compute.environment.items() if name != "HOME"},
            contract.ENV_CACHE: compute.environment.get(contract.ENV_CACHE, str(compute.folder / "cache")),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mib),
        }
        words = function.command
        if compute.engine is None:
            Path(environment[contract.ENV_CACHE]).mkdir(exist_ok=True)
            argv = [compute.python, *words[1:]] if words[:1] in (("python",), ("python3",)) else words
            return Process(argv, environment, compute.folder, self._output)
        del environment[contract.ENV_CACHE]
        properties = {
            "image": function.image,
            "command": words,
            "readonlyRootFilesystem": True,
            "linuxParameters": {"tmpfs": [{"containerPath": "/tmp", "size": 512}]},
            "resourceRequirements": [{"type": "MEMORY", "value": str(function.memory_mib)}],
        }
        return compute.engine.start(f"{function.name}-{uuid.uuid4()}", properties, environment, self._output)

    def _watch(self) -> None:
        code = self._workload.wait()
        message = f"Error: Runtime exited with error: exit status {code}"
        self._answers.put(_failed("Runtime.ExitError", message))

    def serve(self, identity: str, event: bytes, log: Path) -> Answer:
        """Have the process serve an event; what it writes meanwhile is in the log."""
        before = self._output.stat().st_size if self._output.exists() else 0
        self._events.put((identity, time.time() + self._function.timeout_s, event))
        try:
            answer = self._answers.get(timeout=self._function.timeout_s)
        except queue.Empty:
            self._workload.kill()
            answer = _failed("Sandbox.Timedout", f"Task timed out after {self._function.timeout_s:.2f} seconds")
        with self._output.open("rb") as output:
            output.seek(before)
            log.write_bytes(output.read())
        return answer

    def end(self, log: Path) -> None:
        """Ends the process; the log then has all that it has written."""
        self._workload.kill()
        self._workload.wait()
        self._stop_api()
        log.write_bytes(self._output.read_bytes())

    def terminate(self, reason: str) -> None:
        """Asks the process to end."""
        self._workload.terminate()

    def kill(self) -> None:
        """Ends the process at once."""
        self._workload.kill()

    def _stop_api(self) -> None:
        self._events.put(None)  # or it would wait for the next event in the middle of an answer
        self._api.shutdown()
        self._api.server_close()


def _handler(
    events: queue.Queue[tuple[str, float, bytes] | None], answers: queue.Queue[Answer]
) -> type[BaseHTTPRequestHandler]:
    """The Runtime API of one process.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            event = events.get()
            if event is None:
                self.send_error(410)
                return
            identity, deadline_s, body = event
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", identity)
            self.send_header("Lambda-Runtime-Deadline-Ms", str(int(deadline_s * 1000)))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(202)
            self.end_headers()
            is_error = self.path.endswith("/error")
            answers.put(Answer(body, json.loads(body)["errorType"] if is_error else None))

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    return Handler


def _failed(error: str, message: str) -> Answer:
    """What Lambda itself answers with."""
    return Answer(json.dumps({"errorType": error, "errorMessage": message}).encode(), error, is_alive=False)


def _told(event: bytes) -> Mapping[str, str]:
    """The variables in an event; none if it is something else."""
    try:
        variables = json.loads(event)["environment"]
        return {k: v for k, v in variables.items() if k.startswith("FLOWC_")}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}
