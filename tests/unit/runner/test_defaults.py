"""Defaults that the start task finds: when, how often, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowc.contract import run_json_key
from flowc.runner import parameters
from tests.projects import Project
from tests.stores import Recording
from tests.unit.runner.conftest import HEAD

Make = Callable[..., Project]

STEPS = """
    {decorators}
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def one(definition: str, decorators: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in definition.strip().splitlines())
    return lines + STEPS.format(decorators=decorators)


def record(made: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made.store.read(run_json_key("Made", made.address("start").run)))
    return found


def has_begun(made: Project) -> bool:
    """Whether all of its parameters are known."""
    return made.store.exists(run_json_key("Made", made.address("start").run)) and "incomplete" not in record(made)


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ("default=str(1)", "1"),
        ("default=int('3')", 3),
        ("default=float(2)", 2.0),
        ("default=bool(1)", True),
        ("default=dict().get(1)", None),
        ("default=int(3), type=float", 3.0),
        ("default=list('ab'), type=JSONType", ["a", "b"]),
        ("default=tuple('ab'), type=JSONType", ["a", "b"]),
        ("default=json.dumps([1, None]), type=JSONType", [1, None]),
        ("default=lambda context: '[1]', type=JSONType", [1]),
        ("default=lambda context: {'a': (1,)}, type=JSONType", {"a": [1]}),
        ("default=lambda context: None, type=JSONType", None),
        ("default=lambda context: 'text'", "text"),
        ("default=lambda context: 3, type=int", 3),
        ("default=lambda context: 3, type=float", 3.0),
        ("default=lambda context: None", None),
        ("default=partial('{0.parameter_name}'.format)", "p"),
        ("default=Text('of a subclass')", "of a subclass"),
        ("default=lambda context: Text('{{ a }} \\'\\n ü')", "{{ a }} '\n ü"),
    ],
)
def test_the_value_is_of_the_type_that_is_written_or_that_it_has(project: Make, arguments: str, value: Any) -> None:
    head = "import json\nfrom functools import partial\n\nclass Text(str):\n    pass\n"
    made = project(one(f'p = Parameter("p", {arguments})'), head=head)
    assert made.run("start") == 0
    assert made.run("end") == 0
    for step in ("start", "end"):
        found = made.values(step)["p"]
        assert found == value
        assert type(found) is type(value)
    assert record(made)["parameters"] == {"p": value}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("default=list('ab')", "is ['a', 'b'] (list), and its type is not given: add `type=JSONType`"),
        ("default=set()", "its type is not given: make it a str, int, float or bool, or give its `type`"),
        ("default=str(1), type=int", "the default of parameter `p` is '1' (str), and its type is int"),
        ("default=bool(1), type=int", "is True (bool), and its type is int"),
        ("default=bool(1), type=float", "is True (bool), and its type is float"),
        ("default=int(1), type=bool", "is 1 (int), and its type is bool"),
        ("default=float('nan')", "is nan (float), which is no finite number"),
        ("default=lambda context: 3", "is 3 (int), and its type is str"),
        ("default=lambda context: 'x', type=float", "is 'x' (str), and its type is float"),
        ("default=lambda context: '[1', type=JSONType", "is not JSON: Expecting ',' delimiter at character 3"),
        ("default=lambda context: {1: 2}, type=JSONType", "cannot be JSON: the key 1 is not a string"),
        ("default=lambda context: [float('inf')], type=JSONType", "cannot be JSON: inf is not a number in JSON"),
        ("default=set(), type=JSONType", "cannot be JSON: set() (set) has no JSON form"),
    ],
)
def test_a_value_of_another_type_fails_the_start_task(
    project: Make, capfd: pytest.CaptureFixture[str], arguments: str, message: str
) -> None:
    made = project(one(f'p = Parameter("p", {arguments})'))
    assert made.run("start") == 1
    error = made.record("start").error
    assert error is not None
    assert message in error["message"]
    assert error["traceback"] == error["message"] + "\n"
    assert error["message"] in capfd.readouterr().out
    assert not has_begun(made)


def test_an_exception_is_one_of_the_start_task_with_the_user_s_traceback(project: Make) -> None:
    made = project(one('p = Parameter("p", default=make)'), head="def make(context):\n    return 1 / 0\n")
    code, output = made.run_process("start")
    assert code == 1
    error = made.record("start").error
    assert error is not None
    assert (error["type"], error["message"]) == ("ZeroDivisionError", "division by zero")
    assert error["traceback"].splitlines()[1].endswith(", in make")
    assert output == error["traceback"]
    assert not has_begun(made)


def test_a_function_knows_where_it_is(project: Make) -> None:
    head = """
import os

def make(context):
    print("printed")
    context.logger("logged", bad=True)
    assert current.step_name == "start" and current.run_id == "run-1-" + current.run_id[6:]
    assert os.environ["OF_THE_STEP"] == "set"
    assert context.configs is None
    return [context.flow_name, context.user_name, context.parameter_name, context.ds_type]

from flowc import environment
"""
    definition = 'p = Parameter("p", type=JSONType, default=make)\nq = Parameter("q", type=JSONType, default=make)'
    made = project(one(definition, '@environment(vars={"OF_THE_STEP": "set"})'), head=head)
    code, output = made.run_process("start", FLOWC_USER="ada")
    assert (code, output) == (0, "printed\nlogged\n" * 2)
    assert made.values("start") == {"p": ["Made", "ada", "p", "local"], "q": ["Made", "ada", "q", "local"]}
    assert made.log("start") == output


