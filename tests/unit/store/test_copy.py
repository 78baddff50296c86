"""Taking a run from one store to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.contract import Address, blob_key, code_key, run_json_key
from flowc.errors import ObjectNotFound
from flowc.store import ObjectStore, artifacts, codec, open_store
from flowc.store.artifacts import Pack
from flowc.store.copy import copy_run
from flowc.store.files import digest_of, file_record, put_file
from flowc.store.records import DONE, Commit, RunRecord, TaskRecord, create_run, write_commit

TASK = Address("Flow", "r", "start", ())
CODE = "c" * 64
FILE = b"file" * (5 << 20)


@pytest.fixture
def source(store: ObjectStore) -> ObjectStore:
    """A store of each kind with a run: a task's artifact, and a file that no task has on record yet."""
    file = file_record([FILE], None)
    put_file(store, "Flow", file, [FILE], "file")
    pack = Pack(store, "Flow")
    record = pack.add(codec.encode("x" * 5000))
    pack.flush()
    store.write(code_key("Flow", CODE), [b"code"])
    create_run(store, "Flow", "r", RunRecord("r", CODE, {"a": 1}, "local", 1, files={"file": file}))
    facts = {"attempt": "a1", "started_ns": 1, "finished_ns": 2, "retry": 0}
    store.write(TASK.task_key("a1"), [TaskRecord(DONE, {"x": record}, None, [], None, facts).data()])
    write_commit(store, TASK, Commit("a1", 1, None))
    return store


def test_a_copy_has_all_that_the_run_refers_to(source: ObjectStore, tmp_path: Path) -> None:
    target = open_store((tmp_path / "copy").as_uri())
    copy_run(source, target, "Flow", "r")
    assert sorted(target.keys("Flow/")) == sorted(source.keys("Flow/"))
    run = RunRecord.parse(target.read(run_json_key("Flow", "r")))
    assert run.files is not None
    assert artifacts.load(target, "Flow", run.files["file"]) == FILE
    task = TaskRecord.parse(target.read(TASK.task_key("a1")))
    assert artifacts.load(target, "Flow", task.artifacts["x"]) == "x" * 5000


def test_a_run_of_which_something_is_gone_is_not_copied(tmp_path: Path) -> None:
    source = open_store((tmp_path / "source").as_uri())
    file = file_record([FILE], None)
    source.write(code_key("Flow", CODE), [b"code"])
    create_run(source, "Flow", "r", RunRecord("r", CODE, {}, "local", 1, files={"file": file}))
    target = open_store((tmp_path / "copy").as_uri())
    with pytest.raises(ObjectNotFound) as caught:
        copy_run(source, target, "Flow", "r")
    assert caught.value.key == blob_key("Flow", digest_of(file))
    assert not target.exists(run_json_key("Flow", "r"))
