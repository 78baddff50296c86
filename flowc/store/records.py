"""The objects that say what happened: a run's record, a task's record, and the commit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from flowc.contract import CONTRACT, Address, run_json_key
from flowc.errors import ContractError, StoreError
from flowc.store.artifacts import Items, Record
from flowc.store.objects import ObjectStore

DONE = "done"
FAILED = "failed"

DIED = "died"
"""The type of an error without an exception: the task's process has ended."""
OUT_OF_MEMORY = "OutOfMemory"
"""The same, when the kernel has killed it for want of memory."""
TERMINATED = "terminated"
"""The type of an error that is nobody's: the task was told to end."""


class Commit(NamedTuple):
    """What makes a task finished.

    Attributes:
        attempt: The attempt whose record counts.
        started_ns: When that attempt started, nanoseconds since the epoch.
        splits: How many items a foreach step has made; None for other steps.
    """

    attempt: str
    started_ns: int
    splits: int | None

    @classmethod
    def parse(cls, data: bytes) -> Commit:
        """A commit as it is stored."""
        fields = json.loads(data)
        return cls(fields["attempt"], fields["started_ns"], fields.get("splits"))

    def data(self) -> bytes:
        """The commit as it is stored."""
        fields = {k: v for k, v in self._asdict().items() if v is not None}
        return json.dumps(fields, separators=(",", ":")).encode()


class TaskRecord(NamedTuple):
    """One attempt: what it made, or how it failed.

    Attributes:
        status: `done` or `failed`.
        artifacts: A record (see `flowc.store.artifacts`) for each artifact, by name.
        items: A foreach step's items.
        parents: Step, path and attempt of each task whose artifacts it could read.
        error: Of a failed attempt: `type`, `message`, `traceback`.
        facts: Address, retry count, times in nanoseconds since the epoch, versions.
    """

    status: str
    artifacts: dict[str, Record]
    items: Items | None
    parents: Sequence[Sequence[str]]
    error: dict[str, str] | None
    facts: dict[str, Any]

    @classmethod
    def parse(cls, data: bytes) -> TaskRecord:
        """A record as it is stored."""
        fields = json.loads(data)
        if fields.pop("contract") != CONTRACT:
            raise ContractError("this task was run by another version of flowc, whose records this one cannot read")
        items = fields.pop("items", None)
        return cls(
            status=fields.pop("status"),
            artifacts=fields.pop("artifacts", {}),
            items=None if items is None else Items(items["count"], items["ref"]),
            parents=fields.pop("parents", []),
            error=fields.pop("error", None),
            facts=fields,
        )

    def data(self) -> bytes:
        """The record as it is stored."""
        fields: dict[str, Any] = {"contract": CONTRACT, "status": self.status, **self.facts}
        if self.error is not None:
            fields["error"] = self.error
        if self.items is not None:
            fields["items"] = {"count": self.items.total, "ref": self.items.ref}
        fields["parents"] = self.parents
        fields["artifacts"] = self.artifacts
        return json.dumps(fields, separators=(",", ":")).encode()


class RunRecord(NamedTuple):
    """A run, as its start task has found it.

    Attributes:
        run_id: The scheduler's own id.
        code: Hash of the code package that the run started with.
        parameters: Name and value of every parameter of the flow.
        engine: What runs it: `local`, `airflow`, `stepfunctions`.
        created_ns: Nanoseconds since the epoch.
        files: The record of each included file (see `flowc.store.files`), by the parameter's name; None for none.
        origin: The key of the run in which the inputs are, of a run of a single step; None for other runs.
        tags: What the run was marked with when it started, sorted.
        user: Who started it; None where that is not known.
        project: The project of the flow; None for none.
        branch: The branch of the project.
        logical_date: The time that the run is for, in ISO 8601 and UTC; None for no particular time.
        data_interval: Begin and end of the time whose data the run is for, in the same form; None for no such interval.
        configs: The record of each config, a `ConfigValue` or None, by its name; None for none.
        incomplete: True while the start task still looks for values of parameters, files and configs; the ones that are
            not found yet are missing.
    """

    run_id: str
    code: str
    parameters: dict[str, Any]
    engine: str
    created_ns: int
    files: dict[str, Record] | None = None
    origin: str | None = None
    tags: Sequence[str] = ()
    user: str | None = None
    project: str | None = None
    branch: str | None = None
    logical_date: str | None = None
    data_interval: Sequence[str] | None = None
    configs: dict[str, Record] | None = None
    incomplete: bool | None = None

    @property
    def system_tags(self) -> list[str]:
        """What the run is marked with by itself, by Metaflow's names; sorted."""
        facts = {"runtime": self.engine, "user": self.user, "project": self.project, "project_branch": self.branch}
        return sorted(f"{name}:{value}" for name, value in facts.items() if value is not None)

    @classmethod
    def parse(cls, data: bytes) -> RunRecord:
        """A record as it is stored."""
        fields = json.loads(data)
        if fields.pop("contract") != CONTRACT:
            raise ContractError("this run was started by another version of flowc, whose records this one cannot read")
        needed = [name for name in cls._fields if name in fields or name not in cls._field_defaults]
        return cls(**{name: fields[name] for name in needed})

    def data(self) -> bytes:
        """The record as it is stored; what has no value is left out."""
        fields = {name: value for name, value in self._asdict().items() if value not in (None, ())}
        return json.dumps({"contract": CONTRACT, **fields}, separators=(",", ":")).encode()


