"""Warnings are shown by every command, and stop none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.flowc import flowc

DOUBTFUL = """from metaflow import FlowSpec, step

class Doubtful(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.b)

    @step
    def a(self):
        self.x = int("1")
        self.next(self.join)

    @step
    def b(self):
        self.x = 1
        self.next(self.join)

    @step
    def join(self, inputs):
        self.merge_artifacts(inputs)
        self.next(self.end)

    @step
    def end(self):
        print(self.x)
"""


@pytest.mark.parametrize(
    "words",
    [
        ("check", "doubtful.py"),
        ("graph", "doubtful.py"),
        ("compile", "doubtful.py", "--target", "airflow", "--store", "s3://bucket", "-o", "out"),
        ("compile", "doubtful.py", "--target", "stepfunctions", "--store", "s3://bucket", "-o", "out"),
        ("run", "doubtful.py", "--store", "store"),
    ],
    ids=" ".join,
)
def test_a_warning_stops_no_command(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "doubtful.py").write_text(DOUBTFUL)
    result = flowc(*words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("FC303 warning: join `join` merges `x`") == 1
    (tmp_path / "doubtful.py").write_text(DOUBTFUL.replace("(inputs)\n", "(inputs)  # flowc: ignore[FC303]\n"))
    assert "FC303" not in flowc(*words, cwd=tmp_path).stderr
