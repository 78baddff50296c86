"""The process around a task: its output goes to the scheduler's log and the store, its death is recorded.

The task runs in a child, which tells through a pipe when it has left a commit or the record of a failure. What dies
without a word (a signal, out of memory, `os._exit`) is recorded here. A signal to end is passed on; what has not ended
some seconds after it is killed, while there is still time to record that. The task leads a process group, and what it
leaves behind ends with it, as it would with its container.
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
from flowc.runner.breakpoints import explain_breakpoints
from flowc.runner.memory import Memory, prefer_as_victim
from flowc.runner.output import flush, say
from flowc.runner.request import Request
from flowc.runner.task import Failure, record_failure
from flowc.runner.termination import SIGNALS, TERMINATION, Terminated, words_for
from flowc.runner.words import Teller, Words
from flowc.spec import OutOfMemory, StepTimeout, TaskDied
from flowc.store.objects import LogSink, ObjectStore
from flowc.store.records import DIED, OUT_OF_MEMORY, TERMINATED, read_commit, write_items

_CHUNK = 1 << 16
_TAIL = 4096  # bytes of the output that the record of a death holds
_POLL_S = 0.2  # how often an end without the pipe's end is looked for
_PR_SET_PDEATHSIG = 1  # Source: prctl(2)

GRACE_S = 7.0
"""How long a task may take to end after it was told to; schedulers kill what is left, `docker stop` after 10 s.

