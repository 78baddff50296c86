"""`flowc run --step`: one step again, with the inputs of a run; also in a debugger."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flowc import Flow, Run
from tests.cli.flowc import contents, flowc
from tests.cli.terminal import Terminal

MODEL = """from metaflow import FlowSpec, Parameter, catch, current, retry, step, timeout

class Model(FlowSpec):
    k = Parameter("k", default=6)

    @step
    def start(self):
        self.divisors = [1, 3, 0]
        self.next(self.fit, foreach="divisors")

    @retry(times=1, minutes_between_retries=0)
    @step
    def fit(self):
        print("fitting", self.k, "by", self.input, "in", current.run_id, "of", current.origin_run_id)
        self.quotient = self.k // self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        self.quotients = [fit.quotient for fit in inputs]
        self.next(self.end)

    @step
    def end(self):
        print(self.quotients)
"""
MENDED = MODEL.replace("self.k // self.input", "self.k // (self.input or 2)")


class Place:
    """A folder with a flow and a store.

    Attributes:
        folder: The working directory.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"FLOWC_CACHE": str(folder / "cache")}

    def write(self, source: str) -> None:
        (self.folder / "model.py").write_text(source)

    def run(self, *words: str, code: int = 0) -> str:
        """`flowc run`; standard output, or standard error where that is expected to fail."""
        result = flowc("run", "model.py", *words, cwd=self.folder, env=self.environment)
        assert result.returncode == code, result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        return result.stderr if code else result.stdout

    @property
    def last(self) -> Run:
        return Flow("Model", str(self.folder / ".flowc")).latest_run

    def record(self, run: Run) -> Any:
        return json.loads((self.folder / ".flowc" / "Model" / "runs" / run.id / "run.json").read_text())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("FLOWC_CACHE", str(tmp_path / "cache"))
    return Place(tmp_path)


@pytest.fixture
def failed(place: Place) -> Place:
    """A run of which one task has failed; the flow is mended."""
    place.write(MODEL)
    place.run("--max-workers", "1", code=1)
    place.write(MENDED)
    return place


def test_a_step_gets_what_it_had_and_the_source_that_there_is_now(failed: Place) -> None:
    origin = failed.last
    before = contents(failed.folder / ".flowc" / "Model" / "runs" / origin.id)
    output = failed.run("--step", "fit", "--path", "2", "--from", origin.id)
    run = failed.last
    assert output == (
        f"run {run.pathspec}\n"
        f"step fit/2 with its inputs in run {origin.pathspec}\n"
        f"fit/2 | fitting 6 by 0 in {run.id} of {origin.id}\n"
        f"{'fit':<24} 1 done\n"
        f"run {run.pathspec} succeeded; its artifacts are in .flowc\n"
    )
    assert run["fit"]["2"].data.quotient == 3
    assert [task.pathspec for task in run.tasks] == [f"{run.pathspec}/fit/2"]
    assert [task.pathspec for task in run["fit"]["2"].parents] == [f"{origin.pathspec}/start/_"]
    assert (run.state, run.successful, run.origin_run_id) == ("succeeded", True, origin.id)
    assert contents(failed.folder / ".flowc" / "Model" / "runs" / origin.id) == before


def test_steps_can_be_run_one_after_the_other_each_from_the_run_before(failed: Place) -> None:
    first = failed.last
    failed.run("--step", "fit/2")
    second = failed.last
    failed.run("--step", "join")
    third = failed.last
    assert third["join"].task.data.quotients == [6, 2, 3]
    assert [t.pathspec.removeprefix("Model/") for t in third["join"].task.parents] == [
        f"{first.id}/fit/0",
        f"{first.id}/fit/1",
        f"{second.id}/fit/2",
    ]
    assert "end | [6, 2, 3]\n" in failed.run("--step", "end", "--from", third.pathspec)
    # what was run step by step is no result of the flow
    assert Flow("Model", str(failed.folder / ".flowc")).latest_successful_run is None


def test_the_default_is_the_last_run(failed: Place) -> None:
    first = failed.last
    failed.run("--step", "start")
    assert failed.last.origin_run_id == first.id
    assert failed.last["start"].task.splits == 3