def create_run(store: ObjectStore, flow: str, run: str, record: RunRecord) -> RunRecord:
    """Write a run's record unless there is one, and return the one that stands.

    A complete record takes the place of one that is not.

    Raises:
        ContractError: The record that stands is of another run whose id gives the same key.
    """
    standing = record

    def change(present: bytes | None) -> bytes | None:
        nonlocal standing
        if present is None:
            standing = record
            return record.data()
        standing = RunRecord.parse(present)
        if standing.run_id == record.run_id and standing.incomplete and not record.incomplete:
            standing = record
            return record.data()
        return None

    store.update(run_json_key(flow, run), change)
    if standing.run_id != record.run_id:
        raise ContractError(f"run `{record.run_id}` has the same key as run `{standing.run_id}`: give it another id")
    return standing


def read_commit(store: ObjectStore, task: Address) -> Commit | None:
    """The commit of a task; None while it is not finished."""
    (data,) = store.read_many([task.commit_key])
    return None if data is None else Commit.parse(data)


def read_finished(store: ObjectStore, tasks: Sequence[Address]) -> list[tuple[Address, Commit, TaskRecord]]:
    """Commit and record of tasks that a scheduler says are finished.

    Raises:
        ContractError: One of them is not.
    """
    commits = []
    for task, data in zip(tasks, store.read_many([t.commit_key for t in tasks]), strict=True):
        if data is None:
            raise ContractError(f"task {task} has not finished: {task.commit_key} does not exist")
        commits.append(Commit.parse(data))
    keys = [t.task_key(c.attempt) for t, c in zip(tasks, commits, strict=True)]
    found = []
    for task, commit, key, data in zip(tasks, commits, keys, store.read_many(keys), strict=True):
        if data is None:
            raise StoreError(f"task {task} has finished, but its record {key} is gone")
        found.append((task, commit, TaskRecord.parse(data)))
    return found


def write_items(store: ObjectStore, task: Address, commit: Commit) -> None:
    """Leave the numbers of a foreach's items for schedulers that read them from an object.

    That follows the commit, and says what the commit says at that moment: so attempts that overlap never leave the
    numbers of one and the commit of another.

    Args:
        store: Where.
        task: A task; nothing is done if it is not a foreach step's.
        commit: What the caller has found to be its commit.
    """
    if commit.splits is None:
        return

    def change(present: bytes | None) -> bytes | None:
        standing = commit if present is None else read_commit(store, task) or commit
        data = json.dumps(list(range(standing.splits or 0)), separators=(",", ":")).encode()
        return None if data == present else data

    store.update(task.items_key, change)


def write_commit(store: ObjectStore, task: Address, commit: Commit) -> Commit:
    """Make an attempt count, unless one that started later already does; returns the one that counts."""
    standing = commit

    def change(present: bytes | None) -> bytes | None:
        nonlocal standing
        standing = commit
        if present is not None:
            other = Commit.parse(present)
            if (other.started_ns, other.attempt) > (commit.started_ns, commit.attempt):
                standing = other
                return None
        return commit.data()

    store.update(task.commit_key, change)
    return standing
