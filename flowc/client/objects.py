"""What has been run, read from a store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flowc.client import reading
from flowc.client.reading import End, Stored, meant, parsed
from flowc.contract import (
    NO_PATH,
    Address,
    Path,
    Plan,
    format_path,
    parse_path,
    run_json_key,
    run_key,
    run_prefix,
    runs_prefix,
)
from flowc.diagnostics import Severity, render
from flowc.errors import FlowcError
from flowc.runner.code import open_code
from flowc.runner.loader import folder_first
from flowc.settings import DEFAULT_STORE, aws_variables, load_settings
from flowc.store.artifacts import Record, load
from flowc.store.files import size_of
from flowc.store.objects import ObjectStore
from flowc.store.opening import open_store
from flowc.store.origins import located, origins_of
from flowc.store.records import DONE, FAILED, TERMINATED, Commit, RunRecord, TaskRecord

if TYPE_CHECKING:
    from flowc.cards.stored import CardContainer

_LOGS_OF_METAFLOW = frozenset({"stdout", "stderr", "loglines"})


class NotFound(FlowcError, KeyError):
    """There is no such flow, run, step, task or artifact."""

    def __str__(self) -> str:
        return str(self.args[0])


def open_configured(store: str | None) -> ObjectStore:
    """A store as the settings for the working directory have it.

    Args:
        store: Where; None for the one that is set (`FLOWC_STORE`, or `store` in flowc.toml or pyproject.toml), or else
            `.flowc` in the working directory.

    Raises:
        FlowcError: The settings or the store cannot be used.
    """
    settings = load_settings()
    errors = [d for d in settings.problems if d.severity is Severity.ERROR]
    if errors:
        raise FlowcError("\n".join(render(d, settings.sources) for d in errors))
    variables = aws_variables(settings)
    url = store or settings.text("store") or DEFAULT_STORE
    return open_store(url, {**os.environ, **variables} if variables else None)


class Metaflow:
    """Everything in a store.

    Args:
        store: Where: a directory or `s3://bucket/prefix`; see `open_configured`.
    """

    def __init__(self, store: str | None = None) -> None:
        self._store = open_configured(store)

    @property
    def flows(self) -> list[Flow]:
        """All flows that have been run, by name."""
        return list(self)

    def __iter__(self) -> Iterator[Flow]:
        for name in _flow_names(self._store):
            yield Flow._open(self._store, name)

    def __getitem__(self, name: str) -> Flow:
        return Flow._open(self._store, name)

    def __contains__(self, name: str) -> bool:
        """Whether there is a run of the flow."""
        return _is_there(self, name)

    def __repr__(self) -> str:
        return f"Metaflow('{self._store.url}')"


class Flow:
    """All runs of a flow.

    Args:
        name: The flow's name.
        store: Where: a directory or `s3://bucket/prefix`; see `open_configured`.

    Raises:
        NotFound: The store has no run of it.
    """

    def __init__(self, name: str, store: str | None = None) -> None:
        self._set(open_configured(store), name)

    @classmethod
    def _open(cls, store: ObjectStore, name: str) -> Flow:
        flow = cls.__new__(cls)
        flow._set(store, name)
        return flow

    def _set(self, store: ObjectStore, name: str) -> None:
        self.id = name
        self._store = store
        if not name or not self.run_ids:
            raise _no_flow(store, name)

    @property
    def run_ids(self) -> list[str]:
        """The ids of all runs, sorted; also of those whose start has not got as far as to have its parameters accepted.

        Nothing of the runs is read.
        """
        return self._store.folders(runs_prefix(self.id))

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
        """The run that was started last of those that succeeded, from the first step to the last, or None."""
        return next((run for run in self if run.origin_run_id is None and run.successful), None)

    def runs(self, *tags: str) -> Iterator[Run]:
        """The runs that have all of the tags, or simply all runs; the last one first.

        Raises:
            StoreError: The record of one is damaged.
        """
        keys = self.run_ids
        records = [run_json_key(self.id, key) for key in keys]
        runs = [
            Run._open(self._store, self.id, key, parsed(RunRecord, record, data))
            for key, record, data in zip(keys, records, self._store.read_many(records), strict=True)
            if data is not None
        ]
        wanted = [run for run in runs if run.tags.issuperset(tags)]
        yield from sorted(wanted, key=lambda run: run._record.created_ns, reverse=True)

    def __iter__(self) -> Iterator[Run]:
        return self.runs()

    def __getitem__(self, run_id: str) -> Run:
        return Run._open(self._store, self.id, run_id)

    def __contains__(self, run_id: str) -> bool:
        """Whether there is such a run, by its id as `flow[run_id]` takes it."""
        return _is_there(self, run_id)

    def __repr__(self) -> str:
        return f"Flow('{self.id}')"


class Run:
    """One run.

    Args:
        pathspec: `Flow/run_id`; the id as the scheduler has it, or as it is in the store's keys.
        store: Where; see `open_configured`.

    Raises:
        NotFound: There is no such run.
    """

    def __init__(self, pathspec: str, store: str | None = None) -> None:
        flow, _, run_id = pathspec.partition("/")
        if not run_id:
            raise NotFound(f"`{pathspec}` does not name a run: expected Flow/run_id")
        self._set(open_configured(store), flow, run_id, None)

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
        key = run_json_key(self._flow, self.id)
        (data,) = self._store.read_many([key])
        if data is None:
            raise _no_run(self._store, self._flow, self.id)
        return parsed(RunRecord, key, data)

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
    def scheduler_id(self) -> str:
        """Its id as the scheduler has it; `id` where that is safe in a key."""
        return self._record.run_id

    @property
    def engine(self) -> str:
        """What runs it: `local`, `airflow`, `stepfunctions`."""
        return self._record.engine

    @property
    def tags(self) -> frozenset[str]:
        """All that it is marked with: `user_tags` and `system_tags`."""
        return self.user_tags | self.system_tags

    @property
    def user_tags(self) -> frozenset[str]:
        """What it was marked with by `--tag`, when it was started or compiled."""
        return frozenset(self._record.tags)

    @property
    def system_tags(self) -> frozenset[str]:
        """`runtime:`, and where they are known `user:`, `project:` and `project_branch:`, each with its value."""
        return frozenset(self._record.system_tags)

    @property
    def user(self) -> str | None:
        """Who started it; None where that is not known."""
        return self._record.user

    @property
    def logical_date(self) -> datetime | None:
        """The time that it is for, in UTC; None for no particular time."""
        date = self._record.logical_date
        return None if date is None else datetime.fromisoformat(date)

    @property
    def origin_run_id(self) -> str | None:
        """The run that its inputs are in, if it is a run of one step only; None for a whole run."""
        return self._record.origin

    @property
    def step_names(self) -> tuple[str, ...]:
        """All steps of the flow, in its order, whether or not they have begun."""
        return tuple(self._code[1].steps)

    @property
    def code(self) -> str:
        """Hash of the code package that the run started with."""
        return self._record.code

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Name and value of every parameter, as the run was given it; included files are in `files`."""
        return self._record.parameters

    @property
    def files(self) -> Mapping[str, int]:
        """Name and size in bytes of every file that the run includes; its content is an artifact of each task."""
        return {name: size_of(record) for name, record in (self._record.files or {}).items()}

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
        """Whether the end step is committed; of a run of one step, whether that is."""
        if self.origin_run_id is not None:
            return self._end is not None and self._end.state == reading.SUCCEEDED
        return self.end_task is not None

    @property
    def state(self) -> str:
        """`running`, `succeeded`, `failed` or `interrupted`.

        A run that was stopped from outside, or died with its machine, is still `running`: nothing has told otherwise.
        """
        if self._end is not None:
            return self._end.state
        if self.successful:
            return reading.SUCCEEDED
        return reading.FAILED if any(task._given_up for task in self.tasks) else reading.RUNNING

    @property
    def finished(self) -> bool:
        """Whether nothing of it will run any more: it succeeded, was ended, or a task has used up its retries."""
        return self.state != reading.RUNNING

    @property
    def finished_at(self) -> datetime | None:
        """When it ended, in UTC; None while it runs.

        Of a failed run on a scheduler: when the last of its tasks ended so far.
        """
        end = self.end_task
        if end is not None:
            return end.finished_at
        if self._end is not None:
            return _time(self._end.finished_ns)
        tasks = list(self.tasks)
        if not any(task._given_up for task in tasks):
            return None
        return max(task.finished_at for task in tasks if task.finished_at is not None)

    @cached_property
    def _end(self) -> End | None:
        return reading.read_end(self._store, self._flow, self.id)

    @property
    def tasks(self) -> Iterator[Task]:
        """All tasks that have begun, in the order of the flow's steps.

        Raises:
            StoreError: The record of one is damaged; it is raised by the task when that is asked for something.
        """
        order = {name: number for number, name in enumerate(self._code[1].steps)}
        found = reading.read_tasks(self._store, self._flow, self.id)
        known = [address for address in found if address.step in order]
        for address in sorted(known, key=lambda a: (order[a.step], a.path)):
            yield Task._open(self, address, found[address])

    def steps(self) -> Iterator[Step]:
        """All steps of which a task has begun, in the order of the flow."""
        present = set(self._store.folders(run_prefix(self._flow, self.id)))
        yield from (Step._open(self, name) for name in self._code[1].steps if name in present)

    def __iter__(self) -> Iterator[Step]:
        return self.steps()

    def __getitem__(self, step: str) -> Step:
        return Step._open(self, step)

    def __contains__(self, step: str) -> bool:
        """Whether its flow has such a step, also one that has not begun."""
        return _is_there(self, step)

    def __repr__(self) -> str:
        return f"Run('{self.pathspec}')"


