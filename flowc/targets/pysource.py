"""Python source in the shape in which `ruff format` leaves it.

An expression is a string, or a `Group`: brackets with items, which stand on one line when that fits and each
on a line of its own otherwise. `WIDTH` is the default width of the common formatters, and groups that are
broken end in a comma: so the result is stable under a greater width too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from flowc.ir.steps import JsonValue

WIDTH = 88
INDENT = "    "


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Items between brackets.

    Attributes:
        open: `[`, `{`, or `name(`.
        items: Each with what stands before it (`key=`, `"key": `, or nothing).
        close: The other bracket.
    """

    open: str
    items: tuple[tuple[str, Expression], ...]
    close: str


Expression: TypeAlias = str | Group


def call(function: str, *positional: Expression, **keywords: Expression | None) -> Group:
    """A call; keywords that are None are left out."""
    named = [(f"{key}=", value) for key, value in keywords.items() if value is not None]
    return Group(open=f"{function}(", items=(*(("", p) for p in positional), *named), close=")")


def listing(items: tuple[Expression, ...]) -> Group:
    """A list."""
    return Group(open="[", items=tuple(("", item) for item in items), close="]")


def mapping(items: tuple[tuple[str, Expression], ...]) -> Group:
    """A dictionary with literal keys."""
    return Group(open="{", items=tuple((f"{string(key)}: ", value) for key, value in items), close="}")


def literal(value: JsonValue) -> Expression:
    """A JSON value."""
    match value:
        case str():
            return string(value)
        case list():
            return listing(tuple(map(literal, value)))
        case dict():
            return mapping(tuple((key, literal(item)) for key, item in value.items()))
        case float() if not math.isfinite(value):
            return f'float("{value}")'
        case _:
            return repr(value)


def string(text: str) -> str:
    """A string literal, in the quotes that need fewer escapes, preferring double ones."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + _escape(text).replace(quote, f"\\{quote}") + quote


def _escape(text: str) -> str:
    """What stands between the quotes of a literal, the quotes in it not escaped."""
    shown = repr(text)
    return shown[1:-1].replace(f"\\{shown[0]}", shown[0])


def docstring(text: str) -> str:
    """A module's docstring.

    Args:
        text: Not empty; lines are kept, blanks at their ends are not.
    """
    lines = [_escape(line.rstrip()).replace('"""', r"\"\"\"") for line in text.strip().split("\n")]
    if len(lines) > 1:
        return '"""' + "\n".join(lines) + '\n"""'
    last = lines[0].removesuffix('"') + r"\"" if lines[0].endswith('"') else lines[0]
    return f'"""{last}"""'


def flat(expression: Expression) -> str:
    """An expression on one line."""
    if isinstance(expression, str):
        return expression
    items = ", ".join(before + flat(item) for before, item in expression.items)
    return f"{expression.open}{items}{expression.close}"


def layout(before: str, expression: Expression, after: str = "", *, indent: str = "") -> str:
    """The lines of an expression between what stands before and after it, without a final line end.

    Args:
        before: On the first line, behind the indent.
        after: On the last line.
        indent: Of the first and the last line.
    """
    line = f"{indent}{before}{flat(expression)}{after}"
    if isinstance(expression, str) or not expression.items or len(line) <= WIDTH:
        return line
    inner = indent + INDENT
    items = [layout(label, item, ",", indent=inner) for label, item in expression.items]
    return "\n".join([f"{indent}{before}{expression.open}", *items, f"{indent}{expression.close}{after}"])
