"""What a notebook sees of runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowc import Flow, Metaflow, Run, Step, Task
from flowc.client.objects import NotFound
from flowc.contract import end_json_key, run_key
from flowc.errors import ContractError, StoreError
from tests.projects import Project
from tests.stores import Recording

SOURCE = """
from metaflow import FlowSpec, Parameter, current, retry, step
from shapes import Circle

class Point:
    def __init__(self, x):
        self.x = x

class Made(FlowSpec):
    alpha = Parameter("alpha", default=0.5)

    @step
    def start(self):
        self.point, self.circle, self.name = Point(3), Circle(2), "n"
        self.xs = list(range(11))
        self.next(self.body, foreach="xs")

    @retry(times=1)
    @step
    def body(self):
        if self.input == 1 and current.retry_count == 0:
            raise ValueError("first")
        self.y = self.input * 2
        self.next(self.join)

    @step
    def join(self, inputs):
        self.ys = [i.y for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""
SHAPES = """
class Circle:
    def __init__(self, r):
        self.r = r

    def area(self):
        return 3 * self.r ** 2
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A flow with three runs: an old one that succeeded, one that failed, one that is half done."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "flow").mkdir()
    project = Project(folder / "flow", SOURCE, (folder / "store").as_uri(), {"shapes.py": SHAPES})
    os.environ["FLOWC_CACHE"] = str(folder / "cache")
    try:
        _run_whole(project)
        _run_failing(project)
        _run_half(project)
        yield project
    finally:
        del os.environ["FLOWC_CACHE"]


def _run_whole(project: Project) -> None:
    project.run_id = "whole: 1"
    assert project.run("start", parameters={"alpha": 2}) == 0
    for number in range(11):
        assert project.run("body", number) == (1 if number == 1 else 0)
    assert project.run("body", 1, attempt="a2", retry=1) == 0
    assert project.run("join") == 0
    assert project.run("end") == 0


def _run_failing(project: Project) -> None:
    project.run_id = "failing"
    assert project.run("start") == 0
    for attempt in ("a1", "a2"):  # by hand, with a retry count that never makes it succeed
        assert project.run("body", 1, attempt=attempt) == 1
    end = {"state": "failed", "finished_ns": 1_700_000_000_000_000_000}
    project.store.write(end_json_key("Made", "failing"), [json.dumps(end).encode()])


def _run_half(project: Project) -> None:
    project.run_id = "half"
    assert project.run("start") == 0
    assert project.run("body", 3) == 0
    # what a task that runs has left so far, and a run that never got as far as to have a record
    project.store.log(project.address("body", 4).log_key("a1")).write(b"so far\n")
    project.store.write("Made/runs/never/start/_/a1/task.json", [b"{}"])


@pytest.fixture
def whole(made: Project) -> Run:
    return Run("Made/whole: 1", made.url)


def test_the_way_from_a_flow_to_an_artifact(made: Project, whole: Run) -> None:
    assert Flow("Made", made.url)[whole.id]["join"].task.data.ys == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]
    assert Flow("Made", made.url).latest_successful_run["body"].task.data.y == 0  # type: ignore[index]
    assert Task(f"Made/{whole.id}/body/10", made.url).data.y == 20
    assert Task(f"Made/{whole.id}/join", made.url)["ys"][1] == 2
    assert Step(f"Made/{whole.id}/body", made.url)["2"]["y"] == 4


def test_a_flow_lists_its_runs_the_last_one_first(made: Project) -> None:
    flow = Flow("Made", made.url)
    assert [r.id for r in flow] == ["half", "failing", run_key("whole: 1")]
    assert [r.id for r in flow.runs()] == [r.id for r in flow]
    assert flow.latest_run.id == "half"
    assert flow.latest_successful_run.id == run_key("whole: 1")  # type: ignore[union-attr]
    assert repr(flow) == "Flow('Made')"


def test_a_run_is_found_by_the_schedulers_id_and_by_its_key(made: Project, whole: Run) -> None:
    assert whole.id == run_key("whole: 1") != "whole: 1"
    assert Run(f"Made/{whole.id}", made.url).id == whole.id
    assert Flow("Made", made.url)["whole: 1"].id == whole.id
    assert whole.pathspec == f"Made/{whole.id}"
    assert repr(whole) == f"Run('Made/{whole.id}')"


def test_a_run_that_succeeded(made: Project, whole: Run) -> None:
    assert (whole.successful, whole.finished) == (True, True)
    assert whole.parameters == {"alpha": 2.0}
    assert whole.code == made.package.code
    assert whole.end_task.pathspec == f"Made/{whole.id}/end/_"  # type: ignore[union-attr]
    assert whole.data.ys[:2] == [0, 2]  # type: ignore[union-attr]
    assert whole.created_at.tzinfo is UTC
    assert whole.created_at <= whole.finished_at <= datetime.now(UTC)  # type: ignore[operator]
    assert [s.id for s in whole] == ["start", "body", "join", "end"]
    assert len(list(whole.tasks)) == 14


def test_a_run_that_failed(made: Project) -> None:
    run = Run("Made/failing", made.url)
    assert (run.successful, run.finished, run.data, run.end_task) == (False, True, None, None)
    assert run.finished_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert [s.id for s in run] == ["start", "body"]
    (task,) = run["body"]
    assert (task.successful, task.finished, task.attempts) == (False, False, ("a1", "a2"))
    assert task.exception["message"] == "first"  # type: ignore[index]
    assert task.artifacts == ()


def test_a_run_that_is_half_done(made: Project) -> None:
    run = Run("Made/half", made.url)
    assert (run.successful, run.finished, run.finished_at, run.data) == (False, False, None, None)
    done, running = run["body"]
    assert (done.id, done.successful, running.id, running.successful, running.finished) == (
        "3",
        True,
        "4",
        False,
        False,
    )
    assert running.attempts == ()
    assert running.exception is None


def test_a_task_that_has_used_up_its_retries_is_finished(made: Project, tmp_path: Path) -> None:
    made.run_id = "used up"
    made.run("start")
    assert made.run("body", 1, attempt="a1", retry=0) == 1
    run = Run("Made/used up", made.url)
    try:
        assert not run["body"].task.finished
        assert not run.finished
        record = made.record("body", 1, attempt="a1")
        record.facts["retry"] = 1
        made.store.write(made.address("body", 1).task_key("a2"), [record.data()])
        assert Run("Made/used up", made.url)["body"].task.finished
        assert Run("Made/used up", made.url).finished
    finally:
        # the other tests count the runs
        os.rename(made.store.path(f"Made/runs/{run.id}"), tmp_path / "gone")  # type: ignore[attr-defined]


def test_tasks_come_in_the_order_of_the_items(whole: Run) -> None:
    assert [t.id for t in whole["body"]] == [str(n) for n in range(11)]
    assert [t.index for t in whole["body"]] == list(range(11))
    assert whole["start"].task.index is None


def test_a_task(whole: Run) -> None:
    task = whole["body"]["1"]
    assert task.pathspec == f"Made/{whole.id}/body/1"
    assert repr(task) == f"Task('{task.pathspec}')"
    assert (task.attempts, task.finished_attempt) == (("a1", "a2"), "a2")
    assert (task.successful, task.finished, task.exception) == (True, True, None)
    assert task.finished_at <= datetime.now(UTC)  # type: ignore[operator]
    assert task.artifacts == ("alpha", "circle", "name", "point", "xs", "y")
    assert [t.pathspec for t in task.parents] == [f"Made/{whole.id}/start/_"]
    assert len(whole["join"].task.parents) == 11
    assert whole["start"].task.parents == ()


def test_artifacts_are_attributes(whole: Run) -> None:
    data = whole["start"].task.data
    assert "name" in data
    assert "other" not in data
    assert dir(data) == ["alpha", "circle", "name", "point", "xs"]
    assert repr(data) == f"<artifacts of Made/{whole.id}/start/_: alpha, circle, name, point, xs>"
    assert data.name == "n"
    assert not hasattr(data, "other")
    with pytest.raises(AttributeError, match=r"has no artifact `other`; it has alpha, circle, name, point, xs"):
        _ = data.other


def _write_logs(made: Project, whole: Run) -> None:
    """Let both attempts of a task have printed something."""
    task = made.address("body", 1)._replace(run=whole.id)
    for attempt in ("a1", "a2"):
        log = made.store.log(task.log_key(attempt))
        log.write(f"of {attempt}\n".encode())
        log.close()


def test_logs_are_of_the_attempt_that_counts(made: Project, whole: Run) -> None:
    _write_logs(made, whole)
    assert whole["body"]["1"].log == "of a2\n"
    assert whole["body"]["2"].log == ""
    assert Run("Made/half", made.url)["body"]["4"].log == "so far\n"


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda url: Flow("Other", url), "there is no run of flow `Other` in file://"),
        (lambda url: Run("Made/other", url), "there is no run `Made/other` in file://"),
        (lambda url: Run("Made", url), "`Made` does not name a run: expected Flow/run_id"),
        (lambda url: Run("Made/never", url), "there is no run `Made/never` in file://"),
        (lambda url: Flow("Made", url)["other"], "there is no run `Made/other` in file://"),
        (lambda url: Run("Made/half", url)["other"], "flow `Made` has no step `other`; it has start, body, join, end"),
        (lambda url: Step("Made/half/other", url), "flow `Made` has no step `other`; it has start, body, join, end"),
        (lambda url: Step("Made/half", url), "`Made/half` does not name a step: expected Flow/run_id/step"),
        (lambda url: Run("Made/half", url)["join"].task, "step `Made/half/join` has no task that has begun"),
        (lambda url: Run("Made/half", url)["body"]["99"], "there is no task `Made/half/body/99`, or it has not begun"),
        (lambda url: Run("Made/half", url)["body"]["x"], "`x` is not a path"),
        (lambda url: Task("Made/half", url), "`Made/half` does not name a task: expected Flow/run_id/step/task_id"),
        (lambda url: Task("Made/half/body/1/2", url), "does not name a task: expected Flow/run_id/step/task_id"),
        (lambda url: Task("Made/half/join", url), "there is no task `Made/half/join/_`, or it has not"),
        (lambda url: Run("Made/half", url)["start"].task["other"], "task `Made/half/start/_` has no artifact `other`"),
    ],
)  # fmt: skip
def test_what_there_is_not_is_said(made: Project, act: object, message: str) -> None:
    with pytest.raises(NotFound) as found:
        act(made.url)  # type: ignore[operator]
    assert str(found.value).startswith(message) or message in str(found.value)
    assert isinstance(found.value, KeyError), "as Metaflow's users catch it"


def test_a_flow_of_which_no_run_has_begun_has_no_latest_one(tmp_path: Path) -> None:
    (tmp_path / "Made" / "runs" / "never" / "start").mkdir(parents=True)
    flow = Flow("Made", str(tmp_path))
    assert list(flow) == []
    assert flow.latest_successful_run is None
    with pytest.raises(NotFound, match=r"no run of flow `Made` in file://.* has started"):
        _ = flow.latest_run


def test_a_store_is_named_or_found(made: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_STORE", made.url)
    assert Flow("Made").latest_run.id == "half"
    monkeypatch.delenv("FLOWC_STORE")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound, match=r"in file://.*/\.flowc"):
        Flow("Made")
    os.symlink(made.store.path(""), ".flowc")  # type: ignore[attr-defined]
    assert Flow("Made").latest_run.id == "half"
    with pytest.raises(StoreError, match="is not a store"):
        Flow("Made", "gs://x")


_NOTEBOOK = """
import sys
from flowc import Run
data = Run(sys.argv[1], sys.argv[2])["start"].task.data
print(data.point.x, type(data.point).__module__, data.circle.area(), "moto" in sys.modules, "jinja2" in sys.modules)
import shapes
print(shapes.who if hasattr(shapes, "who") else "the flow's")
"""


def test_classes_of_the_flows_file_open_in_another_folder(made: Project, whole: Run, tmp_path: Path) -> None:
    environment = {"FLOWC_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _NOTEBOOK, whole.pathspec, made.url],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == [f"3 {made.module} 12 False False", "the flow's"], done.stderr


def test_a_notebooks_own_modules_stay_its_own(made: Project, whole: Run, tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("who = 'the notebook'")
    script = _NOTEBOOK + "import helpers\nprint(helpers.who)\n"
    environment = {"FLOWC_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script, whole.pathspec, made.url],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1] == "the notebook", done.stderr


def test_everything_in_a_store(made: Project, tmp_path: Path) -> None:
    store = Metaflow(made.url)
    assert [flow.id for flow in store] == [flow.id for flow in store.flows] == ["Made"]
    assert store["Made"].latest_run.id == "half"
    assert store["Made"].run_ids == sorted(["failing", "half", "never", run_key("whole: 1")])
    assert repr(store) == f"Metaflow('{made.url}')"
    (tmp_path / "other").mkdir()
    assert Metaflow(str(tmp_path)).flows == []
    with pytest.raises(NotFound, match=r"no run of flow `Mode` in file://.*; did you mean `Made`\?"):
        _ = store["Mode"]


def test_whether_there_is_something_is_asked_by_name(made: Project, whole: Run) -> None:
    assert "Made" in Metaflow(made.url) and "Unmade" not in Metaflow(made.url)
    flow = Flow("Made", made.url)
    assert whole.id in flow and whole.scheduler_id in flow and "other" not in flow
    assert "body" in whole and "bodies" not in whole
    assert "1" in whole["body"] and "99" not in whole["body"] and "no path" not in whole["body"]
    task = whole["body"]["1"]
    assert "y" in task and "z" not in task


def test_how_it_stands_with_runs_and_tasks(made: Project, whole: Run) -> None:
    failing, half = Run("Made/failing", made.url), Run("Made/half", made.url)
    assert (whole.state, failing.state, half.state) == ("succeeded", "failed", "running")
    assert {task.state for task in whole.tasks} == {"succeeded"}
    assert [task.state for task in half["body"]] == ["succeeded", "running"]
    assert failing["body"]["1"].state == "failed", "nothing of a run that has ended is tried again"
    assert half["start"].task.splits == 11 and half["body"]["3"].splits is None
    assert half["body"]["4"].running_attempts == ("a1",) and half["body"]["3"].running_attempts == ()
    assert whole["body"]["1"].step == "body"
    assert whole["body"]["1"].created_at < whole["body"]["1"].finished_at  # type: ignore[operator]
    assert half["body"]["4"].created_at is None
    assert (whole.scheduler_id, whole.engine) == ("whole: 1", "local")
    assert whole.step_names == ("start", "body", "join", "end")


def test_a_run_that_its_engine_says_was_interrupted(made: Project) -> None:
    made.run_id = "interrupted"
    assert made.run("start") == 0
    made.store.log(made.address("body", 4).log_key("a1")).write(b"so far\n")
    end = {"state": "interrupted", "finished_ns": 1_700_000_000_000_000_000}
    made.store.write(end_json_key("Made", "interrupted"), [json.dumps(end).encode()])
    run = Run("Made/interrupted", made.url)
    try:
        assert (run.state, run.finished, run["body"]["4"].state) == ("interrupted", True, "interrupted")
    finally:
        shutil.rmtree(made.store.path("Made/runs/interrupted"))  # type: ignore[attr-defined]


def test_a_failed_run_whose_end_nobody_has_written(made: Project) -> None:
    made.run_id = "given up"
    assert made.run("start") == 0
    for retry, attempt in enumerate(("a1", "a2")):
        made.run("body", 1, attempt=attempt, retry=retry, parameters={"alpha": 1})
    record = made.record("body", 1, attempt="a1")
    try:
        run = Run("Made/given up", made.url)
        assert (run.state, run.finished_at) == ("running", None)
        failed = record._replace(facts={**record.facts, "retry": 1})
        made.store.write(made.address("body", 1).task_key("a2"), [failed.data()])
        os.unlink(made.store.path(made.address("body", 1).commit_key))  # type: ignore[attr-defined]
        run = Run("Made/given up", made.url)
        assert (run.state, run["body"]["1"].state) == ("failed", "failed")
        assert run.finished_at == max(task.finished_at for task in run.tasks)  # type: ignore[type-var]
    finally:
        shutil.rmtree(made.store.path(f"Made/runs/{run.id}"))  # type: ignore[attr-defined]


def test_what_is_known_of_an_artifact_without_loading_it(made: Project, whole: Run) -> None:
    task = whole["join"].task
    (alpha, ys) = task
    assert (ys.id, ys.type, ys.pathspec) == ("ys", "list", f"{task.pathspec}/ys")
    assert 0 < ys.size < 100 and len(ys.sha) == 64
    assert repr(alpha) == f"DataArtifact('{task.pathspec}/alpha')"
    assert ys.data == task.data.ys
    point = next(artifact for artifact in whole["start"].task if artifact.id == "point")
    assert point.type == f"{made.module}.Point"


@pytest.mark.parametrize("name", ["stdout", "stderr", "loglines"])
def test_metaflow_s_names_of_logs_say_where_the_log_is(whole: Run, name: str) -> None:
    with pytest.raises(AttributeError, match=r"use `\.log`"):
        getattr(whole["end"].task, name)


def test_the_logs_of_attempts(made: Project, whole: Run) -> None:
    _write_logs(made, whole)
    task = whole["body"]["1"]
    assert task.read_log() == task.log.encode()
    assert task.log_key("a1") == f"Made/runs/{whole.id}/body/1/a1/log"
    assert task.read_log("a1") == b"of a1\n" != task.read_log()


def test_all_tasks_of_a_run_are_read_together(made: Project, whole: Run) -> None:
    store = Recording(made.store)
    run = Run._open(store, "Made", whole.id)
    tasks = list(run.tasks)
    assert [task.state for task in tasks] == ["succeeded"] * 14
    assert all(task.created_at and task.finished_at and task.artifacts for task in tasks)
    assert len(store.of("keys")) == 1
    assert not store.of("folders", "read_range", "exists", "read")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"3", b"{}", b'{"contract": 1}', b'{"contract": 1, "status": 3}'])
def test_a_damaged_record_is_said(data: bytes, made: Project) -> None:
    made.run_id = "damaged"
    assert made.run("start") == 0
    store = made.store
    try:
        store.write("Made/runs/damaged/start/_/a1/task.json", [data])
        with pytest.raises(StoreError, match=r"object `Made/runs/damaged/start/_/a1/task.json` is damaged"):
            _ = Run("Made/damaged", made.url)["start"].task.artifacts
        (task,) = Run("Made/damaged", made.url).tasks
        with pytest.raises(StoreError, match="is damaged"):
            _ = task.finished_at
        store.write("Made/runs/damaged/start/_/commit.json", [data])
        with pytest.raises(StoreError, match=r"commit\.json` is damaged"):
            _ = Run("Made/damaged", made.url)["start"].task.successful
        store.write("Made/runs/damaged/run.json", [data])
        with pytest.raises(StoreError, match=r"run\.json` is damaged"):
            Run("Made/damaged", made.url)
        store.write("Made/runs/damaged/run.json", [b'{"contract": 99}'])
        with pytest.raises(ContractError, match="another version of flowc"):
            Run("Made/damaged", made.url)
    finally:
        shutil.rmtree(store.path("Made/runs/damaged"))  # type: ignore[attr-defined]


def test_what_is_nobodys_is_no_task(made: Project, whole: Run) -> None:
    stray = f"Made/runs/{whole.id}/body/notes/a1/task.json"
    made.store.write(stray, [b"{}"])
    try:
        assert len(list(whole["body"])) == 11
        assert len(list(whole.tasks)) == 14
    finally:
        shutil.rmtree(os.path.dirname(os.path.dirname(made.store.path(stray))))  # type: ignore[attr-defined]
