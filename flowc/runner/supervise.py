"""The process around a task: its output goes to the scheduler's log and the store, its death is recorded.

The task runs in a child, which tells through a pipe when it has left a commit or the record of a failure. What dies
without a word (a signal, out of memory, `os._exit`) is recorded here.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from flowc import contract
from flowc.errors import FlowcError, StoreError
from flowc.runner.request import Request
from flowc.runner.task import record_failure
from flowc.store.objects import LogSink, ObjectStore
from flowc.store.records import read_commit

RECORDED = b"."
"""What a child writes when its outcome is in the store."""

_CHUNK = 1 << 16
_POLL_S = 0.2  # how often an end without the pipe's end is looked for
_PR_SET_PDEATHSIG = 1  # Source: prctl(2)


class Pipes(NamedTuple):
    """The two pipes between a task's process and whoever watches it; file descriptors."""

    output_read: int
    output_write: int
    word_read: int
    word_write: int

    @classmethod
    def open(cls) -> Pipes:
        """Two new pipes."""
        return cls(*os.pipe(), *os.pipe())

    def close_child_ends(self) -> None:
        """In the watcher."""
        os.close(self.output_write)
        os.close(self.word_write)


def supervise(request: Request, open_store: Callable[[], ObjectStore], body: Callable[[], int]) -> int:
    """Run a task's body in a child process and see to its end.

    The child is forked before anything opens a store: clients of object stores do not survive a fork.

    Args:
        request: What runs.
        open_store: Opens the store, once here and once in the child.
        body: Runs in the child; returns an exit code.

    Returns:
        The exit code for the scheduler.
    """
    started_ns = time.time_ns()
    pipes = Pipes.open()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(pipes.output_read)
        os.close(pipes.word_read)
        die_with(parent)
        sys.exit(run_child(pipes.output_write, pipes.word_write, body))
    pipes.close_child_ends()
    _pass_on_signals(pid)
    store = open_store()
    log = Log(store.log(request.task.log_key(request.attempt)))
    status = _watch(pid, pipes.output_read, log)
    code = outcome(store, request, started_ns, status, heard(pipes.word_read), log)
    log.close()
    return code


def run_child(output: int, word: int, body: Callable[[], int]) -> int:
    """In a task's process: send all output into a pipe, run the body, say when the outcome is recorded.

    Returns:
        The process's exit code.
    """
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    # what the scheduler shows is in the order in which it was printed
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        code = body()
        os.write(word, RECORDED)
    except StoreError as error:
        print(f"flowc: {error}", file=sys.stderr)
        code = contract.EXIT_STORE
    except FlowcError as error:
        print(f"flowc: {error}", file=sys.stderr)
        code = contract.EXIT_INPUT
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def outcome(
    store: ObjectStore, request: Request, started_ns: int, status: int, recorded: bool, log: Log
) -> int:
    """Judge a task's process that has ended, and record its failure if it could not do so itself.

    Args:
        store: Where the records are.
        request: What ran.
        started_ns: When, nanoseconds since the epoch.
        status: As `os.waitpid` gives it.
        recorded: The process has said that its outcome is in the store.
        log: The output so far; gets a line about a death.

    Returns:
        The exit code for the scheduler.
    """
    code = os.waitstatus_to_exitcode(status)
    if recorded:
        return code
    commit = read_commit(store, request.task)
    if commit is not None and commit.attempt == request.attempt:
        return contract.EXIT_OK  # it died after the commit, which is all that counts
    if code in (contract.EXIT_STORE, contract.EXIT_INPUT):
        message = log.tail.decode(errors="replace").strip().rpartition("\n")[2].removeprefix("flowc: ")
    else:
        message = _death(code)
        log.write(f"flowc: {message}\n".encode())
        code = contract.EXIT_USER
    tail = log.tail.decode(errors="replace")
    record_failure(store, request, started_ns, {"type": "died", "message": message, "traceback": tail})
    return code


class Log:
    """A task's output: passed on as it comes, and kept.

    Attributes:
        tail: The last few kilobytes.
    """

    def __init__(self, sink: LogSink, echo: Callable[[bytes], None] | None = None) -> None:
        self.tail = b""
        self._sink = sink
        self._echo = _to_stdout if echo is None else echo

    def write(self, data: bytes) -> None:
        """Pass on some output."""
        self.tail = (self.tail + data)[-4096:]
        self._echo(data)
        self._sink.write(data)

    def close(self) -> None:
        """Make all of it readable."""
        self._sink.close()


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the call
            os.kill(os.getpid(), signal.SIGKILL)


def heard(word: int) -> bool:
    """Whether a process that has ended had said that its outcome is in the store."""
    return _readable(word) and os.read(word, 1) == RECORDED


def drain(fd: int, log: Log) -> bool:
    """Read what a pipe holds now; False when its other end is closed."""
    data = os.read(fd, _CHUNK)
    if data:
        log.write(data)
    return bool(data)


def _watch(pid: int, output: int, log: Log) -> int:
    """Pass the output on until the process has ended; its wait status."""
    # a process that the task leaves behind may hold the pipe open for ever, so the end of the pipe is not waited for
    while not _readable(output, _POLL_S) or drain(output, log):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            while _readable(output) and drain(output, log):
                pass
            return status
    return os.waitpid(pid, 0)[1]


def _readable(fd: int, timeout_s: float = 0) -> bool:
    return bool(select.select([fd], [], [], timeout_s)[0])


def _pass_on_signals(pid: int) -> None:
    def forward(number: int, _frame: object) -> None:
        os.kill(pid, number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, forward)


def _death(code: int) -> str:
    if code < 0:
        return f"the task was killed by signal {signal.Signals(-code).name}"
    return f"the task's process ended with exit code {code} before its outputs were saved"


def _to_stdout(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]
