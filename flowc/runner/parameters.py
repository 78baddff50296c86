"""Whether the parameters that a run is started with are those of the flow."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from flowc.contract import Plan, PlanParameter
from flowc.errors import ParameterError
from flowc.runner.includes import EXPECTED, is_place

_EXPECTED = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "json": "JSON",
    "file": f"the place of a file ({EXPECTED})",
    "any": "text, a number, or true or false",
}
_EXAMPLES = {
    "str": "TEXT",
    "int": "3",
    "float": "0.5",
    "bool": "true",
    "json": """'{"a": 1}'""",
    "file": "s3://bucket/key",
    "any": "VALUE",
}
_TRUE = ("true", "1", "yes", "on")
_FALSE = ("false", "0", "no", "off")


class Problem(NamedTuple):
    """What is wrong with one value.

    Attributes:
        code: A diagnostic's code, FC601 to FC604.
        message: What is wrong.
        help: What to do.
    """

    code: str
    message: str
    help: str


def resolve(plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every parameter, in the flow's order, without those that only the flow's code can tell.

    Args:
        plan: The flow's plan.
        given: JSON values by name.

    Raises:
        ParameterError: With everything that is wrong.
    """
    values, problems = check(plan, given)
    if problems:
        raise ParameterError("; ".join(f"{p.message} ({p.help})" for p in problems))
    return values


def check(plan: Plan, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values as far as they are known, and everything that is wrong with what was given."""
    known = {p.name: p for p in plan.parameters}
    problems = [_unknown(plan, name) for name in given if name not in known]
    values: dict[str, Any] = {}
    for parameter in plan.parameters:
        value = given.get(parameter.name)
        if value is None and not _is_null(parameter, given):
            if parameter.deferred:
                continue
            value = parameter.default
            if value is None and parameter.required:
                problems.append(_missing(parameter))
        elif not _fits(parameter, value):
            problems.append(_wrong(parameter, value))
        values[parameter.name] = _convert(parameter, value)
    return values, problems


def _is_null(parameter: PlanParameter, given: Mapping[str, Any]) -> bool:
    # a form that is left empty sends null for everything; only where any JSON is a value, null is one, unless it
    # stands for a default that is not known yet
    return parameter.type == "json" and not parameter.deferred and parameter.name in given


def converted(parameter: PlanParameter, value: Any) -> Any:
    """A value that was given before its type was known.

    Args:
        parameter: With its type.
        value: As a trigger sends it, or as it was written on a command line.

    Raises:
        ParameterError: It is not of this type.
    """
    try:
        read = _parse(parameter.type, value) if isinstance(value, str) else value
    except ValueError:
        read = value
    if not _fits(parameter, read):
        problem = _wrong(parameter, value)
        raise ParameterError(f"{problem.message} ({problem.help})")
    return _convert(parameter, read)


def _convert(parameter: PlanParameter, value: Any) -> Any:
    kinds = {"int": int, "float": float}
    kind = kinds.get(parameter.type)
    return value if kind is None or value is None or not _fits(parameter, value) else kind(value)


def _missing(parameter: PlanParameter) -> Problem:
    return Problem("FC603", f"parameter `{parameter.name}` is missing", f"start the run with {_usage(parameter)}")


def parse(plan: Plan, texts: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """JSON values of what was written on a command line, and everything that is wrong with it."""
    known = {p.name: p for p in plan.parameters}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, text in texts.items():
        parameter = known.get(name)
        if parameter is None:
            values[name] = text
            continue
        try:
            values[name] = _parse(parameter.type, text)
        except ValueError:
            problems.append(_wrong(parameter, text))
    return values, problems


def _parse(kind: str, text: str) -> Any:
    match kind:
        case "str" | "file" | "any":
            return text
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "bool" if text.lower() in _TRUE:
            return True
        case "bool" if text.lower() in _FALSE:
            return False
        case "json":
            return json.loads(text)
        case _:
            raise ValueError(text)


def _fits(parameter: PlanParameter, value: Any) -> bool:
    match parameter.type:
        case "str":
            return isinstance(value, str)
        case "int":
            # JSON has one kind of number: a form may well send 3.0
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return whole and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "file":
            return isinstance(value, str) and is_place(value)
        case "any":
            return isinstance(value, str | int | float | bool)
        case _:
            return True


def _wrong(parameter: PlanParameter, value: Any) -> Problem:
    return Problem(
        "FC602",
        f"parameter `{parameter.name}` is {_EXPECTED[parameter.type]}, not {json.dumps(value, ensure_ascii=False)}",
        f"write it as in {_usage(parameter)}",
    )


def _usage(parameter: PlanParameter) -> str:
    return f"--{parameter.name} {_EXAMPLES[parameter.type]}"


def _unknown(plan: Plan, name: str) -> Problem:
    names = [p.name for p in plan.parameters]
    near = difflib.get_close_matches(name, names, 1)
    if near:
        hint = f"did you mean `{near[0]}`?"
    else:
        hint = f"it has {', '.join(f'`{n}`' for n in names)}" if names else "it has none"
    return Problem("FC601", f"flow {plan.flow} has no parameter `{name}`", hint)
