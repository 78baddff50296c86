"""A task that is killed at any write to the store, and tried again, leaves what an undisturbed one leaves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flowc.store import ObjectStore, artifacts, open_store
from flowc.store.records import TaskRecord, read_commit
from tests.projects import Project
from tests.s3 import BUCKET, S3

FLOW = Path(__file__).with_name("flows_arrays.py")
BEFORE = {
    "start": [],
    "split": [("start", ())],
    "join": [("start", ()), ("split", ()), ("body", (0,)), ("body", (1,)), ("body", (2,))],
}
WRITES = {
    "start": {"run.json", "blobs", "task.json", "commit.json"},
    "split": {"blobs", "task.json", "commit.json", "items.json"},
    "join": {"blobs", "task.json", "commit.json"},
}


def state(store: ObjectStore, made: Project, step: str) -> dict[str, Any]:
    """All that the tasks after a step can see of it."""
    task = made.address(step)
    commit = read_commit(store, task)
    assert commit is not None
    record = TaskRecord.parse(store.read(task.task_key(commit.attempt)))
    assert record.status == "done"
    for artifact in record.artifacts.values():
        artifacts.load(store, task.flow, artifact)
    items = record.items
    for number in range(0 if items is None else items.total):
        artifacts.load_item(store, task.flow, items, number)  # type: ignore[arg-type]
    return {
        "splits": commit.splits,
        "items.json": store.read(task.items_key) if store.exists(task.items_key) else None,
        "artifacts": record.artifacts,  # with the places of their bytes, which are named by content
        "items": items,
        "parents": record.parents,
        "parameters": json.loads(store.read(f"{task.flow}/runs/{task.run}/run.json"))["parameters"],
    }


def run_trials(made: Project, step: str, victim: str, stores: list[str], moments: list[str]) -> dict[str, Any]:
    settings = {
        "environment": made.environment(step, FLOWC_PARAMETERS='{"size": 3}'),
        "victim": victim,
        "stores": stores,
        "moments": moments,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.trials"],
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["undisturbed"] == 0
    assert len(found["trials"]) == found["wanted"], "there are enough stores"
    return found


def check(made: Project, step: str, found: dict[str, Any], undisturbed: str) -> None:
    expected = state(open_store(undisturbed), made, step)
    for trial in found["trials"]:
        number, moment = trial["fatal"]
        where = f"killed {moment} the write of {found['keys'][number]}"
        assert trial["second"] in (0, None), where
        assert state(open_store(trial["store"]), made, step) == expected, where


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Project, Path]]:
    """For each step a store in which everything before it has run."""
    folder = tmp_path_factory.mktemp("kill")
    (folder / "flow").mkdir()
    made = Project(folder / "flow", FLOW.read_text(), (folder / "start").as_uri())
    states = {"start": (made, folder / "start")}
    for step, (last, kept) in {"split": ("start", "start"), "join": ("body", "split")}.items():
        shutil.copytree(folder / kept, folder / step)
        made.url, made.store = (folder / step).as_uri(), open_store(str(folder / step))
        for name, path in BEFORE[step]:
            if made.commit(name, *path) is None:
                assert made.run(name, *path, parameters={"size": 3} if name == "start" else {}) == 0
        assert made.commit(last, *BEFORE[step][-1][1]) is not None
        states[step] = (made, folder / step)
    return states


@pytest.mark.parametrize("victim", ["task", "runner", "supervisor"])
@pytest.mark.parametrize("step", ["start", "split", "join"])
def test_killed_at_every_write(before: dict[str, tuple[Project, Path]], tmp_path: Path, step: str, victim: str) -> None:
    made, base = before[step]
    stores = [tmp_path / str(n) for n in range(40)]
    for store in stores:
        shutil.copytree(base, store, copy_function=os.link)
    moments = ["before", "within", "after"]
    found = run_trials(made, step, victim, [s.as_uri() for s in stores], moments)
    if victim == "supervisor":
        assert {k.rpartition("/")[2] for k in found["keys"]} == {"log"}
    else:
        kinds = {"blobs" if "/blobs/" in k else k.rpartition("/")[2] for k in found["keys"]}
        assert kinds == WRITES[step]
    check(made, step, found, stores[0].as_uri())
    firsts = {tuple(t["fatal"]): t["first"] for t in found["trials"]}
    if victim == "task":
        last = next(n for n, k in enumerate(found["keys"]) if k.endswith("commit.json"))
        for (number, moment), code in firsts.items():
            committed = number > last or (number == last and moment == "after")
            assert code == (0 if committed else 137), "after the commit, and only then, the task has succeeded"
    else:
        moments_that_kill = {c for (_, moment), c in firsts.items() if moment != "within"}
        assert moments_that_kill == {137}, found


def test_killed_at_every_write_to_s3(
    tmp_path: Path, s3_server: S3, monkeypatch: pytest.MonkeyPatch, before: dict[str, tuple[Project, Path]]
) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    made, base = before["split"]
    moments = ["before", "after"]
    stores = [f"s3://{BUCKET}/{tmp_path.name}/{n}" for n in range(17)]
    files = [p for p in base.rglob("*") if p.is_file()]
    for url in stores:
        store = open_store(url)
        for file in files:
            store.write(str(file.relative_to(base)), [file.read_bytes()])
    found = run_trials(made, "split", "task", stores, moments)
    check(made, "split", found, stores[0])