@pytest.mark.parametrize("words", [("--step", "fit"), ("--step", "fit", "--path", "_")], ids=" ".join)
def test_a_task_has_to_be_named_where_there_are_several(words: tuple[str, ...], failed: Place) -> None:
    message = failed.run(*words, code=1)
    assert "FC611 error: " in message
    if "--path" not in words:
        assert "as in --path 2, which failed, or --path 0; there are 0, 1, 2" in message


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--step", "join"), "FC610", "`join` needs the results of `fit/2`, which has not finished"),
        (("--step", "end"), "FC610", "`end` needs the results of `join`, which has not finished"),
        (("--step", "fit/0", "--from", "Other/1"), "FC610", "not one of flow Model"),
        (("--step", "fit/3"), "FC611", "`start` has made no item 3"),
        (("--step", "fit/2.1"), "FC611", "inside 1 foreach"),
        (("--step", "end/1"), "FC611", "inside no foreach"),
        (("--step", "fti/1"), "FC611", "did you mean `fit`?"),
        (("--step", "fit/2", "--k", "x"), "FC602", "`k` is a whole number"),
        (("--step", "fit/2", "--kk", "1"), "FC601", "did you mean `k`?"),
    ],
)
def test_what_cannot_be_run(words: tuple[str, ...], code: str, message: str, failed: Place) -> None:
    before = contents(failed.folder / ".flowc")
    error = failed.run(*words, code=1)
    assert f"{code} error: " in error and message in error
    assert error.endswith("1 error; nothing was written or run\n")
    assert contents(failed.folder / ".flowc") == before


def test_the_flow_is_not_imported_for_a_step_that_cannot_run(failed: Place) -> None:
    failed.write(MENDED.replace("class Model", "print('imported')\n\nclass Model"))
    result = flowc("run", "model.py", "--step", "join", cwd=failed.folder, env=failed.environment)
    assert (result.returncode, result.stdout) == (1, "")
    assert failed.run("--step", "fit/0").startswith("run Model/")


def test_several_inputs_that_are_missing(place: Place) -> None:
    place.write(MODEL.replace("self.k // self.input", "self.k // 0"))
    place.run("--max-workers", "1", code=1)
    assert "`join` needs the results of `fit/0`, `fit/1` and `fit/2`, which have not" in place.run(
        "--step", "join", code=1
    )


@pytest.mark.parametrize(
    "words",
    [
        ("--path", "1"),
        ("--from", "x"),
        ("--pdb",),
        ("--step", "fit/2", "--path", "1"),
        ("--step", "fit", "--path", "a"),
        ("--step", "fit/1", "--max-workers", "2"),
    ],
    ids=" ".join,
)
def test_wrong_usage(words: tuple[str, ...], failed: Place) -> None:
    failed.run(*words, code=2)


def test_a_run_that_there_is_not(failed: Place) -> None:
    assert failed.run("--step", "fit/2", "--from", failed.last.id[:-1], code=1) == (
        f"error: there is no run `Model/{failed.last.id[:-1]}` in file://{failed.folder}/.flowc; "
        f"did you mean `{failed.last.id}`?\n"
    )


def test_parameters_are_as_they_were_or_as_they_are_given(failed: Place) -> None:
    failed.write(MENDED.replace("default=6", "default=7"))
    assert "fitting 6 by 1 " in failed.run("--step", "fit/0")
    assert "fitting 60 by 1 " in failed.run("--step", "fit/0", "--k", "60")
    # the last run had 60
    assert "fitting 60 by 1 " in failed.run("--step", "fit/0")
    assert failed.record(failed.last)["parameters"] == {"k": 60}


def test_parameters_that_are_new(failed: Place) -> None:
    new = 'n = Parameter("n", type=int, default=lambda context: len(context.flow_name))\n    k ='
    failed.write(MENDED.replace("k =", new, 1).replace('print("fitting"', 'print("n is", self.n, "fitting"'))
    assert "n is 5 fitting" in failed.run("--step", "fit/0")
    assert "n is 9 fitting" in failed.run("--step", "fit/0", "--n", "9")
    assert failed.record(failed.last)["parameters"] == {"n": 9, "k": 6}


