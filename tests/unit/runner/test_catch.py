"""`@catch`: what is kept of a step that has failed, and who sees to it."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from flowc.spec import CaughtError
from tests.projects import Project

Make = Callable[..., Project]

FLOW = """
    @step
    def start(self):
        self.given = "given"
        self.changed = [1]
        self.next(self.risky)

    {decorators}
    @step
    def risky(self):
        {body}
        self.next(self.end)

    @step
    def end(self):
        pass
"""
HEAD = "import os, signal, sys, threading, time\nfrom metaflow import catch, retry, timeout\n"
ANY_FLOW = ('@catch(var="failure")', "raise ValueError('no')")


def flow(decorators: str, body: str) -> str:
    lines = body.strip().splitlines()
    return FLOW.format(decorators=decorators, body=("\n" + " " * 8).join(lines))


@pytest.fixture
def risky(project: Make) -> Make:
    """Makes a project of a step's decorators and body, whose start task is finished."""

    def make(decorators: str, body: str, head: str = "") -> Project:
        made = project(flow(decorators, body), head=HEAD + head)
        assert made.run("start") == 0
        return made

    return make


def caught(made: Project, step: str = "risky", **fields: str) -> CaughtError:
    """The artifact of a failure that was caught."""
    assert made.commit(step) is not None
    failure = made.values(step, **fields)["failure"]
    assert isinstance(failure, CaughtError)
    return failure


def test_what_was_assigned_before_an_exception_is_kept(risky: Make) -> None:
    made = risky(
        '@catch(var="failure")', "self.new = 1\nself.changed.append(2)\ndel self.given\nraise ValueError('no')"
    )
    code, output = made.run_process("risky")
    assert code == 0
    failure = caught(made)
    assert (failure.type, failure.exception) == ("builtins.ValueError", "no")
    assert "raise ValueError('no')" in failure.stacktrace
    assert str(failure) == failure.stacktrace
    assert output == f"flowc: @catch goes on after this:\n{failure.stacktrace}"
    values = made.values("risky")
    assert {name: values[name] for name in values if name != "failure"} == {"new": 1, "changed": [1, 2]}
    assert made.record("risky").error is None


def test_without_a_failure_the_artifact_is_none(risky: Make) -> None:
    made = risky('@catch(var="failure")', "self.failure = 'before'")
    assert made.run_process("risky") == (0, "")
    assert made.values("risky")["failure"] is None


@pytest.mark.parametrize("decorator", ["@catch", "@catch()", "@catch(print_exception=False)"])
def test_without_a_name_nothing_is_kept_of_the_failure(risky: Make, decorator: str) -> None:
    made = risky(decorator, "raise ValueError('no')")
    code, output = made.run_process("risky")
    assert code == 0
    assert made.values("risky") == {"given": "given", "changed": [1]}
    assert ("ValueError" in output) is ("False" not in decorator)


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("sys.exit(3)", "builtins.SystemExit", "3"),
        ("raise MemoryError", "builtins.MemoryError", ""),
        ("getattr(self, 'noth' + 'ing')", "builtins.AttributeError", "step `risky` reads the artifact `nothing`"),
        ("self.lock = threading.Lock()", "flowc.runner.task.StepError", "artifact `lock` of type _thread.lock"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "flowc.spec.TaskDied", "the task was killed by signal SIGKILL"),
        ("os._exit(0)", "flowc.spec.TaskDied", "the task's process ended with exit code 0"),
    ],
)
def test_what_is_caught(risky: Make, body: str, kind: str, message: str) -> None:
    made = risky('@catch(var="failure")', f"print('last words')\nself.new = 1\n{body}")
    code, output = made.run_process("risky")
    assert code == 0
    assert "last words" in output
    failure = caught(made)
    assert failure.type == kind
    assert failure.exception.startswith(message)
    values = made.values("risky")
    assert values["given"] == "given"
    assert "lock" not in values
    assert ("new" in values) is (kind != "flowc.spec.TaskDied")
    if kind == "flowc.spec.TaskDied":
        assert output == f"last words\nflowc: {failure.exception}\nflowc: @catch goes on after this\n"
        assert failure.stacktrace.startswith("last words\n")
    assert made.log("risky") == output


