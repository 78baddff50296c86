"""`python -m flowc.runner.lambda_`: tasks in a function of AWS Lambda, one an invocation, in an image of any base.

The event of an invocation is `{"environment": {NAME: VALUE, ...}}`, texts only: what a scheduler would set for
`python -m flowc.runner`, without `FLOWC_ATTEMPT`, which is the invocation's id. The answer is `{}` for a task that is
committed, else an error with one of the types below and a line that says which task it was and where its log is.

A function's process outlives its invocations. This one does nothing but wait for them: each is carried out in a child
of its own, which changes nothing here, and of which nothing is left when the answer is sent.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html (requests, headers, statuses),
https://docs.aws.amazon.com/lambda/latest/dg/images-create.html (only /tmp can be written).
"""

from __future__ import annotations

import ctypes
import http.client
import json
import math
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from flowc import contract
from flowc.errors import ContractError, FlowcError
from flowc.runner.output import flush, say
from flowc.runner.termination import SIGNALS

if TYPE_CHECKING:
    from flowc.runner.request import Request

STEP_FAILED = "flowc.StepFailed"
"""The type of the error where the step has raised an exception or its process has died: 1, and all codes but these."""

ERROR_TYPES = {
    contract.EXIT_INPUT: contract.LAMBDA_INPUT_ERROR,
    contract.EXIT_STORE: contract.LAMBDA_STORE_ERROR,
    contract.EXIT_TERMINATED: contract.LAMBDA_TERMINATED,
}
"""The others, by exit code of the runner."""

START_FAILED = "flowc.BadImage"
"""The type of the error where the runner cannot be loaded, so that no invocation is asked for."""

TELL_S = 2.0
"""How long before an invocation's deadline its task is told to end; then Lambda would kill all that runs here."""

GRACE_S = 1.0
"""How long the task has from then on, before its runner kills it and records that."""

KILL_S = 0.5
"""How long before the deadline the runner itself is killed, to answer in time in any case."""

_ENV_API = "AWS_LAMBDA_RUNTIME_API"
_ENV_TRACE = "_X_AMZN_TRACE_ID"
_ROOT = "/2018-06-01/runtime"
_WRITABLE = "/tmp"
_PR_SET_CHILD_SUBREAPER = 36  # Source: prctl(2)


class ApiError(FlowcError):
    """The Runtime API cannot be reached, or answers what it should not."""


class Invocation(NamedTuple):
    """A task that is asked for.

    Attributes:
        id: Lambda's name for it, never used twice for invocations that wait for their answer.
        deadline_s: When Lambda ends all that runs here, seconds since the epoch; infinite if that is not known.
        trace: What X-Ray calls it; empty for nothing.
        event: JSON, as it came.
    """

    id: str
    deadline_s: float
    trace: str
    event: bytes


class Failure(NamedTuple):
    """An error as Lambda takes it.

    Attributes:
        type: What Step Functions calls the error.
        message: One line.
    """

    type: str
    message: str


class RuntimeApi:
    """The Runtime API.

    Each request has a connection of its own, so that no child is given one.
    """

    def __init__(self, address: str) -> None:
        """Connect to nothing yet.

        Args:
            address: `host:port`.
        """
        self._address = address

    def next(self) -> Invocation:
        """Wait for an invocation, however long that takes.

        Raises:
            ApiError: There will be none.
        """
        status, headers, body = self._request("GET", "/invocation/next")
        identity = headers.get("Lambda-Runtime-Aws-Request-Id")
        if status != 200 or not identity:
            raise ApiError(f"the Runtime API has answered {status} instead of an invocation")
        deadline = headers.get("Lambda-Runtime-Deadline-Ms", "")
        return Invocation(
            id=identity,
            deadline_s=int(deadline) / 1000 if deadline.isdecimal() else math.inf,
            trace=headers.get("Lambda-Runtime-Trace-Id", ""),
            event=body,
        )

    def answer(self, invocation: Invocation, failure: Failure | None) -> None:
        """Say what has become of an invocation.

        Raises:
            ApiError: The answer is lost.
        """
        if failure is None:
            status, _, _ = self._request("POST", f"/invocation/{invocation.id}/response", b"{}")
        else:
            status = self._fail(f"/invocation/{invocation.id}/error", failure)
        if 400 <= status < 500:  # it comes too late, or not to the invocation that Lambda knows; the next one may do
            say(f"flowc: the Runtime API has answered {status} to what invocation {invocation.id} has come to\n", 2)
        elif not 200 <= status < 300:
            raise ApiError(f"the Runtime API has answered {status} to what an invocation has come to")

    def refuse(self, failure: Failure) -> None:
        """Say that there is no use in invocations.

        Raises:
            ApiError: It cannot be reached.
        """
        self._fail("/init/error", failure)

    def _fail(self, path: str, failure: Failure) -> int:
        body = {"errorType": failure.type, "errorMessage": failure.message, "stackTrace": []}
        kind = {
            "Content-Type": "application/vnd.aws.lambda.error+json",
            "Lambda-Runtime-Function-Error-Type": failure.type,
        }
        return self._request("POST", path, json.dumps(body).encode(), kind)[0]

    def _request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        try:
            connection = http.client.HTTPConnection(self._address)
            try:
                connection.request(method, _ROOT + path, body, dict(headers or {}))
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(f"the Runtime API at {self._address} cannot be reached: {error!r}") from error


