"""The scheduler of a local run."""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple, Protocol

from flowc.contract import EXIT_INPUT, EXIT_OK, EXIT_TERMINATED, Address, Plan, end_json_key, run_key
from flowc.ir.steps import IncludedFile
from flowc.local.frontier import Frontier
from flowc.local.interruptions import Interruptions
from flowc.local.zygote import Zygote
from flowc.package import CodePackage, upload_files, upload_package
from flowc.runner.memory import Memory
from flowc.runner.request import Request
from flowc.runner.start import UNMARKED, Start
from flowc.runner.supervise import Log, Pipes, TaskEnd, drain, drain_rest, outcome
from flowc.runner.task import Failure, catch_death
from flowc.runner.words import Words
from flowc.store.objects import ObjectStore
from flowc.store.opening import open_store, prepare_store
from flowc.store.records import read_commit

_GRACE_S = 5.0  # how long tasks have to end after Ctrl-C before they are killed
_REFRESH_S = 1.0  # how often growing logs are looked after
_DEATH_S = 1.0  # how long a killed process may take to end what the kernel is doing for it

# what a file descriptor is about; a task's output is registered under its number, from 1, its words under the negative
_ZYGOTE = 0
_INTERRUPTION = None


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

    def interrupted(self, task: Address) -> None:
        """A task was told to end, as the run was interrupted."""


class _Running(NamedTuple):
    request: Request
    started_ns: int
    pipes: Pipes
    words: Words
    log: Log
    memory: Memory


def new_run_id() -> str:
    """An id for a local run: the time in UTC, and something random."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.urandom(3).hex()}"


def run_flow(
    plan: Plan,
    folder: str,
    *,
    store_url: str,
    package: CodePackage,
    files: Iterable[IncludedFile] = (),
    run_id: str,
    parameters: Mapping[str, Any],
    max_workers: int,
    watcher: Watcher,
    start: Start = UNMARKED,
) -> RunState:
    """Run a flow here, and return how that ended.

    When a task fails for good, running ones finish and are committed, nothing new starts, and the run fails. Retries
    follow at once: `minutes_between_retries` is for schedulers. SIGINT and SIGTERM interrupt the run. When it ends,
    so do all processes that its tasks have left behind, as they would with their container.

    Args:
        plan: The compiled flow.
        folder: The folder of its source.
        store_url: Where artifacts go; the code package is there already.
        package: The code package; put into the store, so that others can open the run's artifacts.
        files: What the flow includes by default; put into the store.
        run_id: Not used before.
        parameters: What the run is started with, checked.
        max_workers: How many tasks run at the same time.
        watcher: Hears what happens.
        start: What else is to be known of the run.
    """
    with Interruptions() as interruptions:
        prepare_store(store_url)
        zygote = Zygote(plan, folder)  # before anything else: what it forks must know no thread and no store
        try:
            store = open_store(store_url)
            upload_package(store, plan.flow, package)
            upload_files(store, plan.flow, files)
            template = Request(
                store=store_url,
                code=package.code,
                run_id=run_id,
                task=Address(plan.flow, run_key(run_id), plan.start, ()),
                attempt="",
                retry=0,
                parameters=dict(parameters),
                engine="local",
                start=start,
            )
            engine = Engine(plan, zygote, store, max_workers, watcher, interruptions)
            return engine.run(template, Frontier(plan, plan.flow, run_key(run_id)))
        finally:
            zygote.close()


def new_attempt() -> str:
    """A name for an attempt: the time, and something random."""
    return f"{time.time_ns():x}-{os.urandom(2).hex()}"


def write_end(store: ObjectStore, flow: str, run: str, state: RunState) -> None:
    """Leave word of how a run has ended."""
    end = {"state": state.value, "finished_ns": time.time_ns()}
    store.write(end_json_key(flow, run), [json.dumps(end).encode()])


class Tasks(Protocol):
    """The tasks of a run that can be started; a `Frontier`, if it is a whole run."""

    def __bool__(self) -> bool:
        """Whether there is one now."""

    def take(self) -> Address:
        """The next one; it is for the caller to run."""

    def finished(self, task: Address, splits: int | None) -> None:
        """A task is finished, and has made so many items for a foreach; None if it is not such a step's."""


