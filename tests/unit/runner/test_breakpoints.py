"""`breakpoint()` in tasks, which have no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from flowc.runner.breakpoints import explain_breakpoints
from tests.projects import Project

STOPPING = """
    @step
    def start(self):
        self.xs = [1]
        self.next(self.body, foreach="xs")

    @step
    def body(self):
        breakpoint()
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""

Make = Callable[..., Project]


@pytest.fixture
def made(project: Make) -> Project:
    """A flow whose step `body` stops; `start` has run."""
    made = project(STOPPING, files={"remote.py": "def stop():\n    print('listening')\n"})
    assert made.run_process("start") == (0, "")
    return made


@pytest.mark.parametrize("hook", ["", "pdb.set_trace", "ipdb.set_trace"])
def test_it_says_how_to_get_a_terminal(made: Project, hook: str) -> None:
    code, output = made.run_process("body", 0, PYTHONBREAKPOINT=hook)
    assert code == 1
    run = made.address("body").run
    assert f"`flowc run FLOW.py --step body/0 --from {run} --pdb`" in output
    first, line, call, *_ = output.splitlines()
    assert (first, call) == ("Traceback (most recent call last):", "    breakpoint()")
    assert line.endswith(", in body")
    assert output.count('  File "') == 1
    assert made.commit("body", 0) is None


def test_breakpoints_can_be_passed_over(made: Project) -> None:
    assert made.run_process("body", 0, PYTHONBREAKPOINT="0") == (0, "")


def test_a_debugger_that_needs_no_terminal_is_called(made: Project) -> None:
    assert made.run_process("body", 0, PYTHONBREAKPOINT="remote.stop") == (0, "listening\n")


def test_one_that_has_taken_breakpoints_over_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "breakpointhook", list)
    explain_breakpoints()
    assert sys.breakpointhook is list
