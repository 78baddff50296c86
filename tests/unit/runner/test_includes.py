"""Included files: the default one, one that a run is given, and what tasks do with them."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowc.contract import blob_key, run_json_key
from flowc.runner.includes import absolute, is_place
from flowc.store import open_store
from flowc.store.files import CHUNK, digest_of
from flowc.store.records import RunRecord
from tests.projects import Project
from tests.s3 import BUCKET, S3
from tests.stores import Recording

Make = Callable[..., Project]

FLOW = """
    {definition}

    {decorators}
    @step
    def start(self):
        {start}
        self.next(self.left, self.right)

    @step
    def left(self):
        self.next(self.join)

    @step
    def right(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.merge_artifacts(inputs)
        self.next(self.end)

    @step
    def end(self):
        self.same = self.data
"""
HEAD = "from flowc import IncludeFile, catch\n"
FILES = {"words.txt": "one\ntwo\n"}


def flow(definition: str, start: str = "pass", decorators: str = "") -> str:
    return FLOW.format(definition=definition, start=start, decorators=decorators)


def run_all(made: Project) -> None:
    for step in ("start", "left", "right", "join", "end"):
        assert made.run(step) == 0


def record(made: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made.store.read(run_json_key("Made", made.address("start").run)))
    return found


def test_the_default_file_is_an_artifact_of_every_task(project: Make) -> None:
    made = project(flow('data = IncludeFile("data", default="words.txt")'), head=HEAD, files=FILES)
    run_all(made)
    (made.folder / "words.txt").unlink()
    (parameter,) = made.plan.parameters
    for step in ("start", "left", "right", "join", "end"):
        assert made.record(step).artifacts["data"] == parameter.file
        assert made.values(step)["data"] == "one\ntwo\n"
    assert made.values("end") == {"data": "one\ntwo\n", "same": "one\ntwo\n"}
    assert record(made)["files"] == {"data": parameter.file}
    assert record(made)["parameters"] == {}


def test_a_task_neither_reads_nor_writes_a_file_that_its_step_does_not_use(project: Make) -> None:
    files = {"words.txt": "x" * (1 << 20)}
    made = project(flow('data = IncludeFile("data", default="words.txt")'), head=HEAD, files=files)
    store = Recording(made.store)
    for step in ("start", "left", "right", "join"):
        assert made.run(step, store=store) == 0
    assert [c for c in store.calls if "/blobs/" in c.key] == []
    assert sum(c.size for c in store.calls) < 20_000
    assert made.run("end", store=store) == 0
    # one read of all of it; the copy under another name is an artifact like any other
    assert [c.size for c in store.of("read_range")] == [1 << 20]


@pytest.mark.parametrize(
    ("arguments", "data", "value"),
    [
        ("", "grün\r\n".encode(), "grün\n"),
        ("encoding='latin-1'", b"gr\xfcn\n", "grün\n"),
        ("is_text=False", b"\0\xff\r\n", b"\0\xff\r\n"),
        ("is_text=False", b"", b""),
        ("", b"", ""),
    ],
)
@pytest.mark.parametrize("name", ["plain.txt", "ünï €.txt", "sp ace {{ ds }} $HOME %20 #?'\".txt"])
def test_a_file_that_a_run_is_given(
    project: Make, tmp_path: Path, arguments: str, data: bytes, value: str | bytes, name: str
) -> None:
    made = project(flow(f'data = IncludeFile("data", {arguments})'), head=HEAD)
    (tmp_path / name).write_bytes(data)
    for number, place in enumerate((str(tmp_path / name), (tmp_path / name).as_uri())):
        made.run_id = f"run {number}"
        assert made.run("start", parameters={"data": place}) == 0
        assert made.values("start") == {"data": value}
        assert made.store.read(blob_key("Made", digest_of(record(made)["files"]["data"]))) == data


@pytest.mark.parametrize("key", ["folder/plain.txt", "ünï €/sp ace {{ ds }} $HOME %20 #?'\".txt"])
def test_an_object_that_a_run_is_given(project: Make, s3_server: S3, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    open_store(f"s3://{BUCKET}").write(key, [b"x" * (9 << 20)])
    made = project(flow('data = IncludeFile("data")'), head=HEAD)
    assert made.run("start", parameters={"data": f"s3://{BUCKET}/{key}"}) == 0
    assert made.values("start") == {"data": "x" * (9 << 20)}


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("/nowhere/at all", "includes `/nowhere/at all`, which cannot be read: there is no such file"),
        ("/dev", "includes `/dev`, which cannot be read: it is a directory"),
        ("/a\0b", "which cannot be read: embedded null byte"),
        (
            "words.txt",
            'is the place of a file (an absolute path, `file:///path` or `s3://bucket/key`), not "words.txt"',
        ),
        ("http://host/x", "is the place of a file"),
        ("file://host/x", "is the place of a file"),
        ("s3://bucket", "is the place of a file"),
        ("", "is the place of a file"),
        (3, "is the place of a file"),
    ],
)
def test_a_file_that_cannot_be_had_ends_the_run_at_once(project: Make, place: Any, message: str) -> None:
    made = project(flow('data = IncludeFile("data")', decorators='@catch(var="failure")'), head=HEAD)
    code, output = made.run_process("start", FLOWC_PARAMETERS=json.dumps({"data": place}))
    assert code == 65
    assert output.startswith("flowc: parameter `data` ")
    assert message in output
    assert made.commit("start") is None
    key = run_json_key("Made", made.address("start").run)
    assert not made.store.exists(key) or RunRecord.parse(made.store.read(key)).incomplete


@pytest.mark.parametrize("key", ["missing", "a//b"])
def test_an_object_that_there_is_not(project: Make, s3_server: S3, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    made = project(flow('data = IncludeFile("data")'), head=HEAD)
    code, output = made.run_process("start", FLOWC_PARAMETERS=json.dumps({"data": f"s3://{BUCKET}/{key}"}))
    assert code == 65
    assert f"parameter `data` includes `s3://{BUCKET}/{key}`, which cannot be read: " in output


def test_a_file_that_is_not_text(project: Make, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"gr\xfcn")
    made = project(flow('data = IncludeFile("data")'), head=HEAD)
    place = str(tmp_path / "latin")
    code, output = made.run_process("start", FLOWC_PARAMETERS=json.dumps({"data": place}))
    assert code == 65
    assert output == f"flowc: parameter `data` includes `{place}`, which is not text in utf-8: invalid start byte\n"


def test_another_attempt_does_not_read_the_file_again(project: Make, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("first")
    made = project(flow('data = IncludeFile("data")'), head=HEAD)
    assert made.run("start", parameters={"data": str(file)}) == 0
    file.unlink()
    assert made.run("start", attempt="a2", parameters={"data": str(file)}) == 0
    assert made.values("start", attempt="a2") == {"data": "first"}


def test_a_large_file_is_written_once_and_is_in_memory_only_where_it_is_used(project: Make, tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    with file.open("wb") as out:
        out.write(b"head")
        out.truncate(64 << 20)
    made = project(flow('data = IncludeFile("data", is_text=False)'), head=HEAD)
    store = Recording(made.store)
    tracemalloc.start()
    try:
        for attempt in ("a1", "a2"):
            assert made.run("start", store=store, attempt=attempt, parameters={"data": str(file)}) == 0
        for step in ("left", "right", "join"):
            assert made.run(step, store=store) == 0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * CHUNK
    assert [c.size for c in store.of("write_chunks")] == [64 << 20]
    assert sum(c.size for c in store.of("write", "write_once")) < 20_000
    assert made.values("join")["data"][:8] == b"head\0\0\0\0"


def test_without_a_file_the_value_is_none(project: Make) -> None:
    made = project(flow('data = IncludeFile("data")'), head=HEAD)
    run_all(made)
    assert made.values("end") == {"data": None, "same": None}


def test_a_required_file(project: Make) -> None:
    made = project(flow('data = IncludeFile("data", required=True)'), head=HEAD)
    code, output = made.run_process("start")
    assert code == 65
    assert output == "flowc: parameter `data` is missing (start the run with --data s3://bucket/key)\n"


def test_a_file_whose_place_is_found_when_the_run_starts(project: Make, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("found")
    made = project(
        flow('data = IncludeFile("data", default=lambda context: PLACES[context.parameter_name])'),
        head=f"{HEAD}PLACES = dict(data={str(tmp_path / 'words.txt')!r})\n",
    )
    run_all(made)
    assert made.values("end") == {"data": "found", "same": "found"}


@pytest.mark.parametrize(
    ("default", "code", "message"),
    [
        ("lambda context: 3", 1, "the default of parameter `data` is 3 (int), and a run needs an absolute path"),
        ("'words' + str('.txt')", 1, "is 'words.txt' (str), and a run needs an absolute path, `file:///path` or"),
        ("lambda context: '/nowhere'", 65, "parameter `data` includes `/nowhere`, which cannot be read"),
    ],
)
def test_a_place_that_is_found_and_cannot_be_used(project: Make, default: str, code: int, message: str) -> None:
    made = project(flow(f'data = IncludeFile("data", default={default})'), head=HEAD, files=FILES)
    found, output = made.run_process("start")
    assert found == code
    assert message in output


def test_a_step_cannot_assign_it(project: Make) -> None:
    body = flow('data = IncludeFile("data", default="words.txt")', start="self.data = 'other'")
    made = project(body, head=HEAD, files=FILES)
    assert made.run("start") == 1
    error = made.record("start").error
    assert error is not None
    assert error["message"] == "parameter `data` cannot be assigned; use another attribute"


def test_a_caught_failure_keeps_it(project: Make) -> None:
    body = flow('data = IncludeFile("data", default="words.txt")', start="1 / 0", decorators='@catch(var="failure")')
    made = project(body, head=HEAD, files=FILES)
    assert made.run("start") == 0
    assert made.values("start")["data"] == "one\ntwo\n"


def test_the_file_is_read_once_a_task(project: Make) -> None:
    start = "assert self.data is self.data"
    made = project(flow('data = IncludeFile("data", default="words.txt")', start=start), head=HEAD, files=FILES)
    store = Recording(made.store)
    assert made.run("start", store=store) == 0
    assert len(store.of("read_range")) == 1


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("/a", True),
        ("file:///a", True),
        ("file://localhost/a", True),
        ("s3://b/k", True),
        ("s3://b/k/l m", True),
        ("a", False),
        ("./a", False),
        ("file:a", False),
        ("file://a/b", False),
        ("s3://b", False),
        ("s3://b/", False),
        ("s3:///k", False),
        ("gs://b/k", False),
        ("", False),
    ],
)
def test_what_names_a_file_everywhere(text: str, good: bool) -> None:
    assert is_place(text) is good


def test_a_path_of_the_command_line_becomes_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home of/ada")
    assert absolute("ä b.txt") == (tmp_path / "ä b.txt").as_uri()
    assert absolute("~/x") == "file:///home%20of/ada/x"
    assert absolute("s3://b/ä b") == "s3://b/ä b"
    assert absolute("/a b") == "file:///a%20b"