class Task:
    """The process that carries out an invocation, and what the loop's signals do to it.

    Attributes:
        is_late: The deadline has come so near that the process was told to end.
        is_told: The loop itself was told to end, and takes no further invocation.
    """

    def __init__(self) -> None:
        self.is_late = False
        self.is_told = False
        self._is_waiting = False
        self._pid = 0
        self._kill_after_s = 0.0

    def handle_signals(self) -> None:
        """From now on, what asks this process to end does so between two invocations."""
        for number in SIGNALS:
            signal.signal(number, self._end)
        signal.signal(signal.SIGALRM, self._alarm)

    def wait_for(self, api: RuntimeApi) -> Invocation:
        """The next invocation.

        Raises:
            ApiError: There will be none.
            SystemExit: The loop was told to end.
        """
        self._is_waiting = True
        if self.is_told:
            sys.exit(contract.EXIT_OK)
        invocation = api.next()
        self._is_waiting = False
        return invocation

    def run(self, environment: Mapping[str, str], left_s: float) -> int:
        """Run the task that an environment describes, in a process which has nobody left behind when this returns.

        Args:
            environment: All of it.
            left_s: How long until the deadline; a task with next to no time has its share of it.

        Returns:
            The runner's exit code; `128 + n` where it was killed by signal n.
        """
        share = _share(left_s)
        self.is_late = False
        self._kill_after_s = (TELL_S - KILL_S) * share
        flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # none is to find the process without knowing its number
        pid = os.fork()
        if pid == 0:
            _become(environment)
        self._pid = pid
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if self.is_told:
            self._signal(signal.SIGTERM)
        if left_s < math.inf:
            signal.setitimer(signal.ITIMER_REAL, max(left_s - TELL_S * share, 1e-3))
        ended, status = os.waitpid(-1, 0)
        while ended != pid:  # left behind by the task, which goes on
            ended, status = os.waitpid(-1, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._pid = 0
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        _kill_children()
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else contract.EXIT_SIGNAL - code

    def _end(self, _number: int, _frame: object) -> None:
        self.is_told = True
        if self._pid:
            self._signal(signal.SIGTERM)
        elif self._is_waiting:
            sys.exit(contract.EXIT_OK)

    def _alarm(self, _number: int, _frame: object) -> None:
        if self.is_late:
            self._signal(signal.SIGKILL)
            return
        self.is_late = True
        self._signal(signal.SIGTERM)
        signal.setitimer(signal.ITIMER_REAL, self._kill_after_s)

    def _signal(self, number: int) -> None:
        if self._pid:
            with suppress(ProcessLookupError):  # it has been waited for just now
                os.kill(self._pid, number)


def main() -> int:
    """Carry out invocations until told to end; an exit code of `flowc.contract`."""
    address = os.environ.get(_ENV_API)
    if not address:
        say(
            f"flowc: {_ENV_API} is not set: this command is for functions of AWS Lambda, which set it; "
            f"`{' '.join(contract.RUNNER)}` carries out a task elsewhere\n",
            2,
        )
        return contract.EXIT_INPUT
    api = RuntimeApi(address)
    try:
        return _serve(api)
    except ApiError as error:
        say(f"flowc: {error}\n", 2)
        return contract.EXIT_USER  # Lambda starts another one


def _serve(api: RuntimeApi) -> int:
    try:
        # once, for the children of all invocations
        import flowc.runner.__main__
        import flowc.runner.loader
        import flowc.runner.request  # noqa: F401
    except ImportError as error:
        failure = Failure(START_FAILED, f"the step runner cannot be loaded: {error}")
        say(f"flowc: {failure.message}\n", 2)
        api.refuse(failure)
        return contract.EXIT_USER
    _adopt_orphans()
    task = Task()
    task.handle_signals()
    while True:
        invocation = task.wait_for(api)
        api.answer(invocation, _carry_out(task, invocation))


def _carry_out(task: Task, invocation: Invocation) -> Failure | None:
    left_s = invocation.deadline_s - time.time()
    try:
        environment = task_environment(invocation, left_s)
        request = _read_request(environment)
    except ContractError as error:
        say(f"flowc: {error}\n", 2)
        return Failure(contract.LAMBDA_INPUT_ERROR, " ".join(str(error).split()))
    code = task.run(environment, left_s)
    if code == contract.EXIT_OK:
        return None
    return _failure(request, code, is_late=task.is_late)


def _failure(request: Request, code: int, *, is_late: bool) -> Failure:
    where = request.task
    killed = code == contract.EXIT_SIGNAL + signal.SIGKILL
    kind = contract.LAMBDA_TERMINATED if killed and is_late else ERROR_TYPES.get(code, STEP_FAILED)
    why = ", as the function's time was running out" if is_late else ""
    message = (
        f"step `{where.step}`, path `{contract.format_path(where.path)}`, has ended with exit code {code}{why}; "
        f"its log is in the store, at {where.log_key(request.attempt)}"
        f"{', unless that could not be reached' if code == contract.EXIT_STORE else ''}"
    )
    return Failure(kind, message)


def task_environment(invocation: Invocation, left_s: float) -> dict[str, str]:
    """The environment of an invocation's task: this process's, and what the event says.

    Args:
        invocation: What Lambda asks for.
        left_s: How long until the deadline.

    Raises:
        ContractError: The event says something else.
    """
    variables = _variables(invocation.event)
    own = {**os.environ, **_places(variables.get(contract.ENV_CODE, ""))}
    if invocation.trace:
        own[_ENV_TRACE] = invocation.trace
    return {
        **own,
        **variables,
        contract.ENV_ATTEMPT: invocation.id,
        contract.ENV_GRACE: f"{GRACE_S * _share(left_s):.3f}",  # no event has more time to give
    }


def _places(code: str) -> dict[str, str]:
    """Where a task can write: what the image names, as flowc's own does, cannot be written to in a function.

    Args:
        code: Hash of the task's code package, which may be in the image's cache.
    """
    home, cache = os.environ.get("HOME", ""), os.environ.get(contract.ENV_CACHE, "")
    is_baked = bool(code) and os.path.isdir(os.path.join(cache, "code", code))
    return {
        contract.ENV_CACHE: cache if cache and (is_baked or os.access(cache, os.W_OK)) else f"{_WRITABLE}/flowc",
        "HOME": home if home and os.access(home, os.W_OK) else _WRITABLE,
        "TMPDIR": _WRITABLE,
    }


def _variables(event: bytes) -> dict[str, str]:
    try:
        value = json.loads(event)
    except ValueError as error:
        raise ContractError(f"the event is no JSON: {error}") from error
    variables = value.get("environment") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(variables, dict):
        raise ContractError(
            'the event is not what state machines of flowc send: {"environment": {NAME: VALUE, ...}} and nothing else'
        )
    for name, text in variables.items():
        if not name or "=" in name or not _can_be_set(name) or not _can_be_set(text):
            raise ContractError(f"the event's {json.dumps(name)} is not an environment variable with a text as value")
    return variables


def _can_be_set(text: Any) -> bool:
    try:
        return isinstance(text, str) and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


def _read_request(environment: Mapping[str, str]) -> Request:
    from flowc.runner.request import read_request

    return read_request(environment)


def _share(left_s: float) -> float:
    """What part of the times above there is: all, or where they would be more than half of what is left, less."""
    return min(1.0, max(0.0, left_s) / (2 * TELL_S))


def _become(environment: Mapping[str, str]) -> NoReturn:
    """In a new child: carry out the task."""
    from flowc.runner.__main__ import main as run

    os.setsid()
    for number in (*SIGNALS, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.environ.update(environment)
    # also where the task's own process ends, which the runner forks
    sys.exit(run(os.environ))


def _adopt_orphans() -> None:
    """Have the kernel make this process the parent of all that a task leaves behind, of whatever session (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _kill_children() -> None:
    """Kill what is left of a task, and what that leaves behind in turn."""
    while True:
        children = _children()
        for pid in children:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            pid, _ = os.waitpid(-1, 0 if children else os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return


def _children() -> list[int]:
    """The processes whose parent this is (Linux).

    Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    own, found = str(os.getpid()).encode(), []
    with suppress(FileNotFoundError):
        for name in filter(str.isdecimal, os.listdir("/proc")):
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # it may have ended
                # behind the command's name, which may hold anything: state and parent
                if file.read().rpartition(b")")[2].split()[1] == own:
                    found.append(int(name))
    return found


if __name__ == "__main__":
    sys.exit(main())