class Step:
    """The tasks of one step in a run.

    Args:
        pathspec: `Flow/run_id/step`.
        store: Where; see `open_configured`.
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
            help = meant(name, steps) or f"; it has {', '.join(steps)}"
            raise NotFound(f"flow `{run._flow}` has no step `{name}`{help}")
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
        paths = self._paths()
        if not paths:
            raise NotFound(f"step `{self.pathspec}` has no task that has begun")
        for path in paths:
            yield Task._open(self._run, Address(self._run._flow, self._run.id, self.id, path))

    def _paths(self) -> list[Path]:
        prefix = f"{run_prefix(self._run._flow, self._run.id)}{self.id}/"
        return sorted(path for name in self._run._store.folders(prefix) if (path := _path(name)) is not None)

    def __iter__(self) -> Iterator[Task]:
        return self.tasks()

    def __getitem__(self, task_id: str) -> Task:
        return Task._find(self, task_id)

    def __contains__(self, task_id: str) -> bool:
        """Whether such a task has begun."""
        return _is_there(self, task_id)

    def __repr__(self) -> str:
        return f"Step('{self.pathspec}')"


class Task:
    """One task: what its committed attempt has made, or how its last attempt failed.

    Args:
        pathspec: `Flow/run_id/step/task_id`; the id of a task outside of a foreach is `_`, and may be left out.
        store: Where; see `open_configured`.
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
            raise _no_task(step, task)
        return task

    @classmethod
    def _open(cls, run: Run, address: Address, stored: Stored | None = None) -> Task:
        task = cls.__new__(cls)
        task._set(run, address)
        if stored is not None:  # else each of these is read when it is asked for
            vars(task).update(
                _attempt_names=stored.begun, _ended=stored.ended, _commit=stored.commit, _record=stored.record
            )
        return task

    def _set(self, run: Run, address: Address) -> None:
        self._run = run
        self._address = address
        self.id = format_path(address.path)

    if not TYPE_CHECKING:  # which would take every name for one that there is

        def __getattr__(self, name: str) -> Any:
            if name in _LOGS_OF_METAFLOW:
                one = "a task has one log, of all that it has printed: use `.log`"
                raise AttributeError(f"there is no `{name}`: {one}", name=name, obj=self)
            return self.__getattribute__(name)  # raises what it has raised before

    @property
    def pathspec(self) -> str:
        """`Flow/run_id/step/task_id`."""
        return f"{self._run.pathspec}/{self._address.step}/{self.id}"

    @property
    def step(self) -> str:
        """The name of its step."""
        return self._address.step

    @property
    def index(self) -> int | None:
        """The number of its item in the innermost foreach; None outside of a foreach."""
        return self._address.path[-1] if self._address.path else None

    @property
    def finished_attempt(self) -> str | None:
        """The attempt that counts; None while the task has not finished."""
        return None if self._commit is None else self._commit.attempt

    @property
    def splits(self) -> int | None:
        """How many items it has made for a foreach; None if it is not such a step's, or has not finished."""
        return None if self._commit is None else self._commit.splits

    @property
    def state(self) -> str:
        """`running`, `succeeded`, `failed` or `interrupted`; a task that will be tried again is `running`."""
        if self.successful:
            return reading.SUCCEEDED
        record = self._record
        if self._run._end is None and not self._given_up:
            return reading.RUNNING
        is_told = record is None or (record.error is not None and record.error["type"] == TERMINATED)
        return reading.INTERRUPTED if is_told else reading.FAILED

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
    def created_at(self) -> datetime | None:
        """When its first attempt began, in UTC; None while none has ended."""
        return _time(self._ended[0][1].facts["started_ns"]) if self._ended else None

    @property
    def attempts(self) -> tuple[str, ...]:
        """All attempts that have ended, the first one first."""
        return tuple(name for name, _ in self._ended)

    @property
    def running_attempts(self) -> tuple[str, ...]:
        """Those that have begun and not ended; also those that were lost with their machine."""
        ended = self.attempts
        return tuple(name for name in self._attempt_names if name not in ended)

    @property
    def parents(self) -> tuple[Task, ...]:
        """The tasks directly before it; of a run of one step, they are in other runs."""
        record = self._record
        tasks = [
            self._address._replace(step=step, path=parse_path(path))
            for step, path, _ in (record.parents if record is not None else ())
        ]
        run = self._run
        places = located(run._store, tasks, origins_of(run._store, run._flow, run.origin_run_id))
        runs = {run.id: run}
        for place in places:
            if place.run not in runs:
                runs[place.run] = Run._open(run._store, run._flow, place.run)
        return tuple(Task._open(runs[place.run], place) for place in places)

    @property
    def exception(self) -> Mapping[str, str] | None:
        """Type, message and traceback of the last attempt, if that failed and the task is not finished."""
        record = self._record
        return None if record is None else record.error

    @property
    def log(self) -> str:
        """What the attempt that counts, or else one that runs, or else the last one, has printed so far."""
        return self.read_log().decode(errors="replace")

    def read_log(self, attempt: str | None = None) -> bytes:
        """What an attempt has printed so far, as it came.

        Args:
            attempt: One of `attempts` and `running_attempts`; None for the one that `log` shows.
        """
        name = attempt or self.finished_attempt or [*self.attempts, *self.running_attempts][-1]
        (data,) = self._run._store.read_many([self.log_key(name)])
        return b"" if data is None else data

    def log_key(self, attempt: str) -> str:
        """The key of an attempt's log in the store."""
        return self._address.log_key(attempt)

    @property
    def cards(self) -> CardContainer:
        """The cards of the attempt that counts, or else of one that runs, or else of the last one."""
        from flowc.cards import stored

        name = self.finished_attempt or [*self.attempts, *self.running_attempts][-1]
        key = self._address.cards_key(name)
        (data,) = self._run._store.read_many([key])
        return stored.read(self.pathspec, data)

    @property
    def artifacts(self) -> tuple[str, ...]:
        """The names of its artifacts, sorted."""
        return tuple(sorted(self._artifacts))

    @property
    def data(self) -> Data:
        """Its artifacts; each is loaded when it is asked for."""
        return Data(self)

    def __iter__(self) -> Iterator[DataArtifact]:
        return (DataArtifact(self, name) for name in self.artifacts)

    def __contains__(self, name: str) -> bool:
        """Whether it has such an artifact; nothing is loaded."""
        return name in self._artifacts

    def _artifact(self, name: str) -> Record:
        record = self._artifacts.get(name)
        if record is None:
            help = meant(name, self.artifacts) or f"; it has {', '.join(self.artifacts) or 'none'}"
            raise NotFound(f"task `{self.pathspec}` has no artifact `{name}`{help}")
        return record

    def __getitem__(self, name: str) -> Any:
        record = self._artifact(name)
        with folder_first(self._run._code[0]):  # classes of the flow's own modules
            return load(self._run._store, self._address.flow, record)

    def __repr__(self) -> str:
        return f"Task('{self.pathspec}')"

    @cached_property
    def _attempt_names(self) -> list[str]:
        return self._run._store.folders(self._address.prefix + "/")

    @cached_property
    def _commit(self) -> Commit | None:
        key = self._address.commit_key
        (data,) = self._run._store.read_many([key])
        return None if data is None else parsed(Commit, key, data)

    @cached_property
    def _ended(self) -> list[tuple[str, TaskRecord]]:
        names = self._attempt_names
        keys = [self._address.task_key(name) for name in names]
        found = zip(names, keys, self._run._store.read_many(keys), strict=True)
        return reading.in_order((name, parsed(TaskRecord, key, data)) for name, key, data in found if data is not None)

    @cached_property
    def _record(self) -> TaskRecord | None:
        attempt = self.finished_attempt
        if attempt is not None:
            key = self._address.task_key(attempt)
            return parsed(TaskRecord, key, self._run._store.read(key))
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


