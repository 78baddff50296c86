"""The objects that say what happened: their form, and which attempt counts."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import Any

import pytest

from flowc.contract import Address, run_json_key
from flowc.errors import ContractError, StoreError
from flowc.store import ObjectStore, open_store, records
from flowc.store.artifacts import Items
from flowc.store.records import Commit, RunRecord, TaskRecord

TASK = Address("F", "r", "s", (1,))
RUN = RunRecord("r", "c" * 64, {"alpha": 0.5, "names": ["ü"]}, "local", 17)


def test_a_commit_is_stored_like_this() -> None:
    assert Commit("a1", 1_700_000_000_000_000_000, None).data() == b'{"attempt":"a1","started_ns":1700000000000000000}'
    assert Commit("a1", 5, 3).data() == b'{"attempt":"a1","started_ns":5,"splits":3}'
    for commit in (Commit("a1", 5, None), Commit("a1", 5, 3)):
        assert Commit.parse(commit.data()) == commit


def test_a_runs_record_is_stored_like_this() -> None:
    assert json.loads(RUN.data()) == {
        "contract": 1,
        "run_id": "r",
        "code": "c" * 64,
        "parameters": {"alpha": 0.5, "names": ["ü"]},
        "engine": "local",
        "created_ns": 17,
    }
    assert RunRecord.parse(RUN.data()) == RUN


def test_what_a_runs_record_does_not_have_is_left_out_and_read_as_nothing() -> None:
    again = RUN._replace(origin="q")
    assert json.loads(again.data())["origin"] == "q"
    assert RunRecord.parse(again.data()) == again
    assert RunRecord.parse(RUN.data()).origin is None


def test_a_tasks_record_is_stored_like_this() -> None:
    artifact = {"hash": "h", "type": "int", "size": 5, "stream": {"inline": "gARLAS4="}, "buffers": []}
    done = TaskRecord("done", {"x": artifact}, Items(2, {"inline": "aa=="}), [["p", "_", "a0"]], None, {"retry": 1})
    assert json.loads(done.data()) == {
        "contract": 1,
        "status": "done",
        "retry": 1,
        "items": {"count": 2, "ref": {"inline": "aa=="}},
        "parents": [["p", "_", "a0"]],
        "artifacts": {"x": artifact},
    }
    assert TaskRecord.parse(done.data()) == done
    error = {"type": "ValueError", "message": "m", "traceback": "t"}
    failed = TaskRecord("failed", {}, None, [], error, {"retry": 0})
    assert json.loads(failed.data()) == {
        "contract": 1,
        "status": "failed",
        "retry": 0,
        "error": error,
        "parents": [],
        "artifacts": {},
    }
    assert TaskRecord.parse(failed.data()) == failed


def test_records_of_another_contract_are_refused() -> None:
    with pytest.raises(ContractError, match="this task was run by another version of flowc"):
        TaskRecord.parse(b'{"contract":2}')
    with pytest.raises(ContractError, match="this run was started by another version of flowc"):
        RunRecord.parse(b'{"contract":2}')


def test_a_run_is_created_once(store: ObjectStore) -> None:
    assert records.create_run(store, "F", "r", RUN) == RUN
    later = RUN._replace(parameters={"alpha": 9.0}, created_ns=99)
    assert records.create_run(store, "F", "r", later) == RUN
    assert RunRecord.parse(store.read(run_json_key("F", "r"))) == RUN


def test_a_run_of_another_id_with_the_same_key_is_refused(store: ObjectStore) -> None:
    records.create_run(store, "F", "r", RUN)
    with pytest.raises(ContractError, match=r"run `r!` has the same key as run `r`: give it another id"):
        records.create_run(store, "F", "r", RUN._replace(run_id="r!"))


def test_the_attempt_that_started_last_counts(store: ObjectStore) -> None:
    first, second, third = Commit("x", 10, 1), Commit("b", 20, 2), Commit("c", 20, 3)
    assert records.read_commit(store, TASK) is None
    assert records.write_commit(store, TASK, second) == second
    assert records.write_commit(store, TASK, first) == second
    assert records.read_commit(store, TASK) == second
    assert records.write_commit(store, TASK, third) == third, "of two that started together one counts, always the same"
    assert records.write_commit(store, TASK, second) == third
    assert records.write_commit(store, TASK, third) == third
    assert records.read_commit(store, TASK) == third


def test_items_are_those_of_the_commit_whoever_writes_last(store: ObjectStore) -> None:
    early, late = Commit("a", 10, 2), Commit("b", 20, 3)
    assert records.write_commit(store, TASK, early) == early
    assert records.write_commit(store, TASK, late) == late
    records.write_items(store, TASK, late)
    records.write_items(store, TASK, early)  # what `early` found when it committed is true no more
    assert store.read(TASK.items_key) == b"[0,1,2]"


def test_a_later_commit_brings_its_own_items(store: ObjectStore) -> None:
    for commit, items in ((Commit("a", 10, 2), b"[0,1]"), (Commit("b", 20, 3), b"[0,1,2]")):
        records.write_items(store, TASK, records.write_commit(store, TASK, commit))
        assert store.read(TASK.items_key) == items


_RACER = """
import json, sys
from flowc.contract import Address
from flowc.store import open_store, records
store, task = open_store(sys.argv[1]), Address("F", "r", "s", (1,))
print(flush=True)
sys.stdin.readline()
for started, splits in json.loads(sys.argv[2]):
    commit = records.Commit(f"a{started}", started, splits)
    records.write_items(store, task, records.write_commit(store, task, commit))
