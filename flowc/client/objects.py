"""What has been run, read from a store."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from flowc.contract import (
    NO_PATH,
    Address,
    Plan,
    end_json_key,
    format_path,
    parse_path,
    run_json_key,
    run_key,
    run_prefix,
    runs_prefix,
)
from flowc.errors import FlowcError, ObjectNotFound
from flowc.runner.code import open_code
from flowc.runner.loader import folder_first
from flowc.store.artifacts import Record, load
from flowc.store.objects import ObjectStore, open_store
from flowc.store.records import DONE, FAILED, Commit, RunRecord, TaskRecord

DEFAULT_STORE = ".flowc"


class NotFound(FlowcError, KeyError):
    """There is no such flow, run, step, task or artifact."""

    def __str__(self) -> str:
        return str(self.args[0])


def default_store() -> str:
    """The store that is looked into when none is named: FLOWC_STORE, or `.flowc` in the working directory."""
    return os.environ.get("FLOWC_STORE") or DEFAULT_STORE


class Flow:
    """All runs of a flow.

    Args:
        name: The flow's name.
        store: Where: a directory or `s3://bucket/prefix`; see `default_store`.

    Raises:
        NotFound: The store has no run of it.
    """

    def __init__(self, name: str, store: str | None = None) -> None:
        self.id = name
        self._store = open_store(store or default_store())
        if not self._run_keys():
            raise NotFound(f"there is no run of flow `{name}` in {self._store.url}")

    @property
    def latest_run(self) -> Run:
        """The run that was started last.

        Raises:
            NotFound: No run has got as far as to have its parameters accepted.
        """
        for run in self:
            return run
        raise NotFound(f"no run of flow `{self.id}` in {self._store.url} has started")

    @property
    def latest_successful_run(self) -> Run | None:
        """The run that was started last of those that succeeded; None if there is none."""
        return next((run for run in self if run.successful), None)

    def runs(self) -> Iterator[Run]:
        """All runs, the last one first."""
        keys = self._run_keys()
        found = self._store.read_many([run_json_key(self.id, key) for key in keys])
        runs = [
            Run._open(self._store, self.id, key, RunRecord.parse(data))
            for key, data in zip(keys, found, strict=True)
            if data is not None
        ]
        yield from sorted(runs, key=lambda run: run._record.created_ns, reverse=True)

    def __iter__(self) -> Iterator[Run]:
        return self.runs()

    def __getitem__(self, run_id: str) -> Run:
        return Run._open(self._store, self.id, run_id)

    def __repr__(self) -> str:
        return f"Flow('{self.id}')"

    def _run_keys(self) -> list[str]:
        return self._store.folders(runs_prefix(self.id))


class Run:
    """One run.

    Args:
        pathspec: `Flow/run_id`; the id as the scheduler has it, or as it is in the store's keys.
        store: Where; see `default_store`.

    Raises:
        NotFound: There is no such run.
    """

    def __init__(self, pathspec: str, store: str | None = None) -> None:
        flow, _, run_id = pathspec.partition("/")
        if not run_id:
            raise NotFound(f"`{pathspec}` does not name a run: expected Flow/run_id")
        self._set(open_store(store or default_store()), flow, run_id, None)

    @classmethod
    def _open(cls, store: ObjectStore, flow: str, run_id: str, record: RunRecord | None = None) -> Run:
        run = cls.__new__(cls)
        run._set(store, flow, run_id, record)
        return run

    def _set(self, store: ObjectStore, flow: str, run_id: str, record: RunRecord | None) -> None:
        self._store = store
        self._flow = flow
        self.id = run_key(run_id)
        self._record = self._read_record() if record is None else record

    def _read_record(self) -> RunRecord:
        (data,) = self._store.read_many([run_json_key(self._flow, self.id)])
        if data is None:
            raise NotFound(f"there is no run `{self._flow}/{self.id}` in {self._store.url}")
        return RunRecord.parse(data)

    @cached_property
    def _code(self) -> tuple[str, Plan]:
        return open_code(self._store, self._flow, self._record.code, os.environ)

    @property
    def pathspec(self) -> str:
        """`Flow/run_id`."""
        return f"{self._flow}/{self.id}"

    @property
    def created_at(self) -> datetime:
        """When its start task began, in UTC."""
        return _time(self._record.created_ns)

    @property
    def code(self) -> str:
        """Hash of the code package that the run started with."""
        return self._record.code

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Name and value of every parameter."""
        return self._record.parameters

    @property
    def end_task(self) -> Task | None:
        """The task of the end step; None while it has not finished."""
        task = Task._open(self, Address(self._flow, self.id, self._code[1].end, ()))
        return task if task.finished_attempt is not None else None

    @property
    def data(self) -> Data | None:
        """The artifacts at the end of the run; None while it has not succeeded."""
        task = self.end_task
        return None if task is None else task.data

    @property
    def successful(self) -> bool:
        """Whether the end step is committed."""
        return self.end_task is not None

    @property
    def finished(self) -> bool:
        """Whether nothing of it will run any more: it succeeded, was ended, or a task has used up its retries."""
        return (
            self.successful
            or self._store.exists(end_json_key(self._flow, self.id))
            or any(task._given_up for task in self.tasks)
        )

    @property
    def finished_at(self) -> datetime | None:
        """When it ended, in UTC; None while it runs."""
        end = self.end_task
        if end is not None:
            return end.finished_at
        try:
            return _time(json.loads(self._store.read(end_json_key(self._flow, self.id)))["finished_ns"])
        except ObjectNotFound:
            return None

    @property
    def tasks(self) -> Iterator[Task]:
        """All tasks that have begun, in the order of the flow's steps."""
        for step in self:
            yield from step

    def steps(self) -> Iterator[Step]:
        """All steps of which a task has begun, in the order of the flow."""
        present = set(self._store.folders(run_prefix(self._flow, self.id)))
        yield from (Step._open(self, name) for name in self._code[1].steps if name in present)

    def __iter__(self) -> Iterator[Step]:
        return self.steps()

    def __getitem__(self, step: str) -> Step:
        return Step._open(self, step)

    def __repr__(self) -> str:
        return f"Run('{self.pathspec}')"


