"""Where the inputs of a run of a single step are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.contract import Address, run_json_key
from flowc.store import ObjectStore, open_store
from flowc.store.origins import located, origins_of
from flowc.store.records import Commit, RunRecord


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    """Three runs, each of which has its inputs in the one before."""
    made = open_store(str(tmp_path))
    for run, origin in (("a", None), ("b", "a"), ("c", "b")):
        made.write(run_json_key("F", run), [RunRecord(run, "0", {}, "local", 1, origin=origin).data()])
    return made


def commit(store: ObjectStore, run: str, step: str) -> None:
    store.write(Address("F", run, step, ()).commit_key, [Commit("1", 1, None).data()])


def test_a_run_s_origins(store: ObjectStore) -> None:
    assert origins_of(store, "F", None) == ()
    assert origins_of(store, "F", "a") == ("a",)
    assert origins_of(store, "F", "c") == ("c", "b", "a")
    # also where the first one is gone, or somebody has made a circle of them
    assert origins_of(store, "F", "x") == ("x",)
    store.write(run_json_key("F", "a"), [RunRecord("a", "0", {}, "local", 1, origin="c").data()])
    assert origins_of(store, "F", "c") == ("c", "b", "a")


def test_the_nearest_run_that_has_a_task_counts(store: ObjectStore) -> None:
    commit(store, "a", "start")
    commit(store, "a", "left")
    commit(store, "b", "left")
    commit(store, "c", "right")
    wanted = [Address("F", "d", step, ()) for step in ("right", "start", "left", "join")]
    found = located(store, wanted, ("c", "b", "a"))
    assert [(task.run, task.step) for task in found] == [("c", "right"), ("a", "start"), ("b", "left"), ("c", "join")]
    assert located(store, wanted, ()) == wanted
    assert located(store, [], ("c",)) == []
