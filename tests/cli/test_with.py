"""Decorators that the command line adds to all steps, and what comes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowc import Flow
from tests.cli.flowc import flowc

FLOW = """import os
from flowc import FlowSpec, current, environment, retry, step

class Model(FlowSpec):
    @retry(times=0)
    @step
    def start(self):
        self.tries = [current.retry_count]
        self.next(self.end)

    @environment(vars={"LEVEL": "its own"})
    @step
    def end(self):
        self.tries = [*self.tries, current.retry_count]
        self.level = os.environ["LEVEL"]
        if current.retry_count < 2:
            raise RuntimeError
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(FLOW)
    return tmp_path


def test_a_run_tries_again(folder: Path) -> None:
    assert flowc("run", "model.py", cwd=folder).returncode == 1
    words = ["--with", "retry:times=2,minutes_between_retries=0", "--with", 'environment:vars={"LEVEL": "added"}']
    result = flowc("run", "model.py", *words, cwd=folder)
    assert result.returncode == 0, result.stderr
    run = Flow("Model", str(folder / ".flowc")).latest_run
    assert run.data is not None
    assert (run.data.tries, run.data.level) == ([0, 2], "its own")


def compiled(folder: Path, *words: str) -> str:
    """The state machine."""
    target = ["--target", "stepfunctions", "--store", "s3://bucket/p", "--output", "out"]
    result = flowc("compile", "model.py", *target, *words, cwd=folder)
    assert result.returncode == 0, result.stderr
    return (folder / "out" / "Model.asl.json").read_text()


def test_a_compiled_flow_has_it(folder: Path) -> None:
    assert "8000" not in compiled(folder)
    assert '"Value": "8000"' in compiled(folder, "--with", "resources:memory=8000")


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["run"],
        ["compile", "--target", "airflow", "--store", "s3://b/p", "--output", "out"],
        ["simulate", "--target", "airflow"],
    ],
)
def test_an_error_names_the_option(folder: Path, command: list[str]) -> None:
    result = flowc(command[0], "model.py", *command[1:], "--with", "retry:tims=3", cwd=folder)
    assert result.returncode == 1
    assert "FC107 error: `--with retry:tims=3`: `@retry` has no argument `tims`" in result.stderr
    assert "help: did you mean `times`?" in result.stderr
    assert not (folder / ".flowc").exists()


def test_reports_for_programs_have_it_without_a_place(folder: Path) -> None:
    result = flowc("check", "model.py", "--with", "retri", "--format", "json", cwd=folder)
    assert result.returncode == 1
    assert "`--with retri`" in json.dumps(json.loads(result.stdout))
