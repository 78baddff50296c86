"""Time limits: raised in the step's code, and enforced on code that does not listen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from flowc.runner.words import Teller, Words
from tests.projects import Project

Make = Callable[..., Project]

FLOW = """
    @timeout(seconds={seconds})
    @step
    def start(self):
        {start}
        self.next(self.end)

    @step
    def end(self):
        pass
"""
HEAD = "from metaflow import timeout\nimport signal, time\n"

IMPATIENT = """
import os, sys
from flowc.runner import words
words.GRACE_S = 0.3
from flowc.runner.__main__ import main
sys.exit(main(os.environ))
"""
"""The runner, with little grace."""

DEAF = [
    "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]); time.sleep(600)",
    "while True:\n            try: time.sleep(600)\n            except Exception: pass",
]


def one(start: str, seconds: float = 0.2) -> str:
    return FLOW.format(start=start, seconds=seconds)


@pytest.mark.parametrize("start", ["while True: pass", "time.sleep(600)", "signal.pause()"])
def test_it_is_raised_where_the_code_is(project: Make, start: str) -> None:
    made = project(one(start), head=HEAD)
    code, output = made.run_process("start")
    assert code == 1
    assert made.commit("start") is None
    error = made.record("start").error
    assert error is not None
    assert error["type"] == "flowc.spec.StepTimeout"
    assert error["message"] == "step `start` has not ended within its time limit of 0.2 s"
    assert start in error["traceback"]
    assert output == error["traceback"]


def test_the_import_of_the_flow_counts(project: Make) -> None:
    made = project(one("pass"), head=HEAD + "\nif __name__ != '__main__':\n    time.sleep(600)\n")
    assert made.run_process("start")[0] == 1
    assert made.record("start").error["type"] == "flowc.spec.StepTimeout"  # type: ignore[index]
    assert "time.sleep(600)" in made.record("start").error["traceback"]  # type: ignore[index]


def test_saving_does_not_count(project: Make) -> None:
    slow = "class Slow:\n    def __reduce__(self):\n        time.sleep(0.6)\n        return Slow, ()\n"
    made = project(one("self.slow = Slow()"), head=HEAD + slow)
    assert made.run_process("start") == (0, "")


@pytest.mark.parametrize("start", DEAF)
def test_code_that_does_not_listen_is_killed(project: Make, start: str) -> None:
    made = project(one(start), head=HEAD)
    done = subprocess.run(
        [sys.executable, "-c", IMPATIENT], env=made.environment("start"), capture_output=True, text=True, timeout=60
    )
    message = "the task did not end 0.3 s after its time limit of 0.2 s, and was killed"
    assert (done.returncode, done.stdout) == (1, f"flowc: {message}\n")
    error = made.record("start").error
    assert error is not None
    assert (error["type"], error["message"]) == ("died", message)
    assert made.commit("start") is None


def test_closing_the_output_does_not_help(project: Make) -> None:
    made = project(one(f"os.close(1); os.close(2); {DEAF[0]}"), head=HEAD + "import os\n")
    done = subprocess.run([sys.executable, "-c", IMPATIENT], env=made.environment("start"), timeout=60, check=False)
    assert done.returncode == 1


def test_words_are_heard_whole() -> None:
    read, write = os.pipe()
    words, teller = Words(read, grace_s=0), Teller(write)
    teller.limit(0.0)
    assert words.listen()
    assert words.is_overdue()
    assert words.overrun() == "the task did not end 0 s after its time limit of 0 s, and was killed"
    words = Words(read, grace_s=0)
    teller.limit(0.0)
    teller.limit(None)
    assert words.listen()
    assert (words.limit_s, words.code, words.is_overdue()) == (None, None, False)
    teller.limit(0.0)
    teller.exit(75)
    os.close(write)
    words.listen_to_end()
    assert (words.code, words.is_overdue(), words.listen()) == (75, False, False)
    words.close()
