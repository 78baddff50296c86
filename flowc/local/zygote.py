"""The process that imports the flow once, when there is a task, and then only forks.

It has no threads and opens no store, so that what it forks is sound. It talks with the scheduler over a socket: a
request carries two file descriptors (output, word) and is answered when the task's process has ended. One without
them asks for the end of a task.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import struct
import sys
import threading
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

from flowc.contract import Address, Plan
from flowc.runner.breakpoints import explain_breakpoints
from flowc.runner.loader import load_flow
from flowc.runner.output import flush
from flowc.runner.request import Request
from flowc.runner.start import Start
from flowc.runner.supervise import die_with, run_child
from flowc.runner.words import Teller
from flowc.spec import FlowSpec
from flowc.store.opening import open_store
from flowc.store.records import RunRecord

_LENGTH = struct.Struct("<I")


class Ended(NamedTuple):
    """A task's process has ended.

    Attributes:
        number: The request's number.
        status: As `os.waitpid` gives it.
    """

    number: int
    status: int


class Zygote:
    """The scheduler's end: starts the zygote, sends it requests, hears of ends.

    It has to be made before the scheduler has threads or opens a store.

    Attributes:
        socket: Readable when an end can be received.
        pid: The zygote's process, which leads a process group of its own.
    """

    def __init__(self, plan: Plan, folder: str) -> None:
        flush()
        ours, theirs = socket.socketpair()
        scheduler = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            code = 1
            try:
                die_with(scheduler)
                code = _serve(theirs, plan, folder)
            finally:
                os._exit(code)
        _lead_group(self.pid)
        theirs.close()
        self.socket = ours
        self._status: int | None = None

    def start(self, number: int, request: Request, output: int, word: int) -> None:
        """Have a task run; if the zygote has ended, `ended` tells.

        Args:
            number: What its end is reported under.
            request: The task.
            output: File descriptor of its output.
            word: File descriptor for its exit code, see `supervise.run_child`.
        """
        message = json.dumps([number, request]).encode()
        with suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self.socket, [_LENGTH.pack(len(message))], [output, word])
            self.socket.sendall(message)

    def kill(self, number: int) -> None:
        """Kill a task; `ended` tells of it."""
        message = json.dumps(number).encode()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(_LENGTH.pack(len(message)) + message)

    def ended(self) -> Ended | None:
        """The next end; waits for it. None when the zygote itself has ended."""
        data = _receive(self.socket, _LENGTH.size)
        if not data:
            return None
        return Ended(*json.loads(_receive(self.socket, *_LENGTH.unpack(data))))

    def signal_tasks(self, number: signal.Signals) -> None:
        """Send a signal to all tasks (the zygote ignores it)."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def close(self) -> int:
        """Kill the zygote, the tasks that still run, and what tasks have left behind.

        Returns:
            The zygote's end, as `os.waitpid` gives it.
        """
        if self._status is None:
            with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM where all of the group are zombies
                os.killpg(self.pid, signal.SIGKILL)
            _, self._status = os.waitpid(self.pid, 0)
            self.socket.close()
        return self._status


def _lead_group(pid: int) -> None:
    """Give the zygote a process group of its own, as Ctrl-C on the terminal is for the scheduler to deal with.

    Scheduler and zygote both do it, so that it is done whoever comes first.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)


def _serve(requests: socket.socket, plan: Plan, folder: str) -> int:
    _lead_group(os.getpid())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.close(devnull)
    # a notebook has put its own in their place, which know nothing of the pipes of tasks
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
    # the flow is imported when there is a task, which may never be: what it prints comes after the run is announced
    if not requests.recv(1, socket.MSG_PEEK):
        return 0
    explain_breakpoints()  # of the module itself
    load = _Loaded(plan, folder)
    flush()  # else every task would print again what the module has printed
    wake = os.pipe()
    os.set_blocking(wake[1], False)
    signal.set_wakeup_fd(wake[1], warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(requests, selectors.EVENT_READ)
        selector.register(wake[0], selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not requests:
                    os.read(wake[0], 4096)
                    _report_ends(requests, running)
                elif not _serve_next(requests, wake, load, running):
                    return 0


def _serve_next(requests: socket.socket, wake: tuple[int, int], load: _Loaded, running: dict[int, int]) -> bool:
    """Fork the task of the next request, or kill one; False when there is no request any more."""
    data, fds, _, _ = socket.recv_fds(requests, _LENGTH.size, 2)
    if not data:
        return False
    data += _receive(requests, _LENGTH.size - len(data))
    message = json.loads(_receive(requests, *_LENGTH.unpack(data)))
    if not fds:
        for pid in [pid for pid, number in running.items() if number == message]:
            os.kill(pid, signal.SIGKILL)  # it is there, or a zombie: nobody else waits for it
        return True
    number, fields = message
    zygote = os.getpid()
    pid = os.fork()
    if pid == 0:
        requests.close()
        for fd in wake:
            os.close(fd)
        _become_task(zygote, _request(fields), load, *fds)
    for fd in fds:
        os.close(fd)
    running[pid] = number
    return True


def _report_ends(requests: socket.socket, running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        number = running.pop(pid, None)
        if number is not None:  # else a process that the flow's module has started
            message = json.dumps(Ended(number, status)).encode()
            requests.sendall(_LENGTH.pack(len(message)) + message)


class _Loaded:
    """The flow's class, or what its import raised, which every task then raises in its own name."""

    def __init__(self, plan: Plan, folder: str) -> None:
        self.plan = plan
        self._error: BaseException | None = None
        try:
            self._cls: type[FlowSpec] = load_flow(folder, plan.module, plan.flow)
        except BaseException as error:  # noqa: BLE001 - the user's module may raise anything
            self._error = error

    def __call__(self) -> type[FlowSpec]:
        if self._error is not None:
            raise self._error
        return self._cls


def _become_task(zygote: int, request: Request, load: _Loaded, output: int, word: int) -> NoReturn:
    """In the forked child: run the task."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        die_with(zygote)
        _reseed()
        code = run_child(output, word, lambda teller: _perform(request, load, teller))
        # as at the end of any program: threads of the step that are no daemons are waited for
        threading._shutdown()  # type: ignore[attr-defined]
    finally:
        os._exit(code)


def _perform(request: Request, load: _Loaded, teller: Teller) -> int:
    from flowc.runner.task import Code, perform

    return perform(request, open_store(request.store), Code(load.plan, load), teller)


def _reseed() -> None:
    # every fork starts with the zygote's state, and tasks must not draw the same numbers; Python's `random` sees to it
    # itself, and where NumPy's is not loaded yet it will be seeded when it is
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _request(fields: list[Any]) -> Request:
    request = Request(*fields)
    flow, run, step, path = request.task
    tags, *facts = list[Any](request.start)
    fresh = None if request.fresh is None else RunRecord(*request.fresh)
    if fresh is not None:
        fresh = fresh._replace(tags=tuple(fresh.tags))
    return request._replace(task=Address(flow, run, step, tuple(path)), start=Start(tuple(tags), *facts), fresh=fresh)


def _receive(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes; none when the other end has closed."""
    data = b""
    while len(data) < size:
        try:
            more = connection.recv(size - len(data))
        except ConnectionResetError:  # it has ended without reading all that was sent
            return b""
        if not more:
            return b""
        data += more
    return data