class Engine:
    """Runs tasks side by side until there are none, or one fails.

    Args:
        plan: The compiled flow.
        zygote: Forks the tasks.
        store: Opened after the zygote was forked.
        max_workers: How many tasks run at the same time.
        watcher: Hears what happens.
        interruptions: Signals that ask for an end.
    """

    def __init__(
        self,
        plan: Plan,
        zygote: Zygote,
        store: ObjectStore,
        max_workers: int,
        watcher: Watcher,
        interruptions: Interruptions,
    ) -> None:
        self._plan = plan
        self._zygote = zygote
        self._store = store
        self._max_workers = max_workers
        self._watcher = watcher
        self._interruptions = interruptions
        self._running: dict[int, _Running] = {}
        self._again: list[Request] = []
        self._state: RunState | None = None
        self._kill_at_s: float | None = None
        self._number = 0
        self._memory = Memory.watch()
        self._selector = selectors.DefaultSelector()
        self._selector.register(zygote.socket, selectors.EVENT_READ, _ZYGOTE)
        self._selector.register(interruptions.fd, selectors.EVENT_READ, _INTERRUPTION)

    def run(self, template: Request, tasks: Tasks) -> RunState:
        """Run the tasks, and leave word of the run's end.

        Args:
            template: Of the requests; each gets its own task and attempt.
            tasks: What can be run.
        """
        self._frontier = tasks
        self._template = template
        with self._selector:
            while self._running or (self._state is None and (self._frontier or self._again)):
                self._start_tasks()
                self._wait()
        state = self._state or RunState.SUCCEEDED
        write_end(self._store, template.task.flow, template.task.run, state)
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
        request = request._replace(attempt=new_attempt())
        if request.task.step != self._plan.start:
            request = request._replace(parameters={})
        task = request.task
        pipes = Pipes.open()
        sink = self._store.log(task.log_key(request.attempt))
        self._number += 1
        self._running[self._number] = _Running(
            request,
            time.time_ns(),
            pipes,
            Words(pipes.word_read),
            Log(sink, lambda data: self._watcher.output(task, data)),
            self._memory.again(),
        )
        self._watcher.started(task, request.retry)
        self._zygote.start(self._number, request, pipes.output_write, pipes.word_write)
        pipes.close_child_ends()
        self._selector.register(pipes.output_read, selectors.EVENT_READ, self._number)
        self._selector.register(pipes.word_read, selectors.EVENT_READ, -self._number)

    def _wait(self) -> None:
        """Deal with what happens next, or with what is due."""
        ready = [key for key, _ in self._selector.select(self._patience_s())]
        for key in ready:
            if key.data and not self._hear(key.data):
                self._selector.unregister(key.fd)
        about = {key.data for key in ready}
        if _ZYGOTE in about:  # after the output that came before
            self._hear_of_end()
        if _INTERRUPTION in about:
            self._interrupt()
        if self._kill_at_s is not None and time.monotonic() >= self._kill_at_s:
            self._lose_all(self._zygote.close())
        for number, running in self._running.items():
            running.log.refresh()
            if running.words.is_overdue():
                self._zygote.kill(number)

    def _hear(self, number: int) -> bool:
        """Take in what a task has printed, or what it has said; False when there will be no more."""
        running = self._running[abs(number)]
        return drain(running.pipes.output_read, running.log) if number > 0 else running.words.listen()

    def _patience_s(self) -> float:
        if self._kill_at_s is None:
            return _REFRESH_S
        return min(_REFRESH_S, max(0.0, self._kill_at_s - time.monotonic()))

    def _hear_of_end(self) -> None:
        end = self._zygote.ended()
        if end is not None:
            self._ended(end.number, end.status)
        else:  # the flow's module has ended the process that imports it
            self._state = self._state or RunState.FAILED
            self._lose_all(self._zygote.close())

    def _lose_all(self, status: int) -> None:
        """The zygote has ended, and all tasks with it."""
        self._kill_at_s = None
        self._selector.unregister(self._zygote.socket)
        for number in list(self._running):
            self._ended(number, status, _DEATH_S)

    def _ended(self, number: int, status: int, patience_s: float = 0) -> None:
        running = self._running.pop(number)
        pipes, request = running.pipes, running.request
        if pipes.output_read in self._selector.get_map():
            self._selector.unregister(pipes.output_read)
            drain_rest(pipes.output_read, running.log)
        if pipes.word_read in self._selector.get_map():
            self._selector.unregister(pipes.word_read)
        running.words.listen_to_end(patience_s)
        os.close(pipes.output_read)
        running.words.close()

        def catch(store: ObjectStore, started_ns: int, failure: Failure) -> bool:
            # an interrupted run is not to go on
            is_wanted = self._state is not RunState.INTERRUPTED
            return is_wanted and catch_death(request, store, self._plan, started_ns, failure)

        told = signal.SIGTERM if self._state is RunState.INTERRUPTED else None
        ended = TaskEnd(status, running.words, told, running.memory)
        code = outcome(self._store, request, running.started_ns, ended, running.log, catch)
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
        tries = self._plan.steps[request.task.step].further_tries
        again = self._state is None and code != EXIT_INPUT and request.retry < tries
        if again:
            self._again.append(request._replace(retry=request.retry + 1))
        elif self._state is None:
            self._state = RunState.FAILED
        if code == EXIT_TERMINATED and self._state is RunState.INTERRUPTED:
            self._watcher.interrupted(request.task)
        else:
            self._watcher.failed(request.task, request.attempt, again)

    def _interrupt(self) -> None:
        """The first time tasks are asked to end, the second time they are killed at once."""
        again = self._interruptions.take() > 1 or self._state is RunState.INTERRUPTED
        self._state = RunState.INTERRUPTED
        self._zygote.signal_tasks(signal.SIGTERM)
        self._kill_at_s = time.monotonic() + (0.0 if again else _GRACE_S)
