"""Flows that inherit from modules beside their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.flowc import flowc

STAGES = """
from flowc import FlowSpec, step


class Stages(FlowSpec):
    @step(start=True)
    def first(self):
        self.next(self.{target})

    @step(end=True)
    def last(self):
        print("the last step")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flows" / "parts").mkdir(parents=True)
    flow = "from parts.stages import Stages\n\n\nclass Derived(Stages):\n    pass\n"
    (tmp_path / "flows" / "derived.py").write_text(flow)
    (tmp_path / "flows" / "parts" / "stages.py").write_text(STAGES.format(target="last"))
    return tmp_path


@pytest.mark.parametrize(("file", "cwd"), [("flows/derived.py", "."), ("derived.py", "flows")])
def test_a_problem_is_shown_in_the_file_that_has_it(file: str, cwd: str, folder: Path) -> None:
    place = folder / "flows" / "parts" / "stages.py"
    place.write_text(STAGES.format(target="lats"))
    result = flowc("check", file, cwd=folder / cwd)
    assert result.returncode == 1
    assert "FC206 error: there is no step `lats`" in result.stdout + result.stderr
    assert (
        f"--> {place.relative_to(folder / cwd)}:8:19\n 8 |         self.next(self.lats)"
        in result.stdout + result.stderr
    )


def test_it_runs(folder: Path) -> None:
    result = flowc("run", "derived.py", "--store", folder / "store", cwd=folder / "flows")
    assert result.returncode == 0, result.stderr
    assert "the last step" in result.stdout
