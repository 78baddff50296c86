"""The process that imports the flow once and then only forks.

It has no threads and opens no store, so that what it forks is sound. It talks with the scheduler over a socket: a
request carries two file descriptors (output, word) and is answered when the task's process has ended.
"""

from __future__ import annotations

import json
import os
import random
import selectors
import signal
import socket
import struct
import sys
from typing import Any, NamedTuple

from flowc.contract import Address, Plan
from flowc.runner.loader import load_flow
from flowc.runner.request import Request
from flowc.runner.supervise import die_with, run_child
from flowc.spec import FlowSpec
from flowc.store.objects import open_store

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
        ours, theirs = socket.socketpair()
        scheduler = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            code = 1
            try:
                os.setpgid(0, 0)  # Ctrl-C on the terminal is for the scheduler to deal with
                die_with(scheduler)
                code = _serve(theirs, plan, folder)
            finally:
                os._exit(code)
        theirs.close()
        self.socket = ours

    def start(self, number: int, request: Request, output: int, word: int) -> None:
        """Have a task run.

        Args:
            number: What its end is reported under.
            request: The task.
            output: File descriptor of its output.
            word: File descriptor for `supervise.RECORDED`.
        """
        message = json.dumps([number, request]).encode()
        socket.send_fds(self.socket, [_LENGTH.pack(len(message))], [output, word])
        self.socket.sendall(message)

    def ended(self) -> Ended | None:
        """The next end; waits for it. None when the zygote itself has ended."""
        data = _receive(self.socket, _LENGTH.size)
        if not data:
            return None
        return Ended(*json.loads(_receive(self.socket, *_LENGTH.unpack(data))))

    def signal_tasks(self, number: signal.Signals) -> None:
        """Send a signal to all tasks (the zygote ignores it)."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def kill_tasks(self) -> None:
        """Have the zygote kill all tasks; their ends are reported as ever."""
        self.socket.sendall(_LENGTH.pack(0))

    def close(self) -> None:
        """End the zygote; tasks that still run are killed with it."""
        self.socket.close()
        os.waitpid(self.pid, 0)


def _serve(requests: socket.socket, plan: Plan, folder: str) -> int:
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.close(devnull)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load = _Loaded(plan, folder)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    selector = selectors.DefaultSelector()
    selector.register(requests, selectors.EVENT_READ)
    selector.register(wake_read, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is requests:
                data, fds, _, _ = socket.recv_fds(requests, _LENGTH.size, 2)
                if not data:
                    return 0
                while len(data) < _LENGTH.size:
                    data += requests.recv(_LENGTH.size - len(data))
                (length,) = _LENGTH.unpack(data)
                if length == 0:
                    for pid in running:
                        os.kill(pid, signal.SIGKILL)
                    continue
                number, fields = json.loads(_receive(requests, length))
                pid = os.fork()
                if pid == 0:
                    _become_task(requests, (wake_read, wake_write), _request(fields), load, *fds)
                for fd in fds:
                    os.close(fd)
                running[pid] = number
            else:
                os.read(wake_read, 4096)
                _report_ends(requests, running)


def _report_ends(requests: socket.socket, running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        message = json.dumps(Ended(running.pop(pid), status)).encode()
        requests.sendall(_LENGTH.pack(len(message)) + message)


class _Loaded:
    """The flow's class, or what its import raised, which every task then raises in its own name."""

    def __init__(self, plan: Plan, folder: str) -> None:
        self.plan = plan
        self._error: BaseException | None = None
        try:
            self._cls: type[FlowSpec] = load_flow(folder, plan.module, plan.flow)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's module may raise anything
            self._error = error

    def __call__(self) -> type[FlowSpec]:
        if self._error is not None:
            raise self._error
        return self._cls


def _become_task(
    requests: socket.socket, wake: tuple[int, int], request: Request, load: _Loaded, output: int, word: int
) -> None:
    """In the forked child: run the task, never return."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        requests.close()
        for fd in wake:
            os.close(fd)
        die_with(os.getppid())
        _reseed()
        code = run_child(output, word, lambda: _perform(request, load))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _perform(request: Request, load: _Loaded) -> int:
    from flowc.runner.task import Code, perform

    return perform(request, open_store(request.store), Code(load.plan, load))


def _reseed() -> None:
    # every fork starts with the zygote's state, and tasks must not draw the same numbers
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def _request(fields: list[Any]) -> Request:
    request = Request(*fields)
    flow, run, step, path = request.task
    return request._replace(task=Address(flow, run, step, tuple(path)))


def _receive(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes; fewer only when the other end has closed."""
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            return b""
        data += more
    return data
