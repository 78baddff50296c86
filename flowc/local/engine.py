"""The scheduler of a local run."""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple, Protocol

from flowc.contract import EXIT_INPUT, EXIT_OK, Address, Plan, end_json_key, run_key
from flowc.local.frontier import Frontier
from flowc.local.zygote import Zygote
from flowc.package import CodePackage, upload_package
from flowc.runner.request import Request
from flowc.runner.supervise import Log, Pipes, drain, heard, outcome
from flowc.store.objects import ObjectStore, open_store
from flowc.store.records import read_commit

_GRACE_S = 5.0  # how long tasks have to end after Ctrl-C before they are killed


class RunState(Enum):
    """How a run has ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Watcher(Protocol):
    """Hears what happens in a run; a command line's progress display is one."""

    def started(self, task: Address, retry: int) -> None:
        """A task's process is about to start."""

    def output(self, task: Address, data: bytes) -> None:
        """A task has printed something."""

    def finished(self, task: Address, splits: int | None) -> None:
        """A task is committed."""

    def failed(self, task: Address, attempt: str, again: bool) -> None:
        """An attempt has failed; `again` tells whether another one follows."""


class _Running(NamedTuple):
    request: Request
    started_ns: int
    pipes: Pipes
    log: Log


def new_run_id() -> str:
    """An id for a local run: the time in UTC, and something random."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.urandom(3).hex()}"


def run_flow(
    plan: Plan,
    folder: str,
    *,
    store_url: str,
    package: CodePackage,
    run_id: str,
    parameters: Mapping[str, Any],
    max_workers: int,
    watcher: Watcher,
) -> RunState:
    """Run a flow here, and return how that ended.

    When a task fails for good, running ones finish and are committed, nothing new starts, and the run fails. Retries
    follow at once: `minutes_between_retries` is for schedulers.

    Args:
        plan: The compiled flow.
        folder: The folder of its source.
        store_url: Where artifacts go; the code package is there already.
        package: The code package; put into the store, so that others can open the run's artifacts.
        run_id: Not used before.
        parameters: What the run is started with, checked.
        max_workers: How many tasks run at the same time.
        watcher: Hears what happens.
    """
    zygote = Zygote(plan, folder)  # first of all: what it forks must know no thread and no store
    template = Request(
        store=store_url,
        code=package.code,
        run_id=run_id,
        task=Address(plan.flow, run_key(run_id), plan.start, ()),
        attempt="",
        retry=0,
        parameters=dict(parameters),
        engine="local",
    )
    try:
        store = open_store(store_url)
        upload_package(store, plan.flow, package)
        return _Engine(plan, zygote, store, max_workers, watcher).run(template)
    finally:
        zygote.close()


class _Engine:
    def __init__(
        self, plan: Plan, zygote: Zygote, store: ObjectStore, max_workers: int, watcher: Watcher
    ) -> None:
        self._plan = plan
        self._zygote = zygote
        self._store = store
        self._max_workers = max_workers
        self._watcher = watcher
        self._running: dict[int, _Running] = {}
        self._again: list[Request] = []
        self._state: RunState | None = None
        self._number = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(zygote.socket, selectors.EVENT_READ)

    def run(self, template: Request) -> RunState:
        frontier = Frontier(self._plan, template.task.flow, template.task.run)
        self._frontier = frontier
        self._template = template
        try:
            while self._running or (self._state is None and (frontier or self._again)):
                self._start_tasks()
                self._wait()
        except KeyboardInterrupt:
            self._interrupt()
        state = self._state or RunState.SUCCEEDED
        end = {"state": state.value, "finished_ns": time.time_ns()}
        self._store.write(end_json_key(template.task.flow, template.task.run), [json.dumps(end).encode()])
        return state

    def _start_tasks(self) -> None:
        while self._state is None and len(self._running) < self._max_workers:
            if self._again:
                self._start(self._again.pop(0))
            elif self._frontier:
                self._start(self._template._replace(task=self._frontier.take()))
            else:
                return

    def _start(self, request: Request) -> None:
        request = request._replace(attempt=f"{time.time_ns():x}-{os.urandom(2).hex()}")
        if request.task.step != self._plan.start:
            request = request._replace(parameters={})
        task = request.task
        pipes = Pipes.open()
        sink = self._store.log(task.log_key(request.attempt))
        self._number += 1
        self._running[self._number] = _Running(
            request, time.time_ns(), pipes, Log(sink, lambda data: self._watcher.output(task, data))
        )
        self._watcher.started(task, request.retry)
        self._zygote.start(self._number, request, pipes.output_write, pipes.word_write)
        pipes.close_child_ends()
        self._selector.register(pipes.output_read, selectors.EVENT_READ, self._number)

    def _wait(self, timeout_s: float | None = None) -> None:
        ended = False
        for key, _ in self._selector.select(timeout_s):
            if key.data is None:
                ended = True
            elif not drain(key.fd, self._running[key.data].log):
                self._selector.unregister(key.fd)
        if ended:  # after the output that came before
            end = self._zygote.ended()
            if end is None:
                raise RuntimeError("the process that starts tasks has ended")
            self._ended(end.number, end.status)

    def _ended(self, number: int, status: int) -> None:
        running = self._running.pop(number)
        self._drain_rest(running)
        request = running.request
        recorded = heard(running.pipes.word_read)
        os.close(running.pipes.word_read)
        code = outcome(self._store, request, running.started_ns, status, recorded, running.log)
        running.log.close()
        if code == EXIT_OK:
            self._succeeded(request)
        else:
            self._failed(request, code)

    def _succeeded(self, request: Request) -> None:
        splits = None
        if self._plan.steps[request.task.step].foreach is not None:
            commit = read_commit(self._store, request.task)
            splits = commit.splits if commit is not None else None
        self._frontier.finished(request.task, splits)
        self._watcher.finished(request.task, splits)

    def _failed(self, request: Request, code: int) -> None:
        retries = self._plan.steps[request.task.step].retries
        again = self._state is None and code != EXIT_INPUT and request.retry < retries
        if again:
            self._again.append(request._replace(retry=request.retry + 1))
        elif self._state is None:
            self._state = RunState.FAILED
        self._watcher.failed(request.task, request.attempt, again)

    def _drain_rest(self, running: _Running) -> None:
        fd = running.pipes.output_read
        if fd in self._selector.get_map():
            self._selector.unregister(fd)
            os.set_blocking(fd, False)  # a process that the task left behind may hold the pipe open
            try:
                while drain(fd, running.log):
                    pass
            except BlockingIOError:
                pass
        os.close(fd)

    def _interrupt(self) -> None:
        self._state = RunState.INTERRUPTED
        self._zygote.signal_tasks(signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_S
        while self._running:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                self._wait(left)
            except KeyboardInterrupt:
                break
        if self._running:
            self._kill()

    def _kill(self) -> None:
        # the zygote is in its tasks' group and would die with them, so it is they who are told one by one
        self._zygote.kill_tasks()
        while self._running:
            self._wait()