def test_nobody_has_started_a_run_that_a_scheduler_has(project: Make) -> None:
    definition = 'p = Parameter("p", type=JSONType, default=lambda context: [context.user_name, current.username])'
    made = project(one(definition))
    assert made.run_process("start") == (0, "")
    assert made.values("start") == {"p": [None, None]}


COUNTING = """
import pathlib

def count(context):
    with open({file!r}, "a") as out:
        out.write(context.parameter_name)
    return "found"
"""


def counted(project: Make, tmp_path: Path, definition: str, decorators: str = "") -> tuple[Project, Path]:
    file = tmp_path / "calls"
    file.write_text("")
    head = COUNTING.format(file=str(file)) + "from flowc import catch, retry\n"
    return project(one(definition, decorators), head=head), file


def test_a_function_is_called_once_a_run_and_by_the_start_task(project: Make, tmp_path: Path) -> None:
    made, calls = counted(project, tmp_path, 'p = Parameter("p", default=count)\nq = Parameter("q", default=count)')
    assert calls.read_text() == ""
    assert made.run("start") == 0
    assert made.run("start", attempt="a2") == 0
    assert made.run("end") == 0
    assert calls.read_text() == "pq"
    assert made.values("start", attempt="a2") == made.values("end") == {"p": "found", "q": "found"}


def test_a_retry_keeps_what_the_first_attempt_has_found(project: Make) -> None:
    made = project(one('p = Parameter("p", default=os.urandom(8).hex())'), head="import os\n")
    assert made.run("start") == 0
    first = made.values("start")["p"]
    # a process of its own imports the module anew, and draws another number
    assert made.run_process("start", attempt="a2") == (0, "")
    assert made.run_process("end") == (0, "")
    assert made.values("start", attempt="a2")["p"] == made.values("end")["p"] == first


def test_a_function_is_not_called_for_a_value_that_is_given(project: Make, tmp_path: Path) -> None:
    made, calls = counted(project, tmp_path, 'p = Parameter("p", default=count)\nq = Parameter("q", default=count)')
    assert made.run("start", parameters={"p": "given", "q": None}) == 0
    assert calls.read_text() == "q"
    assert made.values("start") == {"p": "given", "q": "found"}


@pytest.mark.parametrize(
    ("default", "given", "value"),
    [
        ("int('3')", "5", 5),
        ("int('3')", 5, 5),
        ("int('3')", 5.0, 5),
        ("float('3')", "5", 5.0),
        ("float('3')", 5, 5.0),
        ("bool(0)", "yes", True),
        ("bool(0)", True, True),
        ("str(0)", "5", "5"),
        ("print", "5", "5"),
        ("dict().get(0)", "5", "5"),
    ],
)
def test_a_given_value_takes_the_type_of_the_default(project: Make, default: str, given: Any, value: Any) -> None:
    made = project(one(f'p = Parameter("p", default={default})'))
    assert made.run("start", parameters={"p": given}) == 0
    found = made.values("start")["p"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("default", "given", "message"),
    [
        ("int('3')", "x", 'parameter `p` is a whole number, not "x" (write it as in --p 3)'),
        ("int('3')", 3.5, "parameter `p` is a whole number, not 3.5 (write it as in --p 3)"),
        ("bool(0)", "x", 'parameter `p` is true or false, not "x" (write it as in --p true)'),
        ("str(0)", 5, "parameter `p` is text, not 5 (write it as in --p TEXT)"),
        ("str(0)", [1], "parameter `p` is text, a number, or true or false, not [1] (write it as in --p VALUE)"),
    ],
)
def test_a_given_value_of_another_type_cannot_be_used(project: Make, default: str, given: Any, message: str) -> None:
    made = project(one(f'p = Parameter("p", default={default})'))
    code, output = made.run_process("start", FLOWC_PARAMETERS=json.dumps({"p": given}))
    assert (code, output) == (65, f"flowc: {message}\n")
    assert not has_begun(made)


def test_null_stands_for_a_default_that_is_not_known_also_where_any_json_is_a_value(project: Make) -> None:
    made = project(one('p = Parameter("p", type=JSONType, default=lambda context: [1])'))
    assert made.run("start", parameters={"p": None}) == 0
    assert made.values("start") == {"p": [1]}


CAUGHT = '@catch(var="failure")'


