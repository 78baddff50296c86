"""What the compiler evaluates of Python beyond literals and arithmetic: pure operations whose cost is bounded.

Each function raises `TypeError`, `ValueError`, `ArithmeticError` or `LookupError` as Python would, and an
`OverflowError` where a result might be larger than `MAX_SIZE`.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MAX_SIZE = 100_000
"""Items of a sequence, characters of a string, bits of a number that an operator may make."""

_WIDTH = re.compile(r"[0-9]{6}")


def multiply(left: Any, right: Any) -> Any:
    """`left * right`."""
    sizes = [_size(v) for v in (left, right)]
    product = (sizes[0] * right) if _sized(left) else (sizes[1] * left) if _sized(right) else sum(sizes)
    if isinstance(product, int) and product > MAX_SIZE:
        raise OverflowError
    return left * right


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, int) and isinstance(exponent, int):
        _limit(base.bit_length() * max(exponent, 0))
    return base**exponent


def _modulo(left: Any, right: Any) -> Any:
    if isinstance(left, str | bytes):
        raise TypeError("texts are formatted by f-strings")
    return left % right


def formatted(value: Any, conversion: int, spec: str) -> str:
    """What stands in an f-string for a value.

    Args:
        conversion: As `ast.FormattedValue` has it.
        spec: What follows the colon.
    """
    if _WIDTH.search(spec):
        raise OverflowError
    convert: Mapping[int, Callable[[Any], str]] = {ord("s"): str, ord("r"): repr, ord("a"): ascii}
    return format(convert[conversion](value) if conversion in convert else value, spec)


def call_method(value: Any, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """`value.name(...)`, for methods that change nothing.

    Raises:
        LookupError: It is none of these.
    """
    kind = next(k for k in (str, dict, list, tuple, object) if isinstance(value, k))
    if name not in METHODS.get(kind, ()):
        raise LookupError(name)
    if name == "join":
        _limit(sum(len(value) + len(part) for part in arguments[0]))
    elif name == "replace":
        _limit(len(value) + (value.count(arguments[0]) + 1) * len(arguments[1]))
    made = getattr(value, name)(*arguments, **keywords)
    return list(made) if name in ("items", "keys", "values") else made


METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        """
        capitalize casefold count endswith isdigit join lower lstrip removeprefix removesuffix replace rsplit rstrip
        split splitlines startswith strip title upper
        """.split()  # noqa: SIM905
    ),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
}


def _rounded(number: Any, digits: int | None = None) -> Any:
    if digits is not None and digits < -MAX_SIZE:
        raise OverflowError
    return round(number, digits)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "all": all,
    "any": any,
    "bool": bool,
    "float": float,
    "int": int,
    "len": len,
    "list": list,
    "max": max,
    "min": min,
    "round": _rounded,
    "sorted": sorted,
    "str": str,
    "sum": sum,
    "tuple": tuple,
}
"""Built-in functions."""

UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
MORE_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    **BINARY,
    ast.Mod: _modulo,
    ast.Pow: _power,
}
COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


def _limit(size: int) -> None:
    if size > MAX_SIZE:
        raise OverflowError


def _sized(value: Any) -> bool:
    return isinstance(value, str | bytes | tuple | list)


def _size(value: Any) -> int:
    return value.bit_length() if isinstance(value, int) else len(value) if _sized(value) else 0