Sources: https://docs.docker.com/reference/cli/docker/container/stop/ (10 s),
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ (30 s),
https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html (30 s).
"""

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
    request: Request,
    open_store: Callable[[], ObjectStore],
    body: Callable[[Teller], int],
    catch: Catch = _no_catch,
    grace_s: float = GRACE_S,
    watch_memory: Callable[[], Memory] = Memory.watch,
) -> int:
    """Run a task's body in a child process and see to its end.

    The child is forked before anything opens a store: clients of object stores do not survive a fork.

    Args:
        request: What runs.
        open_store: Opens the store, once here and once in the child.
        body: Runs in the child; returns an exit code.
        catch: Finishes the task in the child's stead when that has died, see `outcome`.
        grace_s: How long the child may take to end when it is told to.
        watch_memory: Begins to watch the memory that the child shares with this process.

    Returns:
        The exit code for the scheduler.
    """
    started_ns = time.time_ns()
    flush()
    memory = watch_memory()
    pipes = Pipes.open()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(pipes.output_read)
        os.close(pipes.word_read)
        die_with(parent)
        lead_group(os.getpid())
        read_nothing()  # a terminal stops who reads from it and is not in its foreground
        sys.exit(run_child(pipes.output_write, pipes.word_write, body))
    lead_group(pid)
    pipes.close_child_ends()
    told = Told(grace_s)
    _handle_signals(partial(told.forward, pid))
    words = Words(pipes.word_read)
    try:
        store = open_store()
        log = Log(store.log(request.task.log_key(request.attempt)))
        status = _watch(pid, pipes.output_read, words, log, told)
    except BaseException:
        _signal_group(pid, signal.SIGKILL)  # nobody would see to it
        os.waitpid(pid, 0)
        raise
    _handle_signals(signal.SIG_IGN)  # there is nothing left to stop, and what has happened is to be recorded
    code = contract.EXIT_STORE
    try:
        # a task that is told to end is not wanted any more, or somewhere else
        ended = TaskEnd(status, words, told.signals[0] if told.signals else None, memory)
        code = outcome(store, request, started_ns, ended, log, _no_catch if told.signals else catch)
        return code
    finally:
        # whoever is told that the store cannot be reached need not hear it again
        log.close(quietly=code == contract.EXIT_STORE)
        os.close(pipes.output_read)
        words.close()


def run_child(output: int, word: int, body: Callable[[Teller], int]) -> int:
    """In a task's process: send all output into a pipe, run the body, say what came of it.

    Returns:
        The process's exit code.
    """
    # what the scheduler shows is in the order in which it was printed, and no character is a reason to fail; before
    # the pipe takes its place, as a stream that was a file asks for its position
    if sys.__stdout__ is not None:
        sys.__stdout__.reconfigure(line_buffering=True, errors="backslashreplace")
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    if sys.__stdout__ is None:  # the process was started without
        sys.stdout = open(1, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    if sys.__stderr__ is None:
        sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    teller = Teller(word)
    explain_breakpoints()
    prefer_as_victim()
    TERMINATION.expect()
    try:
        code = body(teller)
    except Terminated:  # outside of the step: the watcher records it
        return contract.EXIT_TERMINATED
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


class TaskEnd(NamedTuple):
    """A task's process that has ended.

    Attributes:
        status: As `os.waitpid` gives it.
        words: What it said before it ended, all of it; how it ended after that does not matter.
        told: The signal that has told it to end; None if it was not told.
        memory: Watched since before it began.
    """

    status: int
    words: Words
    told: int | None
    memory: Memory


def outcome(
    store: ObjectStore, request: Request, started_ns: int, ended: TaskEnd, log: Log, catch: Catch = _no_catch
) -> int:
    """Judge a task's process that has ended, and record its failure if it could not do so itself.

    Args:
        store: Where the records are.
        request: What ran.
        started_ns: When, nanoseconds since the epoch.
        ended: How it ended.
        log: The output so far; gets a line about a death.
        catch: Finishes the task after a death, if its step catches failures; whether it has done so.

    Returns:
        The exit code for the scheduler.
    """
    said = ended.words.code
    if said == contract.EXIT_OK:
        return said
    # that it has failed may well be because it was told to end, and was meant to be ended in any case
    told = None if ended.told is None else contract.EXIT_SIGNAL + ended.told
    if said is not None and said not in (contract.EXIT_INPUT, contract.EXIT_STORE):
        if said == contract.EXIT_USER and told is None and ended.memory.is_exhausted():
            log.write(f"flowc: while it ran, a process was killed: {ended.memory.explain()}\n".encode())
        return told or said
    death = None
    code = said
    if code is None:
        death = _death(ended)
        code = death.code
        log.write(f"flowc: {death.message}\n".encode())
    try:
        if _has_committed(store, request):
            return contract.EXIT_OK  # it ended after the commit, which is all that counts
        if death is None:
            message = log.tail.decode(errors="replace").strip().rpartition("\n")[2].removeprefix("flowc: ")
        else:
            message = death.message
            if death.type is not None and catch(store, started_ns, Failure(death.type, message, _tail(log))):
                log.write(b"flowc: @catch goes on after this\n")
                return contract.EXIT_OK
        kind = DIED if death is None else death.kind
        record_failure(store, request, started_ns, {"type": kind, "message": message, "traceback": _tail(log)})
    except StoreError as error:
        if said != contract.EXIT_STORE:  # else the task has told of it
            log.write(f"flowc: nothing is recorded of this attempt: {error}\n".encode())
        # of a death, it is not known whether that was after the commit
        return told or (contract.EXIT_STORE if said is None else said)
    return told or code


def _has_committed(store: ObjectStore, request: Request) -> bool:
    commit = read_commit(store, request.task)
    if commit is None or commit.attempt != request.attempt:
        return False
    write_items(store, request.task, commit)
    return True


class _Death(NamedTuple):
    """What is to be said of a process that has ended without a word.

    Attributes:
        kind: The type of the error in the record.
        type: What `@catch` is given; None for what it is not to catch.
        message: For the log and the record.
        code: The exit code for the scheduler.
    """

    kind: str
    type: type[BaseException] | None
    message: str
    code: int


def _death(ended: TaskEnd) -> _Death:
    code = os.waitstatus_to_exitcode(ended.status)
    if ended.told is not None:
        killed = ", and was killed as it did not" if code == -signal.SIGKILL else ""
        return _Death(TERMINATED, None, words_for(ended.told) + killed, contract.EXIT_SIGNAL + ended.told)
    if ended.words.overran:
        return _Death(DIED, StepTimeout, ended.words.overrun(), contract.EXIT_USER)
    if code >= 0:
        # whatever it is, it does not mean what this runner means by it
        message = f"the task's process ended with exit code {code} before its outputs were saved"
        return _Death(DIED, TaskDied, message, contract.EXIT_USER)
    known = {s.value: s.name for s in signal.Signals}
    message = f"the task was killed by signal {known.get(-code, -code)}"
    if code == -signal.SIGKILL and ended.memory.is_exhausted():
        message = f"{message}, {ended.memory.explain()}"
        return _Death(OUT_OF_MEMORY, OutOfMemory, message, contract.EXIT_SIGNAL - code)
    return _Death(DIED, TaskDied, message, contract.EXIT_SIGNAL - code)


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

    def close(self, *, quietly: bool = False) -> None:
        """Make all of it readable.

        Args:
            quietly: Say nothing if that is not possible.
        """
        self._lost = self._lost or quietly
        self._keep(self._sink.close)

    def _keep(self, act: Callable[[], None]) -> None:
        # a task does not fail because its log cannot be stored; what it stores itself will tell
        try:
            act()
        except StoreError as error:
            if not self._lost:
                self._lost = True
                self._echo(f"flowc: the log is not complete: {error}\n".encode())


def _tail(log: Log) -> str:
    return log.tail.decode(errors="replace")


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the call
            os.kill(os.getpid(), signal.SIGKILL)


def lead_group(pid: int) -> None:
    """Give a child a process group of its own, so that signals reach it with what it starts, and nobody else.

    Parent and child both do it, so that it is done whoever comes first.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)