@pytest.mark.parametrize(
    ("end", "ends_with"),
    [("raise ValueError('no')", 1), ("os.kill(os.getpid(), 9)", 137), ("os._exit(3)", 1), ("sys.exit(3)", 1)],
)
def test_what_ends_before_the_parameters_are_known_is_not_caught(project: Make, end: str, ends_with: int) -> None:
    head = f"import os, sys\nfrom flowc import catch\n\ndef make(context):\n    {end}\n"
    made = project(one('p = Parameter("p", default=make)', CAUGHT), head=head)
    code, _ = made.run_process("start")
    assert code == ends_with
    assert made.commit("start") is None
    assert not has_begun(made)
    first = made.record("start").error
    assert first is not None
    # the attempt after the last one runs nothing of the user's, and says what the first one has
    code, output = made.run_process("start", attempt="a2", FLOWC_RETRY="1")
    message = (
        "step `start` was tried 1 times, and its last attempt has left no result: not even the run's parameters, "
        "without which it cannot go on"
    )
    assert (code, output) == (1, f"flowc: {message}\n{first['traceback'] or 'flowc: ' + first['message'] + chr(10)}")
    assert made.commit("start") is None
    assert made.record("start", attempt="a2").error == first


@pytest.mark.parametrize("end", ["raise ValueError('no')", "os.kill(os.getpid(), 9)"])
def test_what_ends_when_they_are_known_is_caught(project: Make, end: str) -> None:
    body = f"""
    p = Parameter("p", default=lambda context: "found")

    @catch(var="failure")
    @step
    def start(self):
        {end}
        self.next(self.end)

    @step
    def end(self):
        pass
"""
    made = project(body, head="import os\nfrom flowc import catch\n")
    code, _ = made.run_process("start")
    assert code == 0
    assert made.values("start")["p"] == "found"
    assert made.run_process("end") == (0, "")


def test_the_time_limit_of_the_step_counts(project: Make) -> None:
    head = "import time\nfrom flowc import timeout\n\ndef make(context):\n    time.sleep(60)\n"
    made = project(one('p = Parameter("p", default=make)', "@timeout(seconds=0.2)"), head=head)
    code, output = made.run_process("start")
    assert code == 1
    assert "time.sleep(60)" in output
    error = made.record("start").error
    assert error is not None
    assert error["type"] == "flowc.spec.StepTimeout"


def test_a_base_s_parameter_and_one_that_replaces_it(tmp_path: Path) -> None:
    base = """
class Base(FlowSpec):
    kept = Parameter("kept", default=lambda context: "of the base")
    replaced = Parameter("replaced", default=lambda context: "of the base")
"""
    body = one('replaced = Parameter("replaced", default=lambda context: "own")')
    source = f"{HEAD}{base}\nclass Made(Base):\n{body}"
    made = Project(tmp_path / "flow", source, (tmp_path / "store").as_uri())
    assert made.run("start") == 0
    assert made.values("start") == {"kept": "of the base", "replaced": "own"}


def test_a_parameter_that_is_gone_when_the_module_has_run(project: Make) -> None:
    made = project(one('p = Parameter("p", default=print)'))
    made.file.write_text(made.file.read_text() + "\n\nMade.p = 3\n")
    assert made.run("start") == 1
    error = made.record("start").error
    assert error is not None
    assert error["message"] == "`p` is no parameter of Made any more: something has replaced it"


def test_a_run_without_deferred_defaults_asks_the_store_for_nothing_more(project: Make) -> None:
    made = project(one('p = Parameter("p", default="constant")'))
    store = Recording(made.store)
    assert made.run("start", store=store) == 0
    key = run_json_key("Made", made.address("start").run)
    assert [c.method for c in store.calls if c.key == key] == ["update"]


def test_the_values_that_are_known_before_a_run(project: Make) -> None:
    made = project(one('p = Parameter("p", default=str(1))\nq = Parameter("q", default=2)'))
    assert parameters.resolve(made.plan, {}) == {"q": 2}
    assert parameters.resolve(made.plan, {"p": "x"}) == {"p": "x", "q": 2}


@pytest.mark.parametrize(
    ("arguments", "given", "value"),
    [
        ('separator=","', "a,b,,c", ["a", "b", "", "c"]),
        ('separator=", "', "a,b, c", ["a,b", "c"]),
        ('separator=","', "a", ["a"]),
        ('separator=","', "", ""),
        ('separator=","', None, None),
        ('separator=",", default="x,y"', None, ["x", "y"]),
        ('separator=" ", default=lambda context: "x y"', None, ["x", "y"]),
        ('separator="{{"', "{{a {{ b", ["", "a ", " b"]),
    ],
)
def test_a_separator_makes_a_list_of_text(project: Make, arguments: str, given: str | None, value: Any) -> None:
    made = project(one(f'p = Parameter("p", {arguments})'))
    assert made.run("start", parameters={"p": given}) == 0
    assert made.run("end") == 0
    assert made.values("start") == made.values("end") == {"p": value}


def test_a_list_of_text_that_a_step_changes_is_its_own(project: Make) -> None:
    body = """
    p = Parameter("p", separator=",", default="a,b")

    @step
    def start(self):
        self.p.append("c")
        assert self.p == ["a", "b", "c"]
        self.next(self.end)

    @step
    def end(self):
        assert self.p == ["a", "b"]
"""
    made = project(body)
    assert made.run("start") == 0
    assert made.run("end") == 0
    assert record(made)["parameters"] == {"p": "a,b"}
