"""`Parameter(...)` as an attribute of the flow."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping
from typing import assert_never

from flowc.frontend.constants import Constant, Constants, NotConstant
from flowc.frontend.imports import Names
from flowc.frontend.report import Report
from flowc.frontend.vocabulary import RESERVED, RUN_OPTIONS, listed, nearest
from flowc.ir.steps import JsonValue, Parameter, ParameterType

_POSITIONAL = ("name", "default", "type")
_KEYWORDS = (*_POSITIONAL, "required", "help", "show_default")
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


class ParameterReader:
    """Reads the parameters of one flow.

    Attributes:
        params: Those without errors, in source order.
        attributes: The attribute of each, those with errors too, by lower-case name.
    """

    def __init__(self, names: Names, constants: Constants, report: Report) -> None:
        self._names = names
        self._constants = constants
        self._report = report
        self.attributes: dict[str, ast.Name] = {}
        self.params: list[Parameter] = []

    def read(self, attribute: ast.Name, call: ast.Call) -> None:
        """Read `attribute = call`.

        Emits: FC112, FC113, FC114, FC117.
        """
        before = len(self._report.diagnostics)
        arguments = self._arguments(attribute.id, call)
        self._check_name(attribute, call, arguments.get("name"))
        default = self._constant(attribute.id, "default", arguments.get("default"))
        type_ = self._type(attribute.id, arguments.get("type"), arguments.get("default"), default)
        value = None
        if type_ is not None and default is not None:
            value = self._default(attribute.id, arguments["default"], default, type_)
        required = self._flag(attribute.id, arguments, "required")
        help = self._help(attribute.id, arguments.get("help"))
        if "show_default" in arguments:
            self._constant(attribute.id, "show_default", arguments["show_default"])
        if required and default is not None:
            self._report.error(
                "FC113",
                arguments["required"],
                f"parameter `{attribute.id}` is required and has a default",
                "leave one of the two out",
            )
        if type_ is not None and len(self._report.diagnostics) == before:
            self.params.append(
                Parameter(
                    name=attribute.id,
                    type=type_,
                    default=value,
                    required=required,
                    help=help,
                    span=self._report.span(attribute),
                )
            )

    def _arguments(self, name: str, call: ast.Call) -> dict[str, ast.expr]:
        found: dict[str, ast.expr] = {}
        for position, argument in enumerate(call.args):
            if isinstance(argument, ast.Starred):
                self._bad(argument, f"`*` cannot be used in parameter `{name}`", "write the arguments out")
            elif position >= len(_POSITIONAL):
                self._bad(argument, f"parameter `{name}` has too many positional arguments", "name the arguments")
            else:
                found[_POSITIONAL[position]] = argument
        for keyword in call.keywords:
            if keyword.arg is None:
                self._bad(keyword.value, f"`**` cannot be used in parameter `{name}`", "write the arguments out")
            elif keyword.arg not in _KEYWORDS:
                meant = nearest(keyword.arg, _KEYWORDS)
                self._report.error(
                    "FC113",
                    keyword,
                    f"parameter `{name}` has an argument `{keyword.arg}` that flowc does not know",
                    f"did you mean `{meant}`?" if meant else f"a parameter takes {listed(_KEYWORDS)}",
                )
            elif keyword.arg in found:
                self._bad(keyword.value, f"parameter `{name}` is given `{keyword.arg}` twice", "keep one of the two")
            else:
                found[keyword.arg] = keyword.value
        return found

    def _bad(self, node: ast.expr, message: str, help: str) -> None:
        self._report.error("FC113", node, message, help)

    def _check_name(self, attribute: ast.Name, call: ast.Call, node: ast.expr | None) -> None:
        name = attribute.id
        if node is None:
            if not call.args:
                self._bad(call, f"parameter `{name}` is not given its name", f'write `{name} = Parameter("{name}")`')
        else:
            self._check_given_name(name, node)
        if name in RESERVED or name.startswith("_"):
            reason = "starts with an underscore" if name.startswith("_") else "belongs to every flow"
            self._name_error(attribute, f"the name `{name}` {reason}")
        elif name in RUN_OPTIONS:
            self._name_error(attribute, f"`--{name.replace('_', '-')}` is an option of `flowc run` itself")
        # Metaflow, too, takes names that differ in case only for the same one
        elif (first := self.attributes.setdefault(name.lower(), attribute)) is not attribute:
            same = first.id == name
            self._report.error(
                "FC114",
                attribute,
                f"parameter `{name}` is defined twice"
                if same
                else f"parameters `{first.id}` and `{name}` differ in case only",
                "rename one of them" if not same else "remove or rename one of them",
                self._report.label(first, "the first one"),
            )

    def _check_given_name(self, name: str, node: ast.expr) -> None:
        given = self._constant(name, "name", node)
        if isinstance(given, str):
            if given != name:
                self._report.error(
                    "FC114",
                    node,
                    f"parameter `{name}` is also called `{given}`",
                    f'use one name for both: `{name} = Parameter("{name}", ...)`',
                )
        elif given is not None:
            self._bad(node, f"the name of parameter `{name}` is not a string", f'write `Parameter("{name}", ...)`')

    def _name_error(self, attribute: ast.Name, why: str) -> None:
        self._report.error(
            "FC114", attribute, f"a parameter cannot be called `{attribute.id}`: {why}", "choose another name"
        )

    def _constant(self, name: str, what: str, node: ast.expr | None) -> Constant:
        if node is None:
            return None
        value = self._constants.evaluate(node)
        if not isinstance(value, NotConstant):
            return value
        help = "write a literal, or the name of one that the flow's modules assign once at their top level"
        self._report.not_constant("FC113", f"`{what}` of parameter `{name}`", node, value, help)
        return None

    def _type(
        self, name: str, node: ast.expr | None, default_node: ast.expr | None, default: Constant
    ) -> ParameterType | None:
        if node is not None and not (isinstance(node, ast.Constant) and node.value is None):
            return self._written_type(name, node)
        if default is None:
            return ParameterType.STR
        inferred = _PYTHON_TYPES.get(type(default))
        if inferred is None and default_node is not None:
            is_json = isinstance(default, list | dict | tuple)
            self._report.error(
                "FC112",
                default_node,
                f"the default of parameter `{name}` is a {type(default).__name__}, and its type is not given",
                "add `type=JSONType` (`from flowc import JSONType`)" if is_json else _TYPES_HELP,
            )
        return inferred

    def _written_type(self, name: str, node: ast.expr) -> ParameterType | None:
        if self._names.resolve(node) == "JSONType":
            return ParameterType.JSON
        if isinstance(node, ast.Name) and node.id in _TYPES and node.id not in self._names.bound:
            return _TYPES[node.id]
        if self._names.is_missing(node) == "JSONType":
            self._report.error("FC117", node, "`JSONType` is not imported", "add `from flowc import JSONType`")
            return None
        text = ast.unparse(node)
        help = _TYPES_HELP
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in _TYPES:
            help = f"write `type={node.value}`, without quotes"
        elif text in ("list", "dict", "tuple", "json"):
            help = "use `type=JSONType` (`from flowc import JSONType`)"
        self._bad(node, f"parameter `{name}` has a type that flowc does not know: `{text}`", help)
        return None

    def _default(self, name: str, node: ast.expr, default: Constant, type_: ParameterType) -> JsonValue:
        problem = f"the default of parameter `{name}` is {_described(default)}, its type is {type_.value}"
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
                return self._json(name, node, default)
            case ParameterType.STR | ParameterType.BOOL | ParameterType.INT | ParameterType.FLOAT:
                if isinstance(default, str) and type_ is not ParameterType.STR:
                    help = f"write the default without quotes, or use `type=str`; its type is {type_.value}"
            case _:
                assert_never(type_)
        self._report.error("FC112", node, problem, help)
        return None

    def _json(self, name: str, node: ast.expr, default: Constant) -> JsonValue:
        try:
            if isinstance(default, str):
                return _plain(json.loads(default, parse_constant=_refuse))
            return _plain(default)
        except json.JSONDecodeError as error:
            self._report.error(
                "FC112",
                node,
                f"the default of parameter `{name}` is not JSON: {error.msg} at character {error.pos + 1}",
                "correct the text, or write a list or dict instead; a JSON string needs double quotes inside",
            )
        except (ValueError, RecursionError) as error:
            self._report.error(
                "FC112",
                node,
                f"the default of parameter `{name}` cannot be JSON: {error}",
                "use None, booleans, finite numbers, strings, lists, and dicts with strings as keys",
            )
        return None

    def _flag(self, name: str, arguments: Mapping[str, ast.expr], what: str) -> bool:
        value = self._constant(name, what, arguments.get(what))
        if value is not None and not isinstance(value, bool):
            self._bad(
                arguments[what],
                f"`{what}` of parameter `{name}` is not True or False",
                f"write `{what}=True`",
            )
        return value is True

    def _help(self, name: str, node: ast.expr | None) -> str:
        value = self._constant(name, "help", node)
        if value is not None and not isinstance(value, str) and node is not None:
            self._bad(node, f"`help` of parameter `{name}` is not a string", "write a sentence in quotes")
        return value if isinstance(value, str) else ""


_TYPES_HELP = "use `str`, `int`, `float`, `bool` or `JSONType`"


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False


def _described(value: Constant) -> str:
    text = repr(value)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"


def _refuse(constant: str) -> JsonValue:
    raise ValueError(f"{constant} is not a number in JSON")


def _plain(value: Constant) -> JsonValue:
    """The value with tuples as lists.

    Raises:
        ValueError: Something in it has no JSON form.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{value} is not a number in JSON")
            return value
        case list() | tuple():
            return [_plain(item) for item in value]
        case dict():
            for key in value:
                if not isinstance(key, str):
                    raise ValueError(f"the key {key!r} is not a string")
            return {key: _plain(item) for key, item in value.items()}
        case _:
            raise ValueError(f"{_described(value)} has no JSON form")
