"""What a run is told beside its parameters, and runs of several branches, on every engine."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flowc import Flow, Run
from flowc.compiler import Program, read_program
from flowc.frontend import Choices
from flowc.package import upload_package
from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.engines import Simulated, on_airflow, on_stepfunctions
from flowc.simulate.stepfunctions import AwsServer
from flowc.store.opening import open_store
from tests.conformance import engines
from tests.conformance.conftest import BUCKET

PLAIN = """
from flowc import FlowSpec, current, project, step


@project(name="fraud")
class Plain(FlowSpec):
    @step
    def start(self):
        self.numbers = [1, 2]
        self.next(self.work, foreach="numbers")

    @step
    def work(self):
        self.seen = current.branch_name, current.run_id
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [i.seen for i in inputs]
        self.times = [
            None if time is None else time.isoformat()
            for time in (current.logical_date, current.data_interval_start, current.data_interval_end)
        ]
        self.next(self.end)

    @step
    def end(self):
        self.tags = sorted(current.tags)
        self.user = current.username
"""
TAGS = ("a b", "{{ x }} $(HOME) 'é'")


def program(folder: Path, **choices: Any) -> Program:
    (folder / "plain.py").write_text(PLAIN)
    found, diagnostics, _ = read_program(str(folder / "plain.py"), Choices(**choices))
    assert found is not None, diagnostics
    return found


def airflow_run(
    driver: AirflowDriver, flow: Program, url: str, run_id: str, folder: Path, date: str | None = None
) -> Simulated:
    made = engines.compiled(flow, "airflow", url)
    result = on_airflow(
        driver, flow, made, store=open_store(url), run_id=run_id, parameters={}, folder=folder, logical_date=date
    )
    assert result.succeeded, result.reason
    return result


def aws_run(
    server: AwsServer, flow: Program, url: str, run_id: str, folder: Path, sent: Mapping[str, Any] = {}
) -> Simulated:
    made = engines.compiled(flow, "stepfunctions", url)
    return on_stepfunctions(
        server, flow, made, store=open_store(url, server.env), run_id=run_id, parameters=sent, folder=folder
    )


def data_of(run: Run) -> Any:
    assert run.data is not None
    return run.data


@pytest.mark.airflow
def test_a_run_of_airflow_that_is_for_a_time(airflow: AirflowDriver, tmp_path: Path) -> None:
    url = (tmp_path / "store").as_uri()
    run_id = "manual__2026-12-01T06:00:00+00:00"
    flow = program(tmp_path, production=True, tags=TAGS)
    airflow_run(airflow, flow, url, run_id, tmp_path / "out", "2026-12-01T08:00:00+02:00")
    run = Run(f"Plain/fraud.prod.{run_id}", url)
    assert data_of(run).times == ["2026-12-01T06:00:00+00:00", None, None]
    assert data_of(run).tags == list(TAGS)
    assert data_of(run).user is None
    assert run.user_tags == set(TAGS)
    assert run.system_tags == {"runtime:airflow", "project:fraud", "project_branch:prod"}
    assert run.scheduler_id == f"fraud.prod.{run_id}"


@pytest.mark.airflow
def test_a_run_of_airflow_for_an_interval(airflow: AirflowDriver, tmp_path: Path) -> None:
    """A timetable of intervals, put in the place of the generated file's: what the templates yield is the run's."""
    url = (tmp_path / "store").as_uri()
    flow = program(tmp_path, branch="interval")
    made = engines.compiled(flow, "airflow", url)
    (definition,) = made.definition
    text = definition.data.decode()
    assert text.count("schedule=None") == 1
    own = text.replace("schedule=None", "schedule=CronDataIntervalTimetable('0 6 * * *', timezone='UTC')")
    own = own.replace("from airflow.sdk import ", "from airflow.sdk import CronDataIntervalTimetable, ")
    file = tmp_path / "interval_dag.py"
    file.write_text(own)
    upload_package(open_store(url), "Plain", made.code)
    result = airflow.run(
        file,
        dag_id="fraud.test.interval.Plain",
        run_id="daily",
        runner=[sys.executable],
        log_dir=tmp_path / "logs",
        logical_date="2026-12-01T06:00:00+00:00",
    )
    assert result.state == "success", result.import_errors
    begin, end = "2026-11-30T06:00:00+00:00", "2026-12-01T06:00:00+00:00"
    assert data_of(Run("Plain/fraud.test.interval.daily", url)).times == [end, begin, end]


@pytest.mark.airflow
def test_branches_of_airflow_do_not_touch_each_other(airflow: AirflowDriver, tmp_path: Path) -> None:
    """Airflow's run ids are the same in every DAG."""
    url = (tmp_path / "store").as_uri()
    run_id = "manual__2026-11-30T12:00:00+00:00"
    for branch in ("one", "two"):
        airflow_run(airflow, program(tmp_path, branch=branch), url, run_id, tmp_path / branch)
    runs = {branch: Run(f"Plain/fraud.test.{branch}.{run_id}", url) for branch in ("one", "two")}
    assert runs["one"].id != runs["two"].id
    for branch, run in runs.items():
        assert data_of(run).seen == [(f"test.{branch}", run.id)] * 2
        assert data_of(run).times == [None, None, None]
        assert all(len(task.attempts) == 1 for task in run.tasks)
    flow = Flow("Plain", url)
    assert len(flow.run_ids) == 2
    assert [run.id for run in flow.runs("project_branch:test.one")] == [runs["one"].id]


@pytest.mark.stepfunctions
def test_branches_of_step_functions(aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"s3://{BUCKET}/projects"
    for name, value in aws.env.items():
        monkeypatch.setenv(name, value)
    sent = {"flowc:logical_date": "2026-12-01T06:00:00Z"}
    for branch in ("one", "two"):
        flow = program(tmp_path, branch=branch, tags=TAGS)
        result = aws_run(aws, flow, url, "nightly", tmp_path / branch, sent)
        assert result.succeeded, result.reason
        run = Run(f"Plain/fraud.test.{branch}.nightly", url)
        assert result.run == run.id
        assert data_of(run).seen == [(f"test.{branch}", f"fraud.test.{branch}.nightly")] * 2
        assert data_of(run).times == ["2026-12-01T06:00:00+00:00", None, None]
        assert data_of(run).tags == list(TAGS)
        assert run.parameters == {}
    assert len(Flow("Plain", url).run_ids) == 2


@pytest.mark.stepfunctions
def test_a_date_that_is_none_ends_an_execution(aws: AwsServer, tmp_path: Path) -> None:
    url = f"s3://{BUCKET}/malformed"
    sent = {"flowc:logical_date": "<aws.scheduler.scheduled-time>"}
    result = aws_run(aws, program(tmp_path, production=True), url, "malformed", tmp_path / "out", sent)
    assert not result.succeeded
    (start,) = result.processes
    assert start.exit_code == 65
    assert "flowc:logical_date: `<aws.scheduler.scheduled-time>` is not a time" in start.tail
