"""The flows on the last Airflow before 3, for which an option makes the files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowc import Run
from flowc.simulate.airflow import AirflowDriver
from tests.conformance import engines
from tests.conformance.expectations import Case, check
from tests.conformance.test_conformance import cases, environment, given, store_url

__all__ = ["environment"]

PYTHON = Path(sys.prefix).parent / ".venv-airflow2" / "bin" / "python"


@pytest.fixture(scope="module")
def airflow2() -> Iterator[AirflowDriver]:
    """A running Airflow 2.11."""
    with AirflowDriver(python=PYTHON) as driver:
        assert driver.version.startswith("2.11.")
        yield driver


@cases("airflow")
@pytest.mark.parametrize("kind", ["directory"])
@pytest.mark.airflow
def test_airflow2(case: Case, kind: str, environment: dict[str, str], airflow2: AirflowDriver, tmp_path: Path) -> None:
    url = store_url(kind, "airflow2", tmp_path)
    run_id = f"manual__2026-11-30T12:00:00+00:00_{case.name}"
    flow = engines.program(case.file)
    parameters = given(case, url, environment, tmp_path)
    result = engines.run_airflow(
        airflow2, flow, url, run_id, parameters, environment, tmp_path / "out", airflow_version="2.11"
    )
    assert result.succeeded is (case.expected["state"] == "succeeded"), result.reason
    check(Run(f"{case.flow}/{flow.flow.run_id_prefix}{run_id}", url), case)
