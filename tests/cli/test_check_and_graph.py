"""`flowc check` and `flowc graph`, and what all commands have in common."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.flowc import EXAMPLES, contents, flowc

BROKEN = """from metaflow import FlowSpec, step

class Broken(FlowSpec):
    @step
    def start(self):
        self.next(self.nope)

    @step
    @magic
    def middle(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_sound_flow(tmp_path: Path) -> None:
    result = flowc("check", EXAMPLES / "hello.py", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{EXAMPLES / 'hello.py'}: flow Hello, 2 steps, no problems found\n"
    assert contents(tmp_path) == {}


def test_all_problems_at_once(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    result = flowc("check", "broken.py", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "FC206 error: there is no step `nope`" in result.stderr
    assert "--> broken.py:6:19\n 6 |         self.next(self.nope)\n   |                   ^^^^^^^^^" in result.stderr
    assert "FC106 error" in result.stderr
    assert result.stderr.endswith("2 errors; nothing was written or run\n")
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("compile", "broken.py", "--target", "airflow", "--store", "s3://bucket", "-o", "out"),
        ("compile", "broken.py", "--target", "stepfunctions", "--store", "s3://bucket", "-o", "out"),
        ("run", "broken.py", "--store", "store"),
        ("simulate", "broken.py", "--target", "airflow", "--store", "store", "-o", "out"),
        ("graph", "broken.py"),
    ],
    ids=" ".join,
)
def test_a_broken_flow_stops_every_command(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    result = flowc(*words, cwd=tmp_path)
    assert result.returncode == 1
    assert "FC206" in result.stderr
    assert contents(tmp_path) == {"broken.py": BROKEN.encode()}


def test_a_missing_file(tmp_path: Path) -> None:
    result = flowc("check", "nowhere.py", cwd=tmp_path)
    assert result.returncode == 1
    assert "FC102" in result.stderr and "nowhere.py" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["json.py", "re.py", "flowc.py", "obstore.py"])
def test_a_file_that_would_hide_a_module(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "flows"  # `python -m flowc` itself would find it in the working directory
    folder.mkdir()
    (folder / name).write_bytes((EXAMPLES / "hello.py").read_bytes())
    for command in ("check", "run"):
        result = flowc(command, folder / name, cwd=tmp_path)
        assert result.returncode == 1
        assert f"FC003 error: a flow's file cannot be called `{name}`" in result.stderr
    assert list(contents(tmp_path)) == [f"flows/{name}"]


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_bytes((EXAMPLES / "hello.py").read_bytes())
    os.mkfifo(tmp_path / "pipe.py")
    assert flowc("run", "hello.py", cwd=tmp_path).returncode == 0
    result = flowc("check", "pipe.py", cwd=tmp_path)
    assert result.returncode == 1
    assert "FC102" in result.stderr and "not a regular file" in result.stderr


def test_ctrl_c_before_a_command_runs() -> None:
    script = """
import sys, types
early = types.ModuleType("flowc.cli.commands")
def interrupted(name):
    raise KeyboardInterrupt
early.__getattr__ = interrupted
sys.modules["flowc.cli.commands"] = early
from flowc.cli import main
main(["check", "x.py"])
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (130, "\ninterrupted\n")


def test_graph() -> None:
    mermaid = flowc("graph", EXAMPLES / "three_branches.py")
    assert (mermaid.returncode, mermaid.stderr) == (0, "")
    assert mermaid.stdout.startswith("flowchart TD\n")
    dot = flowc("graph", EXAMPLES / "three_branches.py", "--format", "dot")
    assert dot.stdout.startswith("digraph") and dot.stdout.rstrip().endswith("}")


def test_wrong_usage() -> None:
    result = flowc("compile", EXAMPLES / "hello.py", "--target", "cron", "-o", "x")
    assert result.returncode == 2
    assert "there is no target `cron`; there are airflow, stepfunctions" in result.stderr


def test_version() -> None:
    from flowc import __version__

    assert flowc("--version").stdout == f"flowc, version {__version__}\n"