class DataArtifact:
    """One artifact, and what its task's record tells of it; the value is loaded when it is asked for.

    Attributes:
        id: Its name.
        type: The qualified name of the value's type.
        size: Bytes, before compression.
        sha: What identifies the value: 64 hexadecimal digits, equal for values that were pickled equally (BLAKE3).
    """

    def __init__(self, task: Task, name: str) -> None:
        record = task._artifact(name)
        self._task = task
        self.id = name
        self.type: str = record["type"]
        self.size: int = record["size"]
        self.sha: str = record["hash"]

    @property
    def pathspec(self) -> str:
        """`Flow/run_id/step/task_id/name`."""
        return f"{self._task.pathspec}/{self.id}"

    @property
    def data(self) -> Any:
        """The value."""
        return self._task[self.id]

    def __repr__(self) -> str:
        return f"DataArtifact('{self.pathspec}')"


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


def _is_there(parent: Metaflow | Flow | Run | Step, name: str) -> bool:
    # iteration, which `in` would fall back on, gives objects and no names
    try:
        parent[name]
    except NotFound:
        return False
    return True


def _time(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / 1e9, tz=UTC)


def _flow_names(store: ObjectStore) -> Iterator[str]:
    return (name for name in store.folders("") if store.folders(runs_prefix(name)))


def _no_flow(store: ObjectStore, name: str) -> NotFound:
    return NotFound(f"there is no run of flow `{name}` in {store.url}{meant(name, _flow_names(store))}")


def _no_run(store: ObjectStore, flow: str, run: str) -> NotFound:
    runs = store.folders(runs_prefix(flow)) if flow else []
    if not runs:
        return _no_flow(store, flow)
    if run in runs:
        return NotFound(f"there is no run `{flow}/{run}` in {store.url}: its start has not accepted its parameters")
    return NotFound(f"there is no run `{flow}/{run}` in {store.url}{meant(run, runs)}")


def _no_task(step: Step, task: Task) -> NotFound:
    names = [format_path(path) for path in step._paths()]
    shown = ", ".join(f"`{name}`" for name in (names if len(names) <= 12 else [*names[:11], "..."]))
    has = f"; step `{step.id}` has {shown}" if names else ""
    return NotFound(f"there is no task `{task.pathspec}`, or it has not begun{has}")


def _path(name: str) -> Path | None:
    try:
        return parse_path(name)
    except ValueError:
        return None  # nothing of flowc's