class Step:
    """The tasks of one step in a run.

    Args:
        pathspec: `Flow/run_id/step`.
        store: Where; see `default_store`.
    """

    def __init__(self, pathspec: str, store: str | None = None) -> None:
        run, _, name = pathspec.rpartition("/")
        if "/" not in run:
            raise NotFound(f"`{pathspec}` does not name a step: expected Flow/run_id/step")
        self._set(Run(run, store), name)

    @classmethod
    def _open(cls, run: Run, name: str) -> Step:
        step = cls.__new__(cls)
        step._set(run, name)
        return step

    def _set(self, run: Run, name: str) -> None:
        steps = run._code[1].steps
        if name not in steps:
            raise NotFound(f"flow `{run._flow}` has no step `{name}`; it has {', '.join(steps)}")
        self._run = run
        self.id = name

    @property
    def pathspec(self) -> str:
        """`Flow/run_id/step`."""
        return f"{self._run.pathspec}/{self.id}"

    @property
    def task(self) -> Task:
        """The first task: the only one of a step outside of a foreach.

        Raises:
            NotFound: None has begun.
        """
        return next(self.tasks())

    def tasks(self) -> Iterator[Task]:
        """All tasks that have begun, in the order of the items.

        Raises:
            NotFound: There is none.
        """
        prefix = f"{run_prefix(self._run._flow, self._run.id)}{self.id}/"
        paths = sorted(parse_path(name) for name in self._run._store.folders(prefix))
        if not paths:
            raise NotFound(f"step `{self.pathspec}` has no task that has begun")
        for path in paths:
            yield Task._open(self._run, Address(self._run._flow, self._run.id, self.id, path))

    def __iter__(self) -> Iterator[Task]:
        return self.tasks()

    def __getitem__(self, task_id: str) -> Task:
        return Task._find(self, task_id)

    def __repr__(self) -> str:
        return f"Step('{self.pathspec}')"