def test_a_module_that_cannot_be_imported_is_caught(risky: Make) -> None:
    made = risky(*ANY_FLOW, head="if 'GO' in os.environ: raise ImportError('gone')\n")
    assert made.run_process("risky", GO="1")[0] == 0
    assert caught(made).type == "builtins.ImportError"
    assert made.values("risky")["given"] == "given"


def test_a_step_is_tried_before_it_is_caught(risky: Make) -> None:
    made = risky('@catch(var="failure")\n    @retry(times=2)', "raise ValueError(current.retry_count)")
    for retry in (0, 1):
        assert made.run_process("risky", attempt=f"a{retry}", FLOWC_RETRY=str(retry))[0] == 1
        assert made.record("risky", attempt=f"a{retry}").error["message"] == str(retry)  # type: ignore[index]
        assert made.commit("risky") is None
    assert made.run_process("risky", attempt="a2", FLOWC_RETRY="2")[0] == 0
    assert caught(made, attempt="a2").exception == "2"


def test_the_last_try_is_for_attempts_that_were_lost(risky: Make) -> None:
    made = risky('@catch(var="failure")\n    @retry(times=2)', "raise ValueError", head="print('imported')\n")
    assert made.run_process("risky", FLOWC_RETRY="3") == (0, "")
    failure = caught(made)
    assert failure.type == "flowc.spec.TaskDied"
    assert str(failure) == (
        "flowc.spec.TaskDied: step `risky` was tried 3 times, and its last attempt has left no result"
    )
    assert made.values("risky")["given"] == "given"
    assert made.plan.steps["risky"].further_tries == 3


def test_a_task_without_catch_runs_on_any_try(risky: Make) -> None:
    made = risky("@retry(times=0)", "self.new = current.retry_count")
    assert made.run_process("risky", FLOWC_RETRY="3") == (0, "")
    assert made.values("risky")["new"] == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_task_that_is_told_to_end_is_not_caught(risky: Make, number: signal.Signals) -> None:
    made = risky('@catch(var="failure")', "print('ready')\nwhile True: time.sleep(0.01)")
    process = made.start_process("risky")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate()
    assert process.returncode == 128 + number
    assert made.commit("risky") is None
    assert made.record("risky").error["type"] == "terminated"  # type: ignore[index]


def test_a_task_that_tells_itself_to_end_is_not_caught(risky: Make) -> None:
    made = risky(ANY_FLOW[0], "os.kill(os.getpid(), signal.SIGTERM)")
    assert made.run_process("risky")[0] == 143
    assert made.commit("risky") is None


def test_a_store_that_fails_is_not_caught(risky: Make) -> None:
    made = risky(*ANY_FLOW)
    assert made.run_process("risky", FLOWC_STORE="file:///dev/null/x")[0] == 75
    assert made.commit("risky") is None


def test_a_start_task_and_a_join(project: Make) -> None:
    made = project(
        """
    @catch(var="failure")
    @step
    def start(self):
        os.kill(os.getpid(), signal.SIGKILL)
        self.next(self.a, self.b)

    @step
    def a(self):
        self.x = 1
        self.next(self.join)

    @step
    def b(self):
        self.next(self.join)

    @catch(var="failure")
    @step
    def join(self, inputs):
        self.x = inputs.a.x
        raise AttributeError("x")
        self.next(self.end)

    @step
    def end(self):
        pass
""",
        head=HEAD,
    )
    assert [made.run_process(step)[0] for step in ("start", "a", "b", "join", "end")] == [0] * 5
    assert caught(made, "start").type == "flowc.spec.TaskDied"
    assert caught(made, "join").type == "builtins.AttributeError"
    assert made.values("end")["x"] == 1
    assert [step for step, _, _ in made.record("join").parents] == ["a", "b"]
    assert made.run_process("join", attempt="a2", FLOWC_RETRY="1") == (0, "")
    assert list(made.values("join", attempt="a2")) == ["failure"]
