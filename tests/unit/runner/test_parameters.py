"""What a run may be started with."""

from __future__ import annotations

from typing import Any

import pytest

from flowc.contract import Plan, PlanParameter
from flowc.errors import ParameterError
from flowc.runner import parameters

PLAN = Plan(
    1,
    "Model",
    "model",
    "",
    "start",
    "end",
    (
        PlanParameter("name", "str", "x", False, ""),
        PlanParameter("count", "int", 1, False, ""),
        PlanParameter("alpha", "float", 1, False, ""),
        PlanParameter("fast", "bool", False, False, ""),
        PlanParameter("grid", "json", {"C": [1]}, False, ""),
        PlanParameter("needed", "str", None, True, ""),
        PlanParameter("optional", "int", None, False, ""),
    ),
    {},
)
DEFAULTS = {"name": "x", "count": 1, "alpha": 1.0, "fast": False, "grid": {"C": [1]}, "needed": "n", "optional": None}


def test_defaults_stand_in_the_flows_order_and_type() -> None:
    found = parameters.resolve(PLAN, {"needed": "n"})
    assert found == DEFAULTS
    assert list(found) == list(DEFAULTS)
    assert type(found["alpha"]) is float


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("name", "", ""),
        ("count", 7, 7),
        ("count", 3.0, 3),
        ("count", -(10**30), -(10**30)),
        ("alpha", 2, 2.0),
        ("alpha", 0.25, 0.25),
        ("fast", True, True),
        ("grid", [1, {"a": None}], [1, {"a": None}]),
        ("grid", "text", "text"),
        ("grid", None, None),
        ("name", None, "x"),
        ("count", None, 1),
        ("optional", None, None),
        ("optional", 5, 5),
    ],
)
def test_a_value_of_the_type_is_taken(name: str, value: Any, stored: Any) -> None:
    found = parameters.resolve(PLAN, {"needed": "n", name: value})
    assert found == {**DEFAULTS, name: stored}
    assert type(found[name]) is type(stored)


@pytest.mark.parametrize(
    ("name", "value", "message", "help"),
    [
        ("name", 1, "parameter `name` is text, not 1", "write it as in --name TEXT"),
        ("count", "3", 'parameter `count` is a whole number, not "3"', "write it as in --count 3"),
        ("count", 3.5, "parameter `count` is a whole number, not 3.5", "write it as in --count 3"),
        ("count", True, "parameter `count` is a whole number, not true", "write it as in --count 3"),
        ("count", float("inf"), "parameter `count` is a whole number, not Infinity", "write it as in --count 3"),
        ("alpha", "ü", 'parameter `alpha` is a number, not "ü"', "write it as in --alpha 0.5"),
        ("alpha", False, "parameter `alpha` is a number, not false", "write it as in --alpha 0.5"),
        ("fast", 1, "parameter `fast` is true or false, not 1", "write it as in --fast true"),
        ("optional", [1], "parameter `optional` is a whole number, not [1]", "write it as in --optional 3"),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: Any, message: str, help: str) -> None:
    _, problems = parameters.check(PLAN, {"needed": "n", name: value})
    assert problems == [("FC602", message, help)]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ParameterError) as found:
        parameters.resolve(PLAN, {"coutn": 1, "zebra": 2, "alpha": "x"})
    assert str(found.value) == (
        "flow Model has no parameter `coutn` (did you mean `count`?); "
        "flow Model has no parameter `zebra` (it has `name`, `count`, `alpha`, `fast`, `grid`, `needed`, `optional`); "
        'parameter `alpha` is a number, not "x" (write it as in --alpha 0.5); '
        "parameter `needed` is missing (start the run with --needed TEXT)"
    )


def test_a_required_parameter_may_not_be_null() -> None:
    _, problems = parameters.check(PLAN, {"needed": None})
    assert [p.code for p in problems] == ["FC603"]


def test_a_flow_without_parameters_says_so() -> None:
    _, problems = parameters.check(PLAN._replace(parameters=()), {"a": 1})
    assert problems == [("FC601", "flow Model has no parameter `a`", "it has none")]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("name", "5", "5"),
        ("count", "-5", -5),
        ("alpha", "1e-3", 0.001),
        ("fast", "YES", True),
        ("fast", "0", False),
        ("fast", "off", False),
        ("grid", '{"a": [1, null]}', {"a": [1, None]}),
        ("grid", "null", None),
        ("unknown", "x", "x"),
    ],
)
def test_the_text_of_a_command_line_becomes_a_value(name: str, text: str, value: Any) -> None:
    assert parameters.parse(PLAN, {name: text}) == ({name: value}, [])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("count", "many", 'parameter `count` is a whole number, not "many"'),
        ("count", "1.5", 'parameter `count` is a whole number, not "1.5"'),
        ("alpha", "", 'parameter `alpha` is a number, not ""'),
        ("fast", "maybe", 'parameter `fast` is true or false, not "maybe"'),
        ("grid", "{a}", 'parameter `grid` is JSON, not "{a}"'),
    ],
)
def test_text_that_is_no_value_is_refused(name: str, text: str, message: str) -> None:
    values, problems = parameters.parse(PLAN, {name: text})
    assert values == {}
    assert [(p.code, p.message) for p in problems] == [("FC602", message)]
