"""Evaluating constant expressions without running code."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Constant: TypeAlias = Any
"""A value made of numbers, strings, bytes, booleans, None, tuples, lists and dicts."""

MAX_DEPTH = 50
"""Nesting of expressions and of names that stand for expressions."""

MAX_SIZE = 100_000
"""Items of a sequence, characters of a string, bits of a number that an operator may make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotConstant:
    """Why an expression has no value before a run.

    Attributes:
        node: The part that is in the way.
        why: To be put after the part's text.
    """

    node: ast.expr
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """The module-level names of a file whose value can be known: assigned once, and not touched again."""

    expressions: Mapping[str, ast.expr]

    def evaluate(self, node: ast.expr) -> Constant | NotConstant:
        """The value of an expression, or what keeps it from having one."""
        try:
            return _Evaluation(self.expressions).value(node, 0)
        except _Stop as stop:
            return stop.reason


class _Evaluation:
    """One evaluation; names may stand for large values many times over, so its parts are counted."""

    def __init__(self, expressions: Mapping[str, ast.expr]) -> None:
        self._expressions = expressions
        self._parts = 0

    def value(self, node: ast.expr, depth: int) -> Constant:
        self._parts += 1
        if depth > MAX_DEPTH or self._parts > MAX_SIZE:
            raise _stop(node, "is too large")
        below = depth + 1
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._named(node, name, below)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return _apply(node, _UNARY[type(op)], self.value(operand, below))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _apply(node, _BINARY[type(op)], self.value(left, below), self.value(right, below))
            case ast.Tuple(elts=items):
                return tuple(self.value(item, below) for item in items)
            case ast.List(elts=items):
                return [self.value(item, below) for item in items]
            case ast.Dict(keys=keys, values=values):
                return self._dict(node, keys, values, below)
            case _:
                raise _stop(node, "is not a constant")

    def _named(self, node: ast.expr, name: str, depth: int) -> Constant:
        if name not in self._expressions:
            raise _stop(node, "is not a constant of this file")
        return self.value(self._expressions[name], depth)

    def _dict(
        self, node: ast.expr, keys: Iterable[ast.expr | None], values: Iterable[ast.expr], depth: int
    ) -> Constant:
        made: dict[Constant, Constant] = {}
        for key, value in zip(keys, values, strict=True):
            if key is None:
                raise _stop(value, "is unpacked")
            evaluated = self.value(key, depth)
            try:
                made[evaluated] = self.value(value, depth)
            except TypeError:
                raise _stop(key, "cannot be a key") from None
        return made


class _Stop(Exception):
    """Unwinds an evaluation."""

    def __init__(self, reason: NotConstant) -> None:
        super().__init__(reason.why)
        self.reason = reason


def _stop(node: ast.expr, why: str) -> _Stop:
    return _Stop(NotConstant(node=node, why=why))


def _multiply(left: Constant, right: Constant) -> Constant:
    sizes = [_size(v) for v in (left, right)]
    product = (sizes[0] * right) if _sized(left) else (sizes[1] * left) if _sized(right) else sum(sizes)
    if isinstance(product, int) and product > MAX_SIZE:
        raise OverflowError
    return left * right


def _sized(value: Constant) -> bool:
    return isinstance(value, str | bytes | tuple | list)


def _size(value: Constant) -> int:
    return value.bit_length() if isinstance(value, int) else len(value) if _sized(value) else 0


_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}


def _apply(node: ast.expr, function: Callable[..., Constant], *operands: Constant) -> Constant:
    try:
        return function(*operands)
    except (TypeError, ArithmeticError, ValueError):
        raise _stop(node, "cannot be evaluated") from None


def read_constants(tree: ast.Module) -> Constants:
    """Find the names that are bound by one plain assignment at the top level and by nothing else."""
    expressions: dict[str, ast.expr] = {}
    unsettled: set[str] = set()
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                unsettled.update({name} & expressions.keys())
                expressions[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                unsettled.update({name} & expressions.keys())
                expressions[name] = value
            case _:
                unsettled.update(_touched(statement))
    return Constants(expressions={n: e for n, e in expressions.items() if n not in unsettled})


def _touched(statement: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement might bind, or whose value it might change in place."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            pass
        case _:
            yield from (node.id for node in ast.walk(statement) if isinstance(node, ast.Name))
