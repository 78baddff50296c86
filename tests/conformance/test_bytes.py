"""What the engines execute is what `flowc compile` writes, byte for byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.stepfunctions import AwsServer
from tests.cli.flowc import EXAMPLES, flowc
from tests.conformance import engines
from tests.conformance.conftest import BUCKET

FLOW = EXAMPLES / "three_branches.py"


def compiled_by_command(target: str, store: str, folder: Path) -> str:
    """SHA-256 of the definition that the command line writes."""
    words = ("compile", FLOW, "--target", target, "--store", store, "--image", engines.IMAGE, "-o", folder)
    result = flowc(*words)
    assert result.returncode == 0, result.stderr
    definition = Path(result.stdout.split()[0])
    return hashlib.sha256((folder / definition.name).read_bytes()).hexdigest()


def test_airflow(airflow: AirflowDriver, tmp_path: Path) -> None:
    store = (tmp_path / "store").as_uri()
    expected = compiled_by_command("airflow", store, tmp_path / "command")
    result = engines.run_airflow(airflow, engines.program(FLOW), store, "bytes", {}, {}, tmp_path / "engine")
    assert result.succeeded
    assert result.digest == expected


def test_stepfunctions(aws: AwsServer, tmp_path: Path) -> None:
    store = f"s3://{BUCKET}/bytes"
    expected = compiled_by_command("stepfunctions", store, tmp_path / "command")
    result = engines.run_stepfunctions(aws, engines.program(FLOW), store, "bytes", {}, tmp_path / "engine")
    assert result.succeeded
    assert result.digest == expected
