"""The process around a task: its output goes to the scheduler's log and the store, its death is recorded.

The task runs in a child, which tells through a pipe when it has left a commit or the record of a failure. What dies
without a word (a signal, out of memory, `os._exit`) is recorded here.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import sys
import termios
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from flowc import contract
from flowc.errors import FlowcError, StoreError
from flowc.runner.output import flush, say
from flowc.runner.request import Request
from flowc.runner.task import record_failure
from flowc.store.objects import LogSink, ObjectStore
from flowc.store.records import read_commit, write_items

_CHUNK = 1 << 16
_TAIL = 4096  # bytes of the output that the record of a death holds
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
    flush()
    pipes = Pipes.open()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(pipes.output_read)
        os.close(pipes.word_read)
        die_with(parent)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background job would ignore
        sys.exit(run_child(pipes.output_write, pipes.word_write, body))
    pipes.close_child_ends()
    _handle_signals(partial(_forward, pid))
    try:
        store = open_store()
        log = Log(store.log(request.task.log_key(request.attempt)))
        status = _watch(pid, pipes.output_read, log)
    except BaseException:
        os.kill(pid, signal.SIGKILL)  # nobody would see to it
        os.waitpid(pid, 0)
        raise
    _handle_signals(signal.SIG_IGN)  # there is nothing left to stop, and what has happened is to be recorded
    try:
        return outcome(store, request, started_ns, status, heard(pipes.word_read), log)
    finally:
        log.close()
        os.close(pipes.output_read)
        os.close(pipes.word_read)


def run_child(output: int, word: int, body: Callable[[], int]) -> int:
    """In a task's process: send all output into a pipe, run the body, say what came of it.

    Returns:
        The process's exit code.
    """
    # what the scheduler shows is in the order in which it was printed, and no character is a reason to fail; before
    # the pipe takes its place, as a stream that was a file asks for its position
    sys.__stdout__.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    try:
        code = body()
    except FlowcError as error:
        say(f"flowc: {error}\n")
        code = exit_code(error)
    except BaseException:  # noqa: BLE001 - or it would be lost: a forked process ends without a word
        say(traceback.format_exc())
        return contract.EXIT_USER
    finally:
        flush()
    os.write(word, bytes([code]))
    return code


def exit_code(error: FlowcError) -> int:
    """What a scheduler is told of an error that is not the user's code's."""
    return contract.EXIT_STORE if isinstance(error, StoreError) else contract.EXIT_INPUT


def outcome(store: ObjectStore, request: Request, started_ns: int, status: int, said: int | None, log: Log) -> int:
    """Judge a task's process that has ended, and record its failure if it could not do so itself.

    Args:
        store: Where the records are.
        request: What ran.
        started_ns: When, nanoseconds since the epoch.
        status: As `os.waitpid` gives it.
        said: What it said before it ended, see `heard`; how it ended after that does not matter.
        log: The output so far; gets a line about a death.

    Returns:
        The exit code for the scheduler.
    """
    if said in (contract.EXIT_OK, contract.EXIT_USER):
        return said
    commit = read_commit(store, request.task)
    if commit is not None and commit.attempt == request.attempt:
        write_items(store, request.task, commit)
        return contract.EXIT_OK  # it ended after the commit, which is all that counts
    if said is None:
        message = _death(os.waitstatus_to_exitcode(status))
        log.write(f"flowc: {message}\n".encode())
        said = contract.EXIT_USER
    else:
        message = log.tail.decode(errors="replace").strip().rpartition("\n")[2].removeprefix("flowc: ")
    tail = log.tail.decode(errors="replace")
    record_failure(store, request, started_ns, {"type": "died", "message": message, "traceback": tail})
    return said


class Log:
    """A task's output: passed on as it comes, and kept.

    Attributes:
        tail: The last few kilobytes.
    """

    def __init__(self, sink: LogSink, echo: Callable[[bytes], None] | None = None) -> None:
        self.tail = b""
        self._sink = sink
        self._lost = False
        self._echo = _to_stdout if echo is None else echo

    def write(self, data: bytes) -> None:
        """Pass on some output."""
        self.tail = (self.tail + data)[-_TAIL:]
        self._echo(data)
        self._keep(lambda: self._sink.write(data))

    def refresh(self) -> None:
        """Called every second or so: makes readable what has waited long enough."""
        self._keep(self._sink.refresh)

    def close(self) -> None:
        """Make all of it readable."""
        self._keep(self._sink.close)

    def _keep(self, act: Callable[[], None]) -> None:
        # a task does not fail because its log cannot be stored; what it stores itself will tell
        try:
            act()
        except StoreError as error:
            if not self._lost:
                self._lost = True
                self._echo(f"flowc: the log is not complete: {error}\n".encode())


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the call
            os.kill(os.getpid(), signal.SIGKILL)


def heard(word: int, patience_s: float = 0) -> int | None:
    """What a process has said before its end: its exit code, of `flowc.contract`; None if it died without a word.

    Args:
        word: The end of the pipe to read from.
        patience_s: How long it may take to end, if that is not certain yet.
    """
    said = os.read(word, 1) if _readable(word, patience_s) else b""
    return said[0] if said else None


def drain(fd: int, log: Log) -> bool:
    """Read what a pipe holds now; False when its other end is closed."""
    data = os.read(fd, _CHUNK)
    if data:
        log.write(data)
    return bool(data)


def drain_rest(fd: int, log: Log) -> None:
    """Read what a pipe holds when its task has ended; what the task leaves behind may write to it for ever."""
    left = int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), sys.byteorder)
    while left > 0 and (data := os.read(fd, min(left, _CHUNK))):
        log.write(data)
        left -= len(data)


def _watch(pid: int, output: int, log: Log) -> int:
    """Pass the output on until the process has ended; its wait status."""
    # a process that the task leaves behind may hold the pipe open for ever, so the end of the pipe is not waited for
    is_open = True
    while True:
        if is_open and _readable(output, _POLL_S):
            is_open = drain(output, log)
        log.refresh()
        ended, status = os.waitpid(pid, os.WNOHANG if is_open else 0)
        if ended:
            if is_open:
                drain_rest(output, log)
            return status


def _readable(fd: int, timeout_s: float = 0) -> bool:
    return bool(select.select([fd], [], [], timeout_s)[0])


def _handle_signals(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, handler)


def _forward(pid: int, number: int, _frame: object) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _death(code: int) -> str:
    if code >= 0:
        return f"the task's process ended with exit code {code} before its outputs were saved"
    known = {s.value: s.name for s in signal.Signals}
    return f"the task was killed by signal {known.get(-code, -code)}"


def _to_stdout(data: bytes) -> None:
    with suppress(OSError):  # the scheduler has stopped listening, and the task goes on
        while data:
            data = data[os.write(1, data) :]