def test_a_parameter_that_does_not_fit_any_more(failed: Place) -> None:
    failed.write(MENDED.replace('"k", default=6', '"k", default="six"'))
    error = failed.run("--step", "fit/0", code=1)
    assert "FC612 error: the value from run `Model/" in error
    assert "parameter `k` is text, not 6" in error
    assert "help: give another one: write it as in --k TEXT" in error


def test_a_parameter_that_has_gone_is_gone(failed: Place) -> None:
    failed.write(MENDED.replace('    k = Parameter("k", default=6)\n', "").replace("self.k", "12"))
    assert "fitting 12 by 3 " in failed.run("--step", "fit/1")
    assert failed.record(failed.last)["parameters"] == {}


def test_a_step_that_is_new(failed: Place) -> None:
    new = """self.next(self.check)

    @step
    def check(self):
        assert self.quotient > 0
        self.next(self.join)
"""
    failed.write(MENDED.replace("self.next(self.join)\n", new, 1))
    failed.run("--step", "check/1")
    error = failed.run("--step", "join", "--from", failed.last.origin_run_id or "", code=1)
    assert "needs the results of `check/0`, `check/1` and `check/2`" in error
    assert "help: the source has changed since: that run's flow had no step `check`" in error


def test_a_step_that_has_moved(failed: Place) -> None:
    failed.write(
        MENDED.replace('self.next(self.fit, foreach="divisors")', "self.next(self.split)").replace(
            "    @retry",
            "    @step\n    def split(self):\n        self.next(self.fit, foreach='divisors')\n\n    @retry",
        )
    )
    error = failed.run("--step", "fit/0", code=1)
    assert "FC610 error: step `fit` needs the results of `split`" in error
    failed.write(
        MENDED.replace("self.next(self.end)", "self.next(self.last)")
        .replace("def end", "def last")
        .replace(
            "    @step\n    def last(self):\n        print(self.quotients)\n",
            "    @step\n    def last(self):\n        self.next(self.end)\n\n    @step\n    def end(self): pass\n",
        )
    )
    error = failed.run("--step", "end", code=1)
    assert "that run's flow had no step `last`" in error


def test_a_failure_is_told_once_and_is_not_tried_again(place: Place) -> None:
    place.write(MODEL)
    place.run("--max-workers", "1", code=1)
    error = place.run("--step", "fit/2", code=1)
    assert re.search(r"^run Model/\S+ failed; what had finished is kept in \.flowc$", error, re.MULTILINE)
    assert "/fit/2 failed; its log is .flowc/" in error
    task = place.last["fit"]["2"]
    assert len(task.attempts) == 1
    assert "ZeroDivisionError" in task.log
    assert (place.last.state, place.last.successful, task.state) == ("failed", False, "failed")


def test_a_caught_failure_and_a_time_limit(place: Place) -> None:
    place.write(
        MODEL.replace("    @retry", '    @catch(var="problem")\n    @timeout(seconds=0.1)\n    @retry').replace(
            "self.k // self.input", "next(i for i in iter(int, 1) if i)"
        )
    )
    place.run("--max-workers", "3", code=1)
    place.run("--step", "fit/0")
    task = place.last["fit"]["0"]
    assert task.data.problem.type == "flowc.spec.StepTimeout"
    assert len(task.attempts) == 1


def test_show_and_runs_say_what_it_is(failed: Place) -> None:
    origin = failed.last
    failed.run("--step", "fit/2")
    shown = flowc("show", "Model", cwd=failed.folder, env=failed.environment).stdout
    assert f"inputs of  {origin.pathspec}\n" in shown
    assert "start" not in shown.partition("step")[2].replace("started", "").replace("start   duration", "")
    listed = flowc("runs", cwd=failed.folder, env=failed.environment).stdout.splitlines()
    assert "local, one step" in listed[1] and "one step" not in listed[2]
    rows = json.loads(flowc("runs", "--json", cwd=failed.folder, env=failed.environment).stdout)["runs"]
    assert [row["origin_run_id"] for row in rows] == [origin.id, None]


