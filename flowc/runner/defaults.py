"""Defaults that are found when a run starts: what the flow's class holds, or what a function of it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowc import json_values
from flowc.contract import Plan, PlanParameter
from flowc.runner import parameters
from flowc.runner.includes import EXPECTED, is_place
from flowc.runner.output import say
from flowc.spec import FlowSpec, Parameter, ParameterContext

_TYPES = {str: "str", bool: "bool", int: "int", float: "float"}


class DefaultError(Exception):
    """The value of a default cannot be used; the message is for the flow's author."""


def are_needed(plan: Plan, values: Mapping[str, Any]) -> bool:
    """Whether a value, or the type of a value that is given, is still to be found.

    Args:
        values: As `parameters.check` gives them: deferred ones are there only if they are given.
    """
    return any(p.deferred and (p.name not in values or p.type == "any") for p in plan.parameters)


def make_context(plan: Plan, store: str, user: str | None) -> ParameterContext:
    """What the flow's functions are called with, without the name of a parameter, and without configs.

    Args:
        store: The store's URL.
        user: Who has started the run; None where that is not known.
    """
    kind = "s3" if store.startswith("s3://") else "local"
    return ParameterContext(plan.flow, user, "", _log, kind, None)


def find(plan: Plan, cls: type[FlowSpec], values: Mapping[str, Any], context: ParameterContext) -> dict[str, Any]:
    """All values, in the flow's order.

    Args:
        cls: The flow's class; its functions are called, each once.
        values: What is known.
        context: What functions are called with.

    Raises:
        DefaultError: A value is of the wrong type.
        ParameterError: A value that is given is not of the type of the default.
        Exception: Whatever the functions raise.
    """
    found: dict[str, Any] = {}
    for parameter in plan.parameters:
        name = parameter.name
        if parameter.deferred and name not in values:
            found[name] = _value(cls, parameter, context._replace(parameter_name=name))
        elif parameter.deferred and parameter.type == "any" and values[name] is not None:
            kind = _type(name, _default(cls, name))
            found[name] = parameters.converted(parameter._replace(type=kind), values[name])
        else:
            found[name] = values[name]
    return found


def _default(cls: type[FlowSpec], name: str) -> Any:
    holder = getattr(cls, name)
    if not isinstance(holder, Parameter):
        raise DefaultError(f"`{name}` is no parameter of {cls.__name__} any more: something has replaced it")
    return holder.default


def _value(cls: type[FlowSpec], parameter: PlanParameter, context: ParameterContext) -> Any:
    value = _default(cls, parameter.name)
    kind = parameter.type
    if kind == "any":
        kind = _type(parameter.name, value)
    if callable(value):
        value = value(context)
    return None if value is None else _checked(parameter.name, kind, value)


def _type(name: str, default: Any) -> str:
    """The type of a parameter without one: that of its default, and `str` for a function, as in Metaflow."""
    if default is None or callable(default):
        return "str"
    for python, kind in _TYPES.items():
        if isinstance(default, python):
            return kind
    is_json = isinstance(default, list | dict | tuple)
    help = "add `type=JSONType`" if is_json else "make it a str, int, float or bool, or give its `type`"
    described = json_values.described(default)
    raise DefaultError(f"the default of parameter `{name}` is {described}, and its type is not given: {help}")


def _checked(name: str, kind: str, value: Any) -> Any:
    problem = f"the default of parameter `{name}`"
    described = json_values.described(value)
    if kind == "json":
        return _json(problem, value)
    if kind == "file":
        if not (isinstance(value, str) and is_place(value)):
            raise DefaultError(f"{problem} is {described}, and a run needs {EXPECTED}")
        return value
    if not _is_of(kind, value):
        raise DefaultError(f"{problem} is {described}, and its type is {kind}")
    try:
        # as it will stand in the run's record, whatever subclass it is of
        plain = json.loads(json.dumps(value, allow_nan=False))
    except ValueError:
        raise DefaultError(f"{problem} is {described}, which is no finite number") from None
    return float(plain) if kind == "float" else plain


def _is_of(kind: str, value: Any) -> bool:
    match kind:
        case "str":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def _json(problem: str, value: Any) -> Any:
    try:
        return json_values.parsed(value) if isinstance(value, str) else json_values.plain(value)
    except json.JSONDecodeError as error:
        raise DefaultError(f"{problem} is not JSON: {error.msg} at character {error.pos + 1}") from error
    except (ValueError, RecursionError) as error:
        raise DefaultError(f"{problem} cannot be JSON: {error}") from error


def _log(line: object = "", *_: Any, **__: Any) -> None:
    say(f"{line}\n")
