"""`python -m flowc.runner.lambda_`, as Lambda starts it, and a Runtime API that invokes it."""

from __future__ import annotations

import json
import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flowc.runner.lambda_ import Invocation, task_environment
from tests.projects import Project

Make = Callable[..., Project]

FLOW = """
    @step
    def start(self):
        {start}
        self.next(self.end)

    @step
    def end(self):
        {end}
"""
HEAD = "import builtins, os, signal, subprocess, sys, time\n"
FOR_EVER = "print('ready')\nwhile True: time.sleep(0.01)"
DAY_S = 86400.0


def flow(start: str, end: str = "pass") -> str:
    return FLOW.format(
        **{name: "\n        ".join(body.splitlines()) for name, body in (("start", start), ("end", end))}
    )


class Answer(NamedTuple):
    """What has come back.

    Attributes:
        path: Of the request, below the root of the API.
        type: The header that names the error.
        body: The JSON.
    """

    path: str
    type: str | None
    body: Any


class RuntimeApi(ThreadingHTTPServer):
    """Lambda's side.

    Attributes:
        invocations: What `next` is to answer: id, seconds until the deadline, event; None for an error of the service.
        answers: What came back.
        asked: Is set while somebody waits for an invocation.
        status: What a request with an answer is told.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.invocations: queue.Queue[tuple[str, float, bytes] | None] = queue.Queue()
        self.answers: queue.Queue[Answer] = queue.Queue()
        self.asked = threading.Event()
        self.status = 202

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: RuntimeApi

    def do_GET(self) -> None:
        assert self.path == "/2018-06-01/runtime/invocation/next"
        self.server.asked.set()
        invocation = self.server.invocations.get()
        self.server.asked.clear()
        if invocation is None:
            with suppress(OSError):  # it may have ended
                self._reply(500, b"{}")
            return
        identity, left_s, event = invocation
        deadline = str(round((time.time() + left_s) * 1000))
        more = {"Lambda-Runtime-Aws-Request-Id": identity, "Lambda-Runtime-Deadline-Ms": deadline}
        self._reply(200, event, **more, **{"Lambda-Runtime-Trace-Id": f"Root={identity}"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = self.path.removeprefix("/2018-06-01/runtime")
        answer = Answer(path, self.headers["Lambda-Runtime-Function-Error-Type"], json.loads(body))
        self._reply(self.server.status, b'{"status": "OK"}')
        self.server.answers.put(answer)

    def _reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class Function:
    """A function with one process.

    Attributes:
        process: That.
        api: What it asks.
    """

    def __init__(self, api: RuntimeApi, cache: Path, **variables: str) -> None:
        self.api = api
        kept = {n: v for n, v in os.environ.items() if n == "PATH"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flowc.runner.lambda_"],
            env={**kept, "AWS_LAMBDA_RUNTIME_API": api.address, "FLOWC_CACHE": str(cache), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def send(self, identity: str, event: Any, left_s: float = DAY_S) -> None:
        self.api.invocations.put((identity, left_s, event if isinstance(event, bytes) else json.dumps(event).encode()))

    def answer(self) -> Answer:
        return self.api.answers.get(timeout=60)

    def invoke(self, identity: str, event: Any, left_s: float = DAY_S) -> Answer:
        self.send(identity, event, left_s)
        return self.answer()

    def lines_until(self, line: str) -> list[str]:
        assert self.process.stdout is not None
        lines = list(iter(lambda: self.process.stdout.readline().rstrip("\n"), line))  # type: ignore[union-attr]
        assert self.process.poll() is None
        return lines

    def end(self) -> str:
        """Tell it to end when it waits for an invocation; its output."""
        assert self.api.asked.wait(60)
        self.process.terminate()
        return self.ended(0)

    def ended(self, code: int) -> str:
        output, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == code, output
        return output


@pytest.fixture
def project(project: Make) -> Make:
    """Like that of other tests, with a run that a state machine could have."""

    def make(*arguments: Any) -> Project:
        made = project(*arguments)
        made.run_id = "run-1"
        return made

    return make


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    with RuntimeApi() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.invocations.put(None)  # whoever waits is a thread of the server
        server.shutdown()
        thread.join()


@pytest.fixture
def function(api: RuntimeApi, tmp_path: Path) -> Iterator[Callable[..., Function]]:
    made: list[Function] = []

    def make(**variables: str) -> Function:
        made.append(Function(api, tmp_path / "cache", **variables))
        return made[-1]

    yield make
    for one in made:
        one.process.kill()
        one.process.communicate()


def event(made: Project, step: str, *path: int, **more: str) -> dict[str, Any]:
    """What a state machine sends."""
    variables = {**made.environment(step, *path), "FLOWC_ENGINE": "stepfunctions", **more}
    kept = {n: v for n, v in variables.items() if n not in ("PATH", "HOME", "FLOWC_CACHE", "FLOWC_ATTEMPT")}
    return {"environment": {n: v for n, v in kept.items() if n in more or n.startswith("FLOWC_")}}


def failed(identity: str, kind: str, message: str) -> Answer:
    body = {"errorType": kind, "errorMessage": message, "stackTrace": []}
    return Answer(f"/invocation/{identity}/error", kind, body)


def about(made: Project, code: int, identity: str, why: str = "") -> str:
    key = made.address("start").log_key(identity)
    return f"step `start`, path `_`, has ended with exit code {code}{why}; its log is in the store, at {key}"


def committed(identity: str) -> Answer:
    return Answer(f"/invocation/{identity}/response", None, {})


def test_tasks_one_after_the_other_in_one_function(project: Make, function: Callable[..., Function]) -> None:
    made = project(flow("print('hello', flush=True)\nself.x = 1", "print('bye', self.x, file=sys.stderr)"), HEAD)
    one = function()
    assert one.invoke("id-1", event(made, "start")) == committed("id-1")
    assert one.invoke("id-2", event(made, "end", FLOWC_RETRY="2")) == committed("id-2")
    assert one.end() == "hello\nbye 1\n"
    assert made.values("start", attempt="id-1") == made.values("end", attempt="id-2") == {"x": 1}
    assert made.log("start", attempt="id-1") == "hello\n"
    assert made.record("end", attempt="id-2").facts["retry"] == 2


def test_a_step_that_fails(project: Make, function: Callable[..., Function]) -> None:
    made = project(flow("if current.retry_count == 0: raise ValueError('no')"), HEAD)
    one = function()
    assert one.invoke("id-1", event(made, "start")) == failed("id-1", "flowc.StepFailed", about(made, 1, "id-1"))
    assert made.commit("start") is None
    assert made.log("start", attempt="id-1").endswith("ValueError: no\n")
    assert made.record("start", attempt="id-1").error["type"] == "ValueError"  # type: ignore[index]
    assert one.invoke("id-2", event(made, "start", FLOWC_RETRY="1")) == committed("id-2")
    assert one.end() == made.log("start", attempt="id-1")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"{", "the event is no JSON: "),
        (b"\xff", "the event is no JSON: "),
        ([], "the event is not what state machines of flowc send: "),
        ({}, "the event is not what state machines of flowc send: "),
        ({"environment": ["FLOWC_STEP"]}, "the event is not what state machines of flowc send: "),
        ({"environment": {}, "more": 1}, "the event is not what state machines of flowc send: "),
        ({"environment": {"A": 1}}, 'the event\'s "A" is not an environment variable with a text as value'),
        ({"environment": {"A": "\0"}}, 'the event\'s "A" is not an environment variable with a text as value'),
        ({"environment": {"A": "\ud800"}}, 'the event\'s "A" is not an environment variable with a text as value'),
        ({"environment": {"A=B": "c"}}, 'the event\'s "A=B" is not an environment variable with a text as value'),
        ({"environment": {"": "c"}}, 'the event\'s "" is not an environment variable with a text as value'),
        ({"environment": {"FLOWC_STEP": "start"}}, "the environment variable FLOWC_RUN is missing: "),
    ],
)
def test_an_event_that_is_no_task(function: Callable[..., Function], given: Any, said: str) -> None:
    one = function()
    answer = one.invoke("id-1", given)
    message = answer.body["errorMessage"]
    assert answer == failed("id-1", "flowc.BadInput", message)
    assert message.startswith(said)
    assert one.end() == f"flowc: {message}\n"


def test_the_other_exit_codes(project: Make, function: Callable[..., Function], tmp_path: Path) -> None:
    made = project(flow("pass"))
    one = function()
    lost = event(made, "start", FLOWC_CODE="0" * 64)
    assert one.invoke("id-1", lost) == failed("id-1", "flowc.BadInput", about(made, 65, "id-1"))
    (tmp_path / "file").touch()
    away = event(made, "start", FLOWC_STORE=(tmp_path / "file").as_uri())
    message = f"{about(made, 75, 'id-2')}, unless that could not be reached"
    assert one.invoke("id-2", away) == failed("id-2", "flowc.StoreUnreachable", message)
    one.end()


def test_nothing_of_a_task_is_left_for_the_next(project: Make, function: Callable[..., Function]) -> None:
    look = (
        "self.seen = [os.environ.get('EVENTS'), os.environ.get('STEPS'), os.environ['_X_AMZN_TRACE_ID'], "
        "os.getcwd(), getattr(builtins, 'left', None)]\n"
        "self.process = os.getppid()\n"
        "print(end='x')\n"
    )
    leave = "os.environ['STEPS'] = 'y'\nos.chdir('/')\nbuiltins.left = 1\nsys.stdout.close()"
    made = project(flow(look + leave, look), HEAD)
    one = function()
    assert one.invoke("id-1", event(made, "start", EVENTS="y")) == committed("id-1")
    assert one.invoke("id-2", event(made, "end")) == committed("id-2")
    assert one.end() == "xx"
    first, second = (made.values(step, attempt=attempt) for step, attempt in (("start", "id-1"), ("end", "id-2")))
    assert first["seen"] == ["y", None, "Root=id-1", os.getcwd(), None]
    assert second["seen"] == [None, None, "Root=id-2", os.getcwd(), None]
    assert len({first["process"], second["process"], one.process.pid}) == 3


def test_only_what_is_said_is_around_a_task(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "FLOWC_CACHE", "_X_AMZN_TRACE_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMPDIR", "/nowhere")
    monkeypatch.setenv("OWN", "o")

    def of(left_s: float, **variables: str) -> dict[str, str]:
        text = json.dumps({"environment": variables}).encode()
        return task_environment(Invocation("id-1", 0.0, "", text), left_s)

    common = {"FLOWC_ATTEMPT": "id-1", "FLOWC_GRACE": "1.000"}
    default = {"HOME": "/tmp", "FLOWC_CACHE": "/tmp/flowc", "TMPDIR": "/tmp"}
    assert of(math.inf) == {**os.environ, **default, **common}
    own = {"HOME": "/h", "FLOWC_CACHE": "/c", "TMPDIR": "/t", "OWN": "e"}
    assert of(4.0, **own, FLOWC_ATTEMPT="a", FLOWC_GRACE="9") == {**os.environ, **own, **common}
    assert of(1.0)["FLOWC_GRACE"] == "0.250"
    assert of(-1.0)["FLOWC_GRACE"] == "0.000"
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    # what the image names cannot be written to
    assert of(4.0) == {**os.environ, **default, **common}
    baked = tmp_path / "code" / "c0de"
    baked.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FLOWC_CACHE", str(tmp_path))
    assert of(4.0) == {**os.environ, "TMPDIR": "/tmp", **common}
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert of(4.0, FLOWC_CODE="c0de")["FLOWC_CACHE"] == str(tmp_path)
    assert of(4.0, FLOWC_CODE="beef")["FLOWC_CACHE"] == "/tmp/flowc"


def test_a_task_is_told_before_the_deadline(project: Make, function: Callable[..., Function]) -> None:
    made = project(
        flow(f"try:\n    {FOR_EVER.replace(chr(10), chr(10) + '    ')}\nfinally:\n    print('tidied')"), HEAD
    )
    one = function()
    message = about(made, 143, "id-1", ", as the function's time was running out")
    assert one.invoke("id-1", event(made, "start"), 4.0) == failed("id-1", "flowc.Terminated", message)
    assert made.commit("start") is None
    assert made.record("start", attempt="id-1").error["type"] == "terminated"  # type: ignore[index]
    assert one.end() == made.log("start", attempt="id-1")


@pytest.mark.parametrize("left_s", [1.0, -1.0])
def test_a_runner_that_does_not_end_in_time_is_killed(
    project: Make, function: Callable[..., Function], left_s: float
) -> None:
    # what is stopped, and its parent with it, cannot do what it was told
    made = project(flow("os.kill(os.getppid(), signal.SIGSTOP)\n" + FOR_EVER), HEAD)
    one = function()
    answer = one.invoke("id-1", event(made, "start"), left_s)
    assert answer.type == "flowc.Terminated"
    assert one.invoke("id-2", event(made, "start", FLOWC_STEP="none")).type == "flowc.BadInput"
    one.end()


def test_a_runner_that_is_killed(project: Make, function: Callable[..., Function]) -> None:
    made = project(flow("if current.retry_count == 0: os.kill(os.getppid(), 9); time.sleep(1000)"), HEAD)
    one = function()
    assert one.invoke("id-1", event(made, "start")) == failed("id-1", "flowc.StepFailed", about(made, 137, "id-1"))
    assert one.invoke("id-2", event(made, "start", FLOWC_RETRY="1")) == committed("id-2")
    one.end()


@pytest.mark.parametrize("then", ["", "os.kill(os.getppid(), 9); time.sleep(1000)"])
def test_what_a_step_leaves_behind_is_gone_with_the_answer(
    project: Make, function: Callable[..., Function], then: str
) -> None:
    # one in the task's group, one in a session of its own, and what that has started
    inner = "import subprocess; p = subprocess.Popen(['sleep', '1000']); print(p.pid, flush=True); p.wait()"
    start = (
        "one = subprocess.Popen(['sleep', '1000'])\n"
        f"two = subprocess.Popen([sys.executable, '-c', {inner!r}], start_new_session=True, stdout=subprocess.PIPE)\n"
        "print(os.getpid(), one.pid, two.pid, int(two.stdout.readline()), flush=True)\n"
    )
    one = function()
    made = project(flow(start + then), HEAD)
    answer = one.invoke("id-1", event(made, "start"))
    assert answer.type == ("flowc.StepFailed" if then else None)
    for pid in one.end().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_told_to_end_it_ends_after_the_answer(project: Make, function: Callable[..., Function]) -> None:
    made = project(flow(FOR_EVER), HEAD)
    one = function()
    one.send("id-1", event(made, "start"))
    one.lines_until("ready")
    one.process.send_signal(signal.SIGTERM)
    assert one.answer() == failed("id-1", "flowc.Terminated", about(made, 143, "id-1"))
    one.ended(0)
    assert not one.api.asked.is_set()


def test_an_answer_that_is_not_wanted_any_more(project: Make, function: Callable[..., Function]) -> None:
    made = project(flow("pass"))
    one = function()
    one.api.status = 403
    assert one.invoke("id-1", event(made, "start")) == committed("id-1")
    assert one.end() == "flowc: the Runtime API has answered 403 to what invocation id-1 has come to\n"


def test_a_runtime_api_in_trouble(project: Make, function: Callable[..., Function]) -> None:
    made = project(flow("pass"))
    one = function()
    one.api.invocations.put(None)
    assert one.ended(1) == "flowc: the Runtime API has answered 500 instead of an invocation\n"
    two = function()
    two.api.status = 500
    two.invoke("id-1", event(made, "start"))
    assert two.ended(1) == "flowc: the Runtime API has answered 500 to what an invocation has come to\n"


def test_a_runner_that_cannot_be_loaded(function: Callable[..., Function], tmp_path: Path) -> None:
    (tmp_path / "blake3.py").write_text("raise ImportError('no blake3 here')")
    one = function(PYTHONPATH=str(tmp_path))
    message = "the step runner cannot be loaded: no blake3 here"
    body = {"errorType": "flowc.BadImage", "errorMessage": message, "stackTrace": []}
    assert one.answer() == Answer("/init/error", "flowc.BadImage", body)
    assert one.ended(1) == f"flowc: {message}\n"


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("", 65, "flowc: AWS_LAMBDA_RUNTIME_API is not set: "),
        ("127.0.0.1:none", 1, "flowc: the Runtime API at 127.0.0.1:none cannot be reached: "),
        ("127.0.0.1:0", 1, "flowc: the Runtime API at 127.0.0.1:0 cannot be reached: "),
    ],
)
def test_no_runtime_api(function: Callable[..., Function], address: str, code: int, said: str) -> None:
    output = function(AWS_LAMBDA_RUNTIME_API=address).ended(code)
    assert output.startswith(said)
    assert output.count("\n") == 1
