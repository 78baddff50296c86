"""Every flow, on every engine, with the same results: the literal ones in its own file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowc import Run
from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.stepfunctions import AwsServer
from tests.conformance import engines
from tests.conformance.conftest import BUCKET
from tests.conformance.expectations import Case, cases, check

CASES = pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
STORES = pytest.mark.parametrize("kind", ["directory", "s3"])


@pytest.fixture
def environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The `AWS_*` variables for the store; the client reads them from this process's environment."""
    found = request.getfixturevalue("aws").env if request.node.callspec.params.get("kind") != "directory" else {}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def store_url(kind: str, engine: str, tmp_path: Path) -> str:
    return f"s3://{BUCKET}/{engine}/of stores" if kind == "s3" else (tmp_path / "a store").as_uri()


@CASES
@STORES
def test_local(case: Case, kind: str, environment: dict[str, str], tmp_path: Path) -> None:
    url = store_url(kind, "local", tmp_path)
    run = engines.run_local(case.file, url, case.expected.get("parameters", {}), environment)
    check(Run(f"{case.flow}/{run}", url), case)


@CASES
@STORES
@pytest.mark.airflow
def test_airflow(case: Case, kind: str, environment: dict[str, str], airflow: AirflowDriver, tmp_path: Path) -> None:
    url = store_url(kind, "airflow", tmp_path)
    # as Airflow names a manual run; the characters are not those of a key
    run_id = f"manual__2026-11-30T12:00:00+00:00_{kind}"
    flow = engines.program(case.file)
    parameters = case.expected.get("parameters", {})
    result = engines.run_airflow(airflow, flow, url, run_id, parameters, environment, tmp_path / "out")
    assert result.succeeded is (case.expected["state"] == "succeeded"), result.reason
    check(Run(f"{case.flow}/{run_id}", url), case)


@CASES
@pytest.mark.stepfunctions
def test_stepfunctions(case: Case, environment: dict[str, str], aws: AwsServer, tmp_path: Path) -> None:
    url = store_url("s3", "stepfunctions", tmp_path).replace(" ", "-")
    flow = engines.program(case.file)
    run_id = f"run-{os.urandom(4).hex()}"
    result = engines.run_stepfunctions(aws, flow, url, run_id, case.expected.get("parameters", {}), tmp_path / "out")
    assert result.succeeded is (case.expected["state"] == "succeeded"), result.reason
    check(Run(f"{case.flow}/{run_id}", url), case)