def test_included_files_are_as_they_were_or_as_they_are_given(failed: Place) -> None:
    folder = failed.folder
    for name in ("old", "new", "own"):
        (folder / f"{name}.txt").write_text(f"the {name} text")
    failed.write(
        MENDED.replace("FlowSpec,", "FlowSpec, IncludeFile,")
        .replace("k = Param", 'words = IncludeFile("words", default="old.txt")\n    k = Param', 1)
        .replace('print("fitting"', 'print(self.words, "fitting"')
    )
    # the run had no such parameter
    assert "the old text fitting" in failed.run("--step", "fit/0")
    source = (folder / "model.py").read_text()
    failed.write(source.replace("old.txt", "new.txt"))
    assert "the old text fitting" in failed.run("--step", "fit/0")
    assert "the own text fitting" in failed.run("--step", "fit/0", "--words", "own.txt")
    assert "the own text fitting" in failed.run("--step", "fit/1")
    assert set(failed.record(failed.last)["files"]) == {"words"}
    failed.write(source.replace('IncludeFile("words", default="old.txt")', 'Parameter("words", default="a")'))
    assert "FC612 error: " in failed.run("--step", "fit/0", code=1)
    assert "a word fitting" in failed.run("--step", "fit/0", "--words", "a word")
    failed.write(source)
    assert "parameter `words` is the place of a file" in failed.run("--step", "fit/0", code=1)


def test_tags_stay_and_are_added(failed: Place) -> None:
    failed.run("--tag", "first")
    failed.run("--step", "fit/0", "--tag", "second")
    assert failed.record(failed.last)["tags"] == ["first", "second"]


def test_a_parameter_called_path(place: Place) -> None:
    place.write(
        MENDED.replace("k = Param", 'path = Parameter("path", default="data")\n    k = Param', 1).replace(
            'print("fitting"', 'print(self.path, "fitting"'
        )
    )
    assert "here fitting 6 by 0" in place.run("--path", "here")
    assert "there fitting 6 by 0" in place.run("--step", "fit/2", "--path", "there")


# --- in a debugger ---------------------------------------------------------------------------------------------------


@pytest.fixture
def debug(failed: Place) -> Iterator[Callable[..., Terminal]]:
    """Runs the task of item 0 with `--pdb` on a terminal."""
    opened: list[Terminal] = []

    def start(source: str, **environment: str) -> Terminal:
        failed.write(source)
        words = [sys.executable, "-m", "flowc", "run", "model.py", "--step", "fit/2", "--pdb"]
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("FLOWC_", "AWS_", "PYTHONBREAKPOINT"))}
        # else the prompt would come in colours from some Python on
        own = {**failed.environment, "TERM": "dumb", "PYTHON_COLORS": "0", **environment}
        opened.append(Terminal(words, failed.folder, {**clean, **own}))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def test_an_exception_opens_the_debugger(debug: Callable[..., Terminal], failed: Place) -> None:
    terminal = debug(MODEL)
    terminal.expect("ZeroDivisionError")
    assert "model.py(15)fit()" in terminal.expect("(Pdb) ")
    terminal.type("p self.k, self.input, self.index")
    assert "(6, 0, 2)" in terminal.expect("(Pdb) ")
    terminal.type("q")
    assert terminal.end() == 1
    assert "Traceback (most recent call last):" in terminal.text
    assert "failed; what had finished is kept in .flowc" in terminal.text
    run = failed.last
    assert (run.state, run["fit"]["2"].state) == ("failed", "failed")
    assert run["fit"]["2"].exception is not None and run["fit"]["2"].exception["type"] == "ZeroDivisionError"


def test_a_breakpoint_stops_and_the_step_goes_on(debug: Callable[..., Terminal], failed: Place) -> None:
    stopped = "divisor = self.input\n        breakpoint()\n        self.quotient ="
    terminal = debug(MODEL.replace("self.quotient =", stopped).replace("// self.input", "// divisor"))
    assert "fitting 6 by 0" in terminal.expect("(Pdb) ")
    terminal.type("divisor = 3")
    terminal.expect("(Pdb) ")
    terminal.type("c")
    assert terminal.end() == 0
    assert failed.last["fit"]["2"].data.quotient == 2
    assert failed.last.state == "succeeded"


