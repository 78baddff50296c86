"""`flowc simulate --target airflow`, of steps that are no pods."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc import Flow
from tests.cli.flowc import EXAMPLES, flowc

FLOWS = Path(__file__).parents[1] / "conformance" / "flows"

pytestmark = pytest.mark.airflow


def test_jobs_of_batch_leave_their_artifacts_in_the_usual_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = flowc("simulate", FLOWS / "on_batch.py", "--target", "airflow", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "fit/1 done\n" in result.stdout
    monkeypatch.chdir(tmp_path)
    run = Flow("OnBatch").latest_run
    assert run is not None
    assert run.data.names == ["A", "B"]


@pytest.mark.parametrize("compute", ["docker", "local"])
def test_what_runs_on_this_machine_uses_the_usual_store(
    compute: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("simulate", EXAMPLES / "hello.py", "--target", "airflow", "--compute", compute)
    result = flowc(*words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "end done\n" in result.stdout
    monkeypatch.chdir(tmp_path)
    assert Flow("Hello").latest_successful_run is not None
