"""`flowc runs`, `show`, `logs` and `dump`."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.flowc import flowc
from tests.cli.stores import SHAPES, UNLUCKY, Made, make
from tests.s3 import BUCKET, S3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def own(made: Made, tmp_path: Path) -> Made:
    """One that may be changed."""
    return made.copy(tmp_path / "own")


def _object(made: Made, run: str, rest: str) -> Path:
    flow, _, run_id = run.partition("/")
    return made.folder / ".flowc" / flow / "runs" / run_id / rest


# --- runs ------------------------------------------------------------------------------------------------------------


def test_all_runs_the_last_one_first(made: Made) -> None:
    head, *rows = made.out("runs").splitlines()
    assert re.split(r"  +", head) == ["run", "state", "started", "duration", "engine", "parameters"]
    cells = [re.split(r"  +", row) for row in rows]
    assert [row[:2] for row in cells] == [[made.tidy, "succeeded"], [made.unlucky, "failed"]]
    assert cells[0][4:] == ["local", "grid={'a': [1, 2]}, whom='world'"]
    assert cells[0][2].endswith(" ago")


def test_the_runs_of_one_flow(made: Made) -> None:
    assert made.unlucky in made.out("runs", "Unlucky")
    assert made.tidy not in made.out("runs", "Unlucky")
    assert made.unlucky not in made.out("runs", "--last", "1")


def test_runs_as_json(made: Made) -> None:
    document = made.json("runs")
    assert document["store"] == (made.folder / ".flowc").as_uri()
    tidy, unlucky = document["runs"]
    assert (tidy["pathspec"], tidy["state"], tidy["error"]) == (made.tidy, "succeeded", None)
    assert (tidy["flow"], f"{tidy['flow']}/{tidy['run']}", tidy["engine"]) == ("Tidy", made.tidy, "local")
    assert tidy["parameters"] == {"grid": {"a": [1, 2]}, "whom": "world"}
    assert 0 < tidy["duration_s"] < 120
    assert tidy["created_at"] < tidy["finished_at"]
    assert unlucky["state"] == "failed"


def test_a_store_without_runs(tmp_path: Path) -> None:
    result = flowc("runs", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "nothing has been run with the store .flowc yet\n"
    assert json.loads(flowc("runs", "--json", cwd=tmp_path).stdout)["runs"] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("end", "commit", "state"),
    [
        ({"state": "interrupted", "finished_ns": 2_000_000_000_000_000_000}, False, "interrupted"),
        (None, False, "running"),
        (None, True, "succeeded"),
    ],
)
def test_states(end: dict[str, Any] | None, commit: bool, state: str, own: Made) -> None:
    if end is None:
        _object(own, own.tidy, "end.json").unlink()
    else:
        _object(own, own.tidy, "end.json").write_text(json.dumps(end))
    if not commit:
        shutil.rmtree(_object(own, own.tidy, "end"))
    (run,) = own.json("runs", "Tidy")["runs"]
    assert run["state"] == state
    assert (run["finished_at"] is None) == (state == "running")
    assert own.json("show", own.tidy)["state"] == state
    assert re.search(rf"^state +{state}$", own.out("show", own.tidy), re.MULTILINE)


def test_a_failed_run_whose_scheduler_does_not_tell(own: Made) -> None:
    _object(own, own.unlucky, "end.json").unlink()
    (run,) = own.json("runs", "Unlucky")["runs"]
    assert run["state"] == "failed" and run["duration_s"] > 0


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("run.json", "", "run.json` is damaged"),
        ("run.json", '{"contract": 1}', "run.json` is damaged: it has no field 'run_id'"),
        ("run.json", "[]", "is damaged"),
        ("run.json", '{"contract": 99}', "another version of flowc"),
        ("end.json", '{"state": "odd", "finished_ns": 1}', "end.json` is damaged"),
    ],
)
def test_a_damaged_run_does_not_hide_the_others(name: str, data: str, message: str, own: Made) -> None:
    _object(own, own.unlucky, name).write_text(data)
    result = flowc("runs", cwd=own.folder, env=own.environment)
    assert result.returncode == 0
    assert re.search(rf"^{own.unlucky} +unreadable ", result.stdout, re.MULTILINE)
    assert re.search(rf"^{own.tidy} +succeeded ", result.stdout, re.MULTILINE)
    assert f"error: {own.unlucky}: " in result.stderr and message in result.stderr
    (found,) = own.json("runs", "Unlucky")["runs"]
    assert found["state"] == "unreadable" and message in found["error"]
    assert message in own.error("show", own.unlucky)


def test_a_run_that_has_not_started(own: Made) -> None:
    _object(own, own.unlucky, "run.json").unlink()
    assert re.search(rf"^{own.unlucky} +not started ", own.out("runs"), re.MULTILINE)
    assert "its start has not accepted its parameters" in own.error("show", own.unlucky)


# --- show ------------------------------------------------------------------------------------------------------------


def test_show_the_steps_of_the_latest_run(made: Made) -> None:
    text = made.out("show", "Tidy")
    assert text == made.out("show", made.tidy)
    assert text.startswith(f"run       {made.tidy}\nstate     succeeded\n")
    assert "--whom    'world'\n" in text
    table = [re.split(r"  +", line) for line in text.partition("\n\n")[2].splitlines()]
    assert table[0] == ["step", "state", "attempts", "start", "duration", "items"]
    assert [row[:3] for row in table[1:]] == [
        ["start", "succeeded", "1"],
        ["body", "2 succeeded", "2"],
        ["join", "succeeded", "1"],
        ["end", "succeeded", "1"],
    ]
    assert table[1][-1] == "2"


def test_show_what_failed(made: Made) -> None:
    text = made.out("show", "Unlucky")
    assert re.search(r"^divide +1 succeeded, 1 failed +3 ", text, re.MULTILINE)
    assert re.search(r"^join +not started$", text, re.MULTILINE)
    assert "\ndivide/1 failed: ZeroDivisionError: division by zero\n" in text
    assert f"  flowc logs {made.unlucky}/divide/1\n  .flowc/{made.unlucky.replace('/', '/runs/')}/divide/1/" in text
    log = made.folder / text.rstrip().rpartition(" ")[2]
    assert "ZeroDivisionError" in log.read_text()


def test_show_every_task(made: Made) -> None:
    text = made.out("show", "Unlucky", "--tasks")
    assert re.search(r"^divide/0 +succeeded +1 ", text, re.MULTILINE)
    assert re.search(r"^divide/1 +failed +2 ", text, re.MULTILINE)


def test_show_as_json(made: Made) -> None:
    run = made.json("show", "Unlucky")
    assert (run["pathspec"], run["state"]) == (made.unlucky, "failed")
    start, divide, join, end = run["steps"]
    assert start["tasks"][0]["splits"] == 2
    assert (join, end) == ({"step": "join", "tasks": []}, {"step": "end", "tasks": []})
    good, bad = divide["tasks"]
    assert (good["state"], good["attempts"], good["error"]) == ("succeeded", 1, None)
    assert (bad["task"], bad["state"], bad["attempts"]) == (f"{made.unlucky}/divide/1", "failed", 2)
    assert bad["error"]["type"] == "ZeroDivisionError" and "Traceback" in bad["error"]["traceback"]
    assert Path(made.folder, bad["log"]).exists()


def test_a_damaged_task_does_not_hide_the_others(own: Made) -> None:
    (record,) = _object(own, own.tidy, "body/1").glob("*/task.json")
    record.write_text('{"contract": 1, "status":')
    text = own.out("show", "Tidy")
    assert re.search(r"^body +1 succeeded, 1 unreadable ", text, re.MULTILINE)
    assert re.search(r"^body/1 unreadable: object `.*/task.json` is damaged", text, re.MULTILINE)
    body = own.json("show", "Tidy")["steps"][1]
    assert [task["state"] for task in body["tasks"]] == ["succeeded", "unreadable"]
    assert "is damaged" in own.error("dump", f"{own.tidy}/body/1")


def test_an_attempt_that_runs(own: Made) -> None:
    _object(own, own.tidy, "end.json").unlink()
    shutil.rmtree(_object(own, own.tidy, "end"))
    (_object(own, own.tidy, "end/_/a1")).mkdir(parents=True)
    _object(own, own.tidy, "end/_/a1/log").write_text("so far\n")
    _, _, _, end = own.json("show", "Tidy")["steps"]
    assert (end["tasks"][0]["state"], end["tasks"][0]["attempts"]) == ("running", 1)
    assert own.out("logs", f"{own.tidy}/end") == "so far\n"
    assert own.out("dump", f"{own.tidy}/end") == f"{own.tidy}/end/_\n  no artifacts: the task is running\n"


# --- logs ------------------------------------------------------------------------------------------------------------


def test_the_log_of_one_task_as_it_came(made: Made) -> None:
    assert made.out("logs", f"{made.tidy}/body/1") == "item 4\nno line end"
    assert made.out("logs", f"{made.tidy}/start") == ""


def test_the_logs_of_several_tasks(made: Made) -> None:
    lines = ["body/0 | item 3", "body/0 | no line end", "body/1 | item 4", "body/1 | no line end"]
    assert made.out("logs", f"{made.tidy}/body").splitlines() == lines
    assert made.out("logs", made.tidy).splitlines() == lines
    assert made.out("logs", "Tidy").splitlines() == lines


def test_the_logs_of_attempts(made: Made) -> None:
    task = f"{made.unlucky}/divide/1"
    assert made.out("logs", task).startswith("try 1\n")
    assert made.out("logs", task, "--attempt", "1").startswith("try 0\n")
    assert made.out("logs", task, "--attempt", "2") == made.out("logs", task)
    (first, *_) = sorted(_object(made, made.unlucky, "divide/1").iterdir())
    assert made.out("logs", task, "--attempt", first.name).startswith("try 0\n")
    both = made.out("logs", task, "--all-attempts")
    assert "divide/1 attempt 1 | try 0\n" in both and "divide/1 attempt 2 | try 1\n" in both
    assert made.out("logs", made.unlucky, "--attempt", "2") == made.out("logs", task)
    assert f"there is no attempt `3` of `{task}`" in made.error("logs", task, "--attempt", "3")
    assert "exclude each other" in made.error("logs", task, "--attempt", "1", "--all-attempts", code=2)


# --- dump ------------------------------------------------------------------------------------------------------------


def test_dump_lists_artifacts_without_loading_large_ones(made: Made) -> None:
    name, head, *rows = made.out("dump", f"{made.unlucky}/start").splitlines()
    assert name == f"{made.unlucky}/start/_"
    assert re.split(r"  +", head) == ["artifact", "type", "size", "hash", "value"]
    table = {row[0]: row[1:] for row in (re.split(r" {2,}", line) for line in rows)}
    assert table["big"][0] == "list" and table["big"][1].endswith("KiB") and table["big"][3] == "(not loaded)"
    assert table["point"][0] == "shapes.Point" and table["point"][3] == "Point(3)"
    assert table["text"][3] == r"'é\x1b[31m'"
    assert table["exits"][3] == "cannot be loaded: SystemExit: not here"
    assert "Bad" in table["bad"][3]


def test_dump_as_json_is_valid_for_any_value(made: Made) -> None:
    (task,) = made.json("dump", f"{made.unlucky}/start")["tasks"]
    found = {a["name"]: a for a in task["artifacts"]}
    values = {name: (a["value"], a["exact"]) for name, a in found.items() if a["loaded"]}
    assert values == {
        "bad": ("<Bad: its repr raises RuntimeError>", False),
        "half": (r"'\ud800'", False),
        "keys": ("{1: 'a'}", False),
        "nan": ("nan", False),
        "nested": ({"p": [1, "Point(2)"], "ok": [True, None, 0.5]}, False),
        "point": ("Point(3)", False),
        "text": ("é\x1b[31m", True),
        "xs": ([1, 0], True),
    }
    assert (found["big"]["loaded"], found["big"]["error"]) == (False, None)
    assert (found["exits"]["loaded"], found["exits"]["error"]) == (False, "SystemExit: not here")
    assert found["big"]["type"] == "list" and found["big"]["size"] > 20_000 and len(found["big"]["hash"]) == 64


def test_dump_loads_large_values_when_asked(made: Made) -> None:
    (task,) = made.json("dump", f"{made.unlucky}/start", "--values")["tasks"]
    (big,) = [a for a in task["artifacts"] if a["name"] == "big"]
    assert big["value"] == list(range(10_000)) and big["exact"]
    one = made.json("dump", f"{made.unlucky}/start", "--artifact", "big")
    assert one["tasks"][0]["artifacts"] == [big]
    text = made.out("dump", f"{made.unlucky}/start", "--artifact", "xs", "--artifact", "nested")
    assert text.splitlines()[1].startswith("nested  dict  ")
    assert "{'p': (1, Point(2)), 'ok': [True, None, 0.5]}\n" in text and text.endswith("\n[1, 0]\n")


def test_dump_several_tasks(made: Made) -> None:
    tasks = made.json("dump", f"{made.tidy}/body")["tasks"]
    assert [t["task"] for t in tasks] == [f"{made.tidy}/body/0", f"{made.tidy}/body/1"]
    assert f"{made.unlucky}/divide/1\n  failed\n" in made.out("dump", f"{made.unlucky}/divide")


# --- what there is not -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("runs", "Unlcky"), "there is no run of flow `Unlcky` in file://*; did you mean `Unlucky`?"),
        (("show", "Nothing"), "there is no run of flow `Nothing` in file://*"),
        (("show", "Tdy/1"), "there is no run of flow `Tdy` in file://*; did you mean `Tidy`?"),
        (("show", "TIDY?"), "there is no run `TIDY*; did you mean `*`?"),
        (("logs", "TIDY/bdy"), "flow `Tidy` has no step `bdy`; did you mean `body`?"),
        (("logs", "TIDY/nowhere"), "flow `Tidy` has no step `nowhere`; it has start, body, join, end"),
        (("logs", "TIDY/body/7"), "there is no task `TIDY/body/7`, or it has not begun; step `body` has `0`, `1`"),
        (("logs", "TIDY/body/x"), "`x` is not a path: expected `_` or item numbers joined by dots, as in `0.1`"),
        (("dump", "UNLUCKY/join"), "step `UNLUCKY/join` has no task that has begun"),
        (
            ("dump", "TIDY/join", "--artifact", "totl"),
            "task `TIDY/join/_` has no artifact `totl`; did you mean `total`?",
        ),
        (("runs", "--store", "gs://x"), "`gs://x` is not a store: expected *"),
    ],
)
def test_what_there_is_not(words: tuple[str, ...], message: str, made: Made) -> None:
    def named(text: str) -> str:
        return text.replace("UNLUCKY", made.unlucky).replace("TIDY", made.tidy)

    pattern = re.escape(f"error: {named(message)}\n").replace(r"\*", ".*")
    assert re.fullmatch(pattern, made.error(*map(named, words)))


@pytest.mark.parametrize("words", [("show", ""), ("show", "a//b"), ("show", "a/b/c"), ("logs", "a/b/c/d/e")], ids=str)
def test_wrong_usage(words: tuple[str, ...], made: Made) -> None:
    assert "FLOW/RUN" in made.error(*words, code=2)


# --- of schedulers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("airflow", marks=pytest.mark.airflow),
        pytest.param("stepfunctions", marks=pytest.mark.stepfunctions),
    ],
)
def test_a_run_of_a_scheduler(target: str, tmp_path: Path) -> None:
    (tmp_path / "unlucky.py").write_text(UNLUCKY)
    (tmp_path / "shapes.py").write_text(SHAPES)
    made = Made(tmp_path, "", "")
    simulated = flowc("simulate", "unlucky.py", "--target", target, cwd=tmp_path, env=made.environment)
    run = made.json("show", "Unlucky")
    assert f"task Unlucky/{run['run']}/divide/1 failed; its logs are in " in simulated.stderr
    # what tasks print is shown as by a local run, and each attempt's before its end is told
    said = [line for line in simulated.stdout.splitlines() if line.startswith("divide/1")]
    ends = [number for number, line in enumerate(said) if line == "divide/1 failed with exit code 1"]
    assert len(ends) == 2 and ends[-1] == len(said) - 1
    for number, end in enumerate(ends):
        assert said[end - 1] == "divide/1 | ZeroDivisionError: division by zero"
        assert f"divide/1 | try {number}" in said[:end]
    assert (run["engine"], run["state"]) == (target, "failed")
    task = run["steps"][1]["tasks"][1]
    assert (task["state"], task["attempts"], task["problem"]) == ("failed", 2, "ZeroDivisionError: division by zero")
    lines = made.out("logs", f"{task['task']}", "--attempt", "2").splitlines()
    assert "try 1" in lines and lines[-1] == "ZeroDivisionError: division by zero"
    assert made.out("logs", task["task"], "--attempt", "1").splitlines()[-1] == lines[-1]


# --- in S3 -----------------------------------------------------------------------------------------------------------


def test_a_store_in_s3(s3_server: S3, tmp_path: Path) -> None:
    store = f"s3://{BUCKET}/inspect"
    made = make(tmp_path, store, **s3_server.environment)
    setting = {**s3_server.environment, "FLOWC_STORE": store}
    assert [run["pathspec"] for run in made.json("runs", **setting)["runs"]] == [made.tidy, made.unlucky]
    before = len(s3_server.requests("inspect"))
    text = made.out("show", "Unlucky", **setting)
    assert f"  {store}/{made.unlucky.replace('/', '/runs/')}/divide/1/" in text
    assert len(s3_server.requests("inspect")) - before < 30
    assert made.out("logs", f"{made.tidy}/body/0", **setting) == "item 3\nno line end"
    before = len(s3_server.requests("/blobs/"))
    assert made.json("dump", made.unlucky, **setting)["tasks"][0]["state"] == "succeeded"
    assert len(s3_server.requests("/blobs/")) == before
    assert "did you mean `Tidy`" in made.error("show", "Tdy", **setting)
