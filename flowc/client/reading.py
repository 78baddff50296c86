"""Reading what a store holds of runs: all tasks of a run in few requests, and records that may be damaged."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, TypeVar

from flowc.contract import Address, end_json_key, parse_path, run_prefix
from flowc.errors import FlowcError, StoreError
from flowc.store.objects import ObjectStore
from flowc.store.records import Commit, RunRecord, TaskRecord

RUNNING = "running"
SUCCEEDED = "succeeded"
FAILED = "failed"
INTERRUPTED = "interrupted"
STATES = (RUNNING, SUCCEEDED, FAILED, INTERRUPTED)
"""How it stands with a run or a task."""

_NUMBERS = ("started_ns", "finished_ns", "retry")


class Stored(NamedTuple):
    """What a store holds of one task.

    Attributes:
        begun: All attempts that have left something, sorted by name.
        ended: Those that have left a record, the one that started first at the head.
        commit: What makes it finished; None while nothing does.
        record: Of the attempt that counts, or else of the last one that has ended.
    """

    begun: list[str]
    ended: list[tuple[str, TaskRecord]]
    commit: Commit | None
    record: TaskRecord | None


class End(NamedTuple):
    """How a run has ended, as an engine that saw it has written.

    Attributes:
        state: One of `STATES`.
        finished_ns: Nanoseconds since the epoch.
    """

    state: str
    finished_ns: int

    @classmethod
    def parse(cls, data: bytes) -> End:
        """As it is stored."""
        fields = json.loads(data)
        return cls(fields["state"], fields["finished_ns"])


class _Parsed(Protocol):
    @classmethod
    def parse(cls, data: bytes) -> Any: ...


R = TypeVar("R", bound=_Parsed)


def parsed(kind: type[R], key: str, data: bytes) -> R:
    """A record as an object holds it.

    Raises:
        StoreError: The object is not such a record: it was cut off or changed.
        ContractError: It was written by another version of flowc.
    """
    try:
        record: R = kind.parse(data)
        if not _is_sound(record):
            raise ValueError("a field has a value of another type")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"it has no field {error}" if isinstance(error, KeyError) else str(error)
        raise StoreError(f"object `{key}` is damaged: {reason}") from error
    return record


def _is_sound(record: Any) -> bool:
    match record:
        case RunRecord():
            texts = (record.user, record.project, record.branch, record.logical_date)
            held = ((record.parameters, dict), (record.files, dict | None), (record.tags, list | tuple))
            pairs = ((record.created_ns, int), (record.configs, dict | None), (record.incomplete, bool | None), *held)
            return all(isinstance(*pair) for pair in (*pairs, *((text, str | None) for text in texts)))
        case TaskRecord():
            return all(isinstance(record.facts[name], int) for name in _NUMBERS)
        case End():
            return all((record.state in STATES, isinstance(record.finished_ns, int)))
        case _:
            return True


def read_end(store: ObjectStore, flow: str, run: str) -> End | None:
    """How a run has ended; None where nobody has written it, as it runs, or its scheduler cannot tell."""
    key = end_json_key(flow, run)
    (data,) = store.read_many([key])
    return None if data is None else parsed(End, key, data)


def read_tasks(store: ObjectStore, flow: str, run: str) -> dict[Address, Stored | None]:
    """All tasks of a run that have begun; None stands for one whose records cannot be read.

    One listing and two rounds of parallel reads, however many tasks there are.
    """
    begun, committed = _listed(store, flow, run)
    commits = dict(zip(committed, store.read_many([t.commit_key for t in committed]), strict=True))
    attempts = [(task, name) for task, names in begun.items() for name in sorted(names)]
    records: dict[Address, dict[str, bytes]] = {task: {} for task in begun}
    for (task, name), data in zip(attempts, store.read_many([t.task_key(n) for t, n in attempts]), strict=True):
        if data is not None:
            records[task][name] = data
    return {task: _stored(task, begun[task], records[task], commits.get(task)) for task in begun}


def _listed(store: ObjectStore, flow: str, run: str) -> tuple[dict[Address, set[str]], list[Address]]:
    prefix = run_prefix(flow, run)
    begun: dict[Address, set[str]] = {}
    committed: list[Address] = []
    for key in store.keys(prefix):
        step, _, rest = key.removeprefix(prefix).partition("/")
        path, _, name = rest.partition("/")
        try:
            task = Address(flow, run, step, parse_path(path))
        except ValueError:
            continue  # nothing of flowc's
        attempt, slash, _ = name.partition("/")
        if slash:
            begun.setdefault(task, set()).add(attempt)
        elif name == "commit.json":
            committed.append(task)
    return begun, committed


def _stored(task: Address, begun: set[str], records: dict[str, bytes], committed: bytes | None) -> Stored | None:
    try:
        commit = None if committed is None else parsed(Commit, task.commit_key, committed)
        found = {name: parsed(TaskRecord, task.task_key(name), data) for name, data in records.items()}
    except FlowcError:
        return None  # whoever looks at the task will be told
    ended = in_order(found.items())
    if commit is None:
        return Stored(sorted(begun), ended, None, ended[-1][1] if ended else None)
    return Stored(sorted(begun), ended, commit, found[commit.attempt]) if commit.attempt in found else None


def in_order(records: Iterable[tuple[str, TaskRecord]]) -> list[tuple[str, TaskRecord]]:
    """Attempts and their records, the one that started first at the head."""
    return sorted(records, key=lambda pair: (pair[1].facts["started_ns"], pair[0]))


def meant(name: str, names: Iterable[str]) -> str:
    """The end of a message about a name that there is not: a question about the one that was probably meant."""
    known = sorted(names)
    longer = [k for k in known if name and k.startswith(name)]
    near = longer[-1:] or difflib.get_close_matches(name, known, 1)
    return f"; did you mean `{near[0]}`?" if near else ""