def read_nothing() -> None:
    """Make standard input empty: no task has one on a scheduler."""
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    if devnull:  # else it was closed, and has got that number
        os.close(devnull)


def open_standard_streams() -> None:
    """Open what a process was started without, so that nothing else gets the numbers of the standard streams."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(fd)


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


class Told:
    """What the process around a task was told, and told the task.

    Attributes:
        signals: The numbers, in the order in which they came.
    """

    def __init__(self, grace_s: float) -> None:
        self.signals: list[int] = []
        self._grace_s = grace_s
        self._kill_at_s = float("inf")

    def forward(self, pid: int, number: int, _frame: object) -> None:
        """Handle a signal: the first one is passed on, a further one kills."""
        first = not self.signals
        self.signals.append(number)
        self._kill_at_s = time.monotonic() + self._grace_s if first else 0.0
        # as Ctrl-C on a terminal reaches all that runs there
        _signal_group(pid, number if first else signal.SIGKILL)

    def is_due(self) -> bool:
        """Whether the task has had its time, and is to be killed."""
        return time.monotonic() >= self._kill_at_s


def _watch(pid: int, output: int, words: Words, log: Log, told: Told) -> int:
    """Pass the output on until the process has ended, and see that it keeps its time limit; its wait status."""
    # a process that the task leaves behind may hold the pipes open for ever, so their ends are not waited for
    is_open = {output: True, words.fd: True}
    while True:
        for fd in select.select([fd for fd in is_open if is_open[fd]], [], [], _POLL_S)[0]:
            is_open[fd] = drain(output, log) if fd == output else words.listen()
        log.refresh()
        if words.is_overdue() or told.is_due():
            _signal_group(pid, signal.SIGKILL)
        # as process 1 of a container, it inherits what the task leaves behind
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended == pid:
            _signal_group(pid, signal.SIGKILL)  # what it leaves behind, which may be nothing
            if is_open[output]:
                drain_rest(output, log)
            words.listen_to_end()
            return status


def _signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM where all of the group are zombies
        os.killpg(pid, number)


def _handle_signals(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    for number in SIGNALS:
        signal.signal(number, handler)


def _to_stdout(data: bytes) -> None:
    with suppress(OSError):  # the scheduler has stopped listening, and the task goes on
        while data:
            try:
                data = data[os.write(1, data) :]
            except BlockingIOError:  # whoever shares it has made it so
                select.select([], [1], [])
