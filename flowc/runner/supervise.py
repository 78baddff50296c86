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
from typing import NamedTuple, TypeAlias

from flowc import contract
from flowc.errors import FlowcError, StoreError
from flowc.runner.output import flush, say
from flowc.runner.request import Request
from flowc.runner.task import Failure, record_failure
from flowc.runner.words import Teller, Words
from flowc.spec import StepTimeout, TaskDied
from flowc.store.objects import LogSink, ObjectStore
from flowc.store.records import read_commit, write_items

_CHUNK = 1 << 16
_TAIL = 4096  # bytes of the output that the record of a death holds
_POLL_S = 0.2  # how often an end without the pipe's end is looked for
_PR_SET_PDEATHSIG = 1  # Source: prctl(2)


Catch: TypeAlias = Callable[[ObjectStore, int, Failure], bool]
"""Finishes a task that has died, given when it started and how it died; False if that is not wanted."""


def _no_catch(_store: ObjectStore, _started_ns: int, _failure: Failure) -> bool:
    return False


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


def supervise(
    request: Request, open_store: Callable[[], ObjectStore], body: Callable[[Teller], int], catch: Catch = _no_catch
) -> int:
    """Run a task's body in a child process and see to its end.

    The child is forked before anything opens a store: clients of object stores do not survive a fork.

    Args:
        request: What runs.
        open_store: Opens the store, once here and once in the child.
        body: Runs in the child; returns an exit code.
        catch: Finishes the task in the child's stead when that has died, see `outcome`.

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
    told: list[int] = []
    _handle_signals(partial(_forward, pid, told))
    words = Words(pipes.word_read)
    try:
        store = open_store()
        log = Log(store.log(request.task.log_key(request.attempt)))
        status = _watch(pid, pipes.output_read, words, log)
    except BaseException:
        os.kill(pid, signal.SIGKILL)  # nobody would see to it
        os.waitpid(pid, 0)
        raise
    _handle_signals(signal.SIG_IGN)  # there is nothing left to stop, and what has happened is to be recorded
    try:
        # a task that is told to end is not wanted any more, or somewhere else
        return outcome(store, request, started_ns, status, words, log, _no_catch if told else catch)
    finally:
        log.close()
        os.close(pipes.output_read)
        words.close()


def run_child(output: int, word: int, body: Callable[[Teller], int]) -> int:
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
    teller = Teller(word)
    try:
        code = body(teller)
    except FlowcError as error:
        say(f"flowc: {error}\n")
        code = exit_code(error)
    except BaseException:  # noqa: BLE001 - or it would be lost: a forked process ends without a word
        say(traceback.format_exc())
        return contract.EXIT_USER
    finally:
        flush()
    teller.exit(code)
    return code


def exit_code(error: FlowcError) -> int:
    """What a scheduler is told of an error that is not the user's code's."""
    return contract.EXIT_STORE if isinstance(error, StoreError) else contract.EXIT_INPUT


def outcome(
    store: ObjectStore, request: Request, started_ns: int, status: int, words: Words, log: Log, catch: Catch = _no_catch
) -> int:
    """Judge a task's process that has ended, and record its failure if it could not do so itself.

    Args:
        store: Where the records are.
        request: What ran.
        started_ns: When, nanoseconds since the epoch.
        status: As `os.waitpid` gives it.
        words: What it said before it ended, all of it; how it ended after that does not matter.
        log: The output so far; gets a line about a death.
        catch: Finishes the task after a death, if its step catches failures; whether it has done so.

    Returns:
        The exit code for the scheduler.
    """
    said = words.code
    if said in (contract.EXIT_OK, contract.EXIT_USER):
        return said
    commit = read_commit(store, request.task)
    if commit is not None and commit.attempt == request.attempt:
        write_items(store, request.task, commit)
        return contract.EXIT_OK  # it ended after the commit, which is all that counts
    if said is None:
        message = words.overrun() if words.overran else _death(os.waitstatus_to_exitcode(status))
        log.write(f"flowc: {message}\n".encode())
        kind = StepTimeout if words.overran else TaskDied
        if catch(store, started_ns, Failure(kind, message, log.tail.decode(errors="replace"))):
            log.write(b"flowc: @catch goes on after this\n")
            return contract.EXIT_OK
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


def _watch(pid: int, output: int, words: Words, log: Log) -> int:
    """Pass the output on until the process has ended, and see that it keeps its time limit; its wait status."""
    # a process that the task leaves behind may hold the pipes open for ever, so their ends are not waited for
    is_open = {output: True, words.fd: True}
    while True:
        waiting = any(is_open.values()) or words.limit_s is not None
        for fd in select.select([fd for fd in is_open if is_open[fd]], [], [], _POLL_S)[0] if waiting else ():
            is_open[fd] = drain(output, log) if fd == output else words.listen()
        log.refresh()
        if words.is_overdue():
            os.kill(pid, signal.SIGKILL)
        ended, status = os.waitpid(pid, os.WNOHANG if waiting else 0)
        if ended:
            if is_open[output]:
                drain_rest(output, log)
            words.listen_to_end()
            return status


def _handle_signals(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, handler)


def _forward(pid: int, told: list[int], number: int, _frame: object) -> None:
    told.append(number)
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