"""


def test_racing_attempts_leave_the_last_ones_commit_and_items(url: str) -> None:
    attempts = [(n, 1 + n % 7) for n in range(1, 31)]
    draw = random.Random(0)
    shares: list[list[tuple[int, int]]] = [[], [], []]
    for attempt in draw.sample(attempts, len(attempts)):
        draw.choice(shares).append(attempt)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, url, json.dumps(share)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
    ]
    for racer in racers:
        racer.stdout.readline()  # type: ignore[union-attr]
    for racer in racers:
        racer.communicate("go\n")
        assert racer.returncode == 0
    store = open_store(url)
    assert records.read_commit(store, TASK) == Commit("a30", 30, 3)
    assert store.read(TASK.items_key) == b"[0,1,2]"


def _finish(store: ObjectStore, task: Address, attempt: str) -> None:
    record = TaskRecord("done", {}, None, [], None, {"attempt": attempt})
    store.write(task.task_key(attempt), [record.data()])
    records.write_commit(store, task, Commit(attempt, 1, None))


def test_finished_tasks_are_read_in_order(store: ObjectStore) -> None:
    tasks = [TASK._replace(path=(n,)) for n in range(20)]
    for number, task in enumerate(tasks):
        _finish(store, task, f"a{number}")
    found = records.read_finished(store, tasks[::-1])
    assert [(t, c.attempt, r.facts["attempt"]) for t, c, r in found] == [
        (t, f"a{n}", f"a{n}") for n, t in reversed(list(enumerate(tasks)))
    ]


def test_a_task_that_has_not_finished_is_named(store: ObjectStore) -> None:
    _finish(store, TASK, "a")
    other: Any = TASK._replace(path=(2,))
    with pytest.raises(ContractError, match=r"task F/r/s/2 has not finished: F/runs/r/s/2/commit\.json does not exist"):
        records.read_finished(store, [TASK, other])


def test_a_record_that_is_gone_is_named(store: ObjectStore) -> None:
    records.write_commit(store, TASK, Commit("lost", 1, None))
    with pytest.raises(StoreError, match=r"has finished, but its record F/runs/r/s/1/lost/task\.json is gone"):
        records.read_finished(store, [TASK])
