"""A run of any engine, of which single steps are run again here: with the inputs that they had there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flowc import Run, Task
from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.stepfunctions import AwsServer
from tests.conformance import engines
from tests.conformance.conftest import BUCKET
from tests.conformance.expectations import EXAMPLES

FLOW = EXAMPLES / "nested_foreach.py"

ARTIFACTS: dict[str, dict[str, Any]] = {
    "start/_": {"regions": ["north", "south"]},
    "shop/1.0": {"regions": ["north", "south"], "region_name": "south", "shops": ["Faro", "Nice", "Roma"]}
    | {"sales": [9, 11]},
    "region_total/1": {
        "region_name": "south",
        "by_shop": {"south/Faro": 20, "south/Nice": 18, "south/Roma": 90},
        "total": 128,
    },
    "end/_": {
        "by_shop": {"north/Oslo": 27, "north/Umeå": 7, "south/Faro": 20, "south/Nice": 18, "south/Roma": 90},
        "by_region": {"north": 34, "south": 128},
        "total": 162,
    },
}
"""What tasks are expected to make: a first one, one in two foreachs, a join in a foreach, the last one."""

PARENTS = {
    "start/_": [],
    "shop/1.0": ["region/1"],
    "region_total/1": ["add/1.0", "add/1.1", "add/1.2"],
    "end/_": ["grand_total/_"],
}


def check(run: Run, url: str, environment: dict[str, str]) -> None:
    """Run each of these tasks again, from a run that has all its inputs."""
    for name, expected in ARTIFACTS.items():
        step, _, path = name.partition("/")
        again = rerun(run, url, environment, step, path)
        assert (again.state, again.engine, again.origin_run_id) == ("succeeded", "local", run.id)
        (task,) = again.tasks
        assert task.pathspec == f"{again.pathspec}/{name}"
        assert {artifact: task[artifact] for artifact in task.artifacts} == expected
        assert [parent.pathspec for parent in task.parents] == [f"{run.pathspec}/{p}" for p in PARENTS[name]]
        # nothing is different in it from what the scheduler's own task has made
        before = Task(f"{run.pathspec}/{name}", url)
        assert {a.id: a.sha for a in task} == {a.id: a.sha for a in before}


def rerun(run: Run, url: str, environment: dict[str, str], step: str, path: str) -> Run:
    words = [str(FLOW), "--store", url, "--step", step, "--path", path, "--from", run.scheduler_id]
    done = subprocess.run(
        [sys.executable, "-m", "flowc", "run", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    started = re.search(r"^run (\S+)$", done.stdout, re.MULTILINE)
    assert started
    return Run(started[1], url)


@pytest.fixture
def environment(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, value in aws.env.items():
        monkeypatch.setenv(name, value)
    return aws.env


def test_of_a_local_run(environment: dict[str, str]) -> None:
    url = f"s3://{BUCKET}/again/local"
    run = engines.run_local(FLOW, url, {}, environment)
    check(Run(f"NestedForeach/{run}", url), url, environment)


@pytest.mark.airflow
def test_of_a_run_on_airflow(environment: dict[str, str], airflow: AirflowDriver, tmp_path: Path) -> None:
    url = f"s3://{BUCKET}/again/airflow"
    run_id = "manual__2026-12-01T06:00:00+00:00_again"
    flow = engines.program(FLOW)
    assert engines.run_airflow(airflow, flow, url, run_id, {}, environment, tmp_path / "out").succeeded
    check(Run(f"NestedForeach/{run_id}", url), url, environment)


@pytest.mark.stepfunctions
def test_of_a_run_on_step_functions(environment: dict[str, str], aws: AwsServer, tmp_path: Path) -> None:
    url = f"s3://{BUCKET}/again/stepfunctions"
    flow = engines.program(FLOW)
    assert engines.run_stepfunctions(aws, flow, url, "again", {}, tmp_path / "out").succeeded
    check(Run("NestedForeach/again", url), url, environment)