def test_to_quit_at_a_breakpoint_interrupts_the_run(debug: Callable[..., Terminal], failed: Place) -> None:
    terminal = debug(
        MODEL.replace("self.quotient =", "breakpoint()\n        self.quotient =").replace(
            "    @retry", "    @catch\n    @retry"
        )
    )
    terminal.expect("(Pdb) ")
    terminal.type("q")
    assert terminal.end() == 130
    assert "the step was ended in the debugger" in terminal.text
    assert "was interrupted" in terminal.text
    assert failed.last.state == "interrupted"
    assert not failed.last["fit"]["2"].successful


def test_to_quit_at_an_exception_that_would_be_caught_fails_the_run(
    debug: Callable[..., Terminal], failed: Place
) -> None:
    terminal = debug(MODEL.replace("    @retry", "    @catch(var='oops')\n    @retry"))
    assert "ZeroDivisionError" in terminal.expect("(Pdb) ")
    terminal.type("q")
    assert terminal.end() == 1
    run = failed.last
    assert (run.state, run["fit"]["2"].successful) == ("failed", False)
    assert run["fit"]["2"].exception is not None and run["fit"]["2"].exception["type"] == "ZeroDivisionError"


def test_what_no_debugger_has_shown_is_caught(debug: Callable[..., Terminal], failed: Place) -> None:
    terminal = debug(MODEL.replace("    @retry", "    @catch(var='oops')\n    @retry"), PYTHONBREAKPOINT="0")
    assert terminal.end() == 0
    assert failed.last["fit"]["2"].data.oops.type == "builtins.ZeroDivisionError"


def test_ctrl_c_opens_the_debugger_where_the_step_is(debug: Callable[..., Terminal], failed: Place) -> None:
    terminal = debug(
        MODEL.replace(
            "self.quotient =", "print('begun')\n        while True:\n            pass\n        self.quotient ="
        )
    )
    terminal.expect("begun\n")
    terminal.interrupt()
    assert "KeyboardInterrupt" in terminal.expect("(Pdb) ")
    terminal.type("q")
    assert terminal.end() == 130
    assert failed.last.state == "interrupted"


def test_the_debugger_is_the_user_s_own(debug: Callable[..., Terminal], failed: Place) -> None:
    (failed.folder / "mine.py").write_text(
        "def stop():\n    print('mine stops')\n\n"
        "def post_mortem(traceback):\n    print('mine examines', traceback.tb_lineno)\n"
    )
    source = MODEL.replace("self.quotient =", "breakpoint()\n        self.quotient =")
    terminal = debug(source, PYTHONBREAKPOINT="mine.stop")
    assert terminal.end() == 1
    assert "mine stops\n" in terminal.text and "mine examines 16\n" in terminal.text
    terminal = debug(source, PYTHONBREAKPOINT="0")
    assert terminal.end() == 1
    assert "Pdb" not in terminal.text and "ZeroDivisionError" in terminal.text


def test_there_is_no_time_limit_in_the_debugger(debug: Callable[..., Terminal], failed: Place) -> None:
    source = (
        MODEL.replace("    @retry", "    @timeout(seconds=0.01)\n    @retry")
        .replace("self.quotient =", "breakpoint()\n        self.quotient =")
        .replace("// self.input", "// 2")
    )
    terminal = debug(source)
    terminal.expect("(Pdb) ")
    # far longer than the limit
    terminal.type("import time; time.sleep(0.2)")
    terminal.expect("(Pdb) ")
    terminal.type("c")
    assert terminal.end() == 0


def test_a_module_that_cannot_be_imported_is_examined_too(debug: Callable[..., Terminal]) -> None:
    terminal = debug(MODEL.replace("class Model", "limit = int('x')\n\nclass Model"))
    assert "model.py(3)<module>()" in terminal.expect("(Pdb) ")
    terminal.type("q")
    assert terminal.end() == 1
