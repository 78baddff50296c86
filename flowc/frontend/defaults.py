"""The type and the default of a parameter."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from flowc import json_values
from flowc.frontend.arguments import Definition
from flowc.frontend.constants import Constant, NotConstant
from flowc.frontend.imports import Names
from flowc.frontend.scope import Scope
from flowc.ir.steps import JsonValue, ParameterType

_TYPES: Mapping[str, ParameterType] = {
    "str": ParameterType.STR,
    "int": ParameterType.INT,
    "float": ParameterType.FLOAT,
    "bool": ParameterType.BOOL,
}
_PYTHON_TYPES: Mapping[type, ParameterType] = {
    str: ParameterType.STR,
    int: ParameterType.INT,
    float: ParameterType.FLOAT,
    bool: ParameterType.BOOL,
}
_TYPES_HELP = "use `str`, `int`, `float`, `bool` or `JSONType`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """What a parameter is when no value is given.

    Attributes:
        type: Of the parameter's values; None for one in error.
        value: None also for one that is not known yet.
        deferred: It is found when a run starts.
        given: There is one.
    """

    type: ParameterType | None
    value: JsonValue
    deferred: bool
    given: bool


def read_default(definition: Definition, names: Names, scope: Scope) -> Default:
    """The type and the default of a parameter.

    Emits: FC112, FC113, FC117, FC119.
    """
    value = definition.value("default")
    if isinstance(value, NotConstant):
        deferred = is_deferred(definition, value, scope)
        return Default(type=_deferred_type(definition, names, scope), value=None, deferred=deferred, given=True)
    type_ = _type(definition, names, value)
    checked = None
    if type_ is not None and value is not None:
        checked = _checked(definition, value, type_)
    return Default(type=type_, value=checked, deferred=False, given=value is not None)


def is_deferred(definition: Definition, reason: NotConstant, scope: Scope) -> bool:
    """Whether a default that is not a constant can be found when a run starts; if not, that is reported.

    Emits: FC113, FC119.
    """
    if reason.fails:
        definition.not_constant("default", reason)
        return False
    problem = scope.problem(definition.given["default"])
    if problem is not None:
        definition.report.diagnostics.append(problem)
    return problem is None


def _deferred_type(definition: Definition, names: Names, scope: Scope) -> ParameterType | None:
    node = _written(definition)
    if node is not None:
        return _written_type(definition, names, node)
    return ParameterType.STR if scope.is_function(definition.given["default"]) else ParameterType.ANY


def _written(definition: Definition) -> ast.expr | None:
    node = definition.given.get("type")
    return None if isinstance(node, ast.Constant) and node.value is None else node


def _type(definition: Definition, names: Names, default: Constant) -> ParameterType | None:
    node = _written(definition)
    if node is not None:
        return _written_type(definition, names, node)
    if default is None:
        return ParameterType.STR
    inferred = _PYTHON_TYPES.get(type(default))
    if inferred is None:
        is_json = isinstance(default, list | dict | tuple)
        definition.report.error(
            "FC112",
            definition.given["default"],
            f"the default of parameter `{definition.name}` is a {type(default).__name__}, and its type is not given",
            "add `type=JSONType` (`from flowc import JSONType`)" if is_json else _TYPES_HELP,
        )
    return inferred


def _written_type(definition: Definition, names: Names, node: ast.expr) -> ParameterType | None:
    if names.resolve(node) == "JSONType":
        return ParameterType.JSON
    if isinstance(node, ast.Name) and node.id in _TYPES and node.id not in names.bound:
        return _TYPES[node.id]
    if names.is_missing(node) == "JSONType":
        definition.report.error("FC117", node, "`JSONType` is not imported", "add `from flowc import JSONType`")
        return None
    text = ast.unparse(node)
    help = _TYPES_HELP
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in _TYPES:
        help = f"write `type={node.value}`, without quotes"
    elif text in ("list", "dict", "tuple", "json"):
        help = "use `type=JSONType` (`from flowc import JSONType`)"
    definition.bad(node, f"parameter `{definition.name}` has a type that flowc does not know: `{text}`", help)
    return None


def _checked(definition: Definition, default: Constant, type_: ParameterType) -> JsonValue:
    described = json_values.described(default)
    problem = f"the default of parameter `{definition.name}` is {described}, its type is {type_.value}"
    help = f"give a default of type {type_.value}, or another type"
    match type_:
        case ParameterType.STR if isinstance(default, str):
            return default
        case ParameterType.BOOL if isinstance(default, bool):
            return default
        case ParameterType.INT if isinstance(default, int) and not isinstance(default, bool):
            return default
        case ParameterType.FLOAT if isinstance(default, int | float) and not isinstance(default, bool):
            if _is_finite(default):
                return float(default)
            help = "give a finite number"
        case ParameterType.JSON:
            return _json(definition, default)
        case ParameterType.STR | ParameterType.BOOL | ParameterType.INT | ParameterType.FLOAT:
            if isinstance(default, str) and type_ is not ParameterType.STR:
                help = f"write the default without quotes, or use `type=str`; its type is {type_.value}"
        case ParameterType.ANY | ParameterType.FILE:
            raise AssertionError("a constant default has a type of its own")
        case _:
            assert_never(type_)
    definition.report.error("FC112", definition.given["default"], problem, help)
    return None


def _json(definition: Definition, default: Constant) -> JsonValue:
    try:
        value: JsonValue = json_values.parsed(default) if isinstance(default, str) else json_values.plain(default)
        return value
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg} at character {error.pos + 1}"
        help = "correct the text, or write a list or dict instead; a JSON string needs double quotes inside"
    except (ValueError, RecursionError) as error:
        message = f"cannot be JSON: {error}"
        help = "use None, booleans, finite numbers, strings, lists, and dicts with strings as keys"
    definition.report.error(
        "FC112", definition.given["default"], f"the default of parameter `{definition.name}` {message}", help
    )
    return None


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False