class Task:
    """One task: what its committed attempt has made, or how its last attempt failed.

    Args:
        pathspec: `Flow/run_id/step/task_id`; the id of a task outside of a foreach is `_`, and may be left out.
        store: Where; see `default_store`.
    """

    def __init__(self, pathspec: str, store: str | None = None) -> None:
        parts = pathspec.split("/")
        if len(parts) not in (3, 4):
            raise NotFound(f"`{pathspec}` does not name a task: expected Flow/run_id/step/task_id")
        step = Step("/".join(parts[:3]), store)
        found = Task._find(step, parts[3] if len(parts) == 4 else NO_PATH)
        self._set(found._run, found._address)

    @classmethod
    def _find(cls, step: Step, task_id: str) -> Task:
        run = step._run
        try:
            task = cls._open(run, Address(run._flow, run.id, step.id, parse_path(task_id)))
        except ValueError as error:
            raise NotFound(str(error)) from None
        if not task._attempt_names:
            raise NotFound(f"there is no task `{task.pathspec}`, or it has not begun")
        return task

    @classmethod
    def _open(cls, run: Run, address: Address) -> Task:
        task = cls.__new__(cls)
        task._set(run, address)
        return task

    def _set(self, run: Run, address: Address) -> None:
        self._run = run
        self._address = address
        self.id = format_path(address.path)

    @property
    def pathspec(self) -> str:
        """`Flow/run_id/step/task_id`."""
        return f"{self._run.pathspec}/{self._address.step}/{self.id}"

    @property
    def index(self) -> int | None:
        """The number of its item in the innermost foreach; None outside of a foreach."""
        return self._address.path[-1] if self._address.path else None

    @cached_property
    def finished_attempt(self) -> str | None:
        """The attempt that counts; None while the task has not finished."""
        (data,) = self._run._store.read_many([self._address.commit_key])
        return None if data is None else Commit.parse(data).attempt

    @property
    def successful(self) -> bool:
        """Whether an attempt is committed."""
        return self.finished_attempt is not None

    @property
    def finished(self) -> bool:
        """Whether it is committed, or has failed for good."""
        return self.successful or self._given_up

    @property
    def finished_at(self) -> datetime | None:
        """When the attempt that counts, or the last one that failed, ended, in UTC."""
        record = self._record
        return None if record is None else _time(record.facts["finished_ns"])

    @property
    def attempts(self) -> tuple[str, ...]:
        """All attempts that have ended, the first one first."""
        return tuple(name for name, _ in self._ended)

    @property
    def parents(self) -> tuple[Task, ...]:
        """The tasks directly before it."""
        record = self._record
        return tuple(
            Task._open(self._run, self._address._replace(step=step, path=parse_path(path)))
            for step, path, _ in (record.parents if record is not None else ())
        )

    @property
    def exception(self) -> Mapping[str, str] | None:
        """Type, message and traceback of the last attempt, if that failed and the task is not finished."""
        record = self._record
        return None if record is None else record.error

    @property
    def log(self) -> str:
        """What the attempt that counts, or else one that runs, or else the last one, has printed so far."""
        running = [name for name in self._attempt_names if name not in self.attempts]
        attempt = self.finished_attempt or [*self.attempts, *running][-1]
        (data,) = self._run._store.read_many([self._address.log_key(attempt)])
        return "" if data is None else data.decode(errors="replace")

    @property
    def artifacts(self) -> tuple[str, ...]:
        """The names of its artifacts, sorted."""
        return tuple(sorted(self._artifacts))

    @property
    def data(self) -> Data:
        """Its artifacts; each is loaded when it is asked for."""
        return Data(self)

    def __getitem__(self, name: str) -> Any:
        record = self._artifacts.get(name)
        if record is None:
            names = ", ".join(self.artifacts) or "none"
            raise NotFound(f"task `{self.pathspec}` has no artifact `{name}`; it has {names}")
        with folder_first(self._run._code[0]):  # classes of the flow's own modules
            return load(self._run._store, self._address.flow, record)

    def __repr__(self) -> str:
        return f"Task('{self.pathspec}')"

    @cached_property
    def _attempt_names(self) -> list[str]:
        return self._run._store.folders(self._address.prefix + "/")

    @cached_property
    def _ended(self) -> list[tuple[str, TaskRecord]]:
        store, names = self._run._store, self._attempt_names
        found = zip(names, store.read_many([self._address.task_key(n) for n in names]), strict=True)
        records = [(name, TaskRecord.parse(data)) for name, data in found if data is not None]
        return sorted(records, key=lambda pair: pair[1].facts["started_ns"])

    @cached_property
    def _record(self) -> TaskRecord | None:
        attempt = self.finished_attempt
        if attempt is not None:
            return TaskRecord.parse(self._run._store.read(self._address.task_key(attempt)))
        return self._ended[-1][1] if self._ended else None

    @property
    def _artifacts(self) -> dict[str, Record]:
        record = self._record
        return record.artifacts if record is not None and record.status == DONE and self.successful else {}

    @property
    def _given_up(self) -> bool:
        record = self._record
        retries = self._run._code[1].steps[self._address.step].retries
        return record is not None and record.status == FAILED and record.facts["retry"] >= retries


class Data:
    """The artifacts of a task as attributes."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._task[name]
        except NotFound as error:
            raise AttributeError(str(error)) from None

    def __contains__(self, name: str) -> bool:
        return name in self._task.artifacts

    def __dir__(self) -> list[str]:
        return list(self._task.artifacts)

    def __repr__(self) -> str:
        return f"<artifacts of {self._task.pathspec}: {', '.join(self._task.artifacts)}>"


def _time(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / 1e9, tz=UTC)
