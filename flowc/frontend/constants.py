"""Evaluating constant expressions without running code."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from flowc.source import SourceFile

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
        source: The file of the part; None when it is that of the expression.
    """

    node: ast.expr
    why: str
    source: SourceFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What a name stands for that is assigned in another module.

    Attributes:
        constants: Those of the other module.
        name: The name there.
    """

    constants: Constants
    name: ast.Name


def _nowhere(node: ast.expr) -> Elsewhere | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """The module-level names of a file whose value can be known: bound once, and not touched again.

    Attributes:
        expressions: What is assigned to a name.
        imported: Names that an import binds.
        source: The file; None where nothing refers to it.
        elsewhere: Finds what a name, or an attribute of a module, stands for in another module of the flow.
    """

    expressions: Mapping[str, ast.expr]
    imported: frozenset[str] = frozenset()
    source: SourceFile | None = None
    elsewhere: Callable[[ast.expr], Elsewhere | None] = _nowhere

    def evaluate(self, node: ast.expr) -> Constant | NotConstant:
        """The value of an expression, or what keeps it from having one."""
        try:
            return _Evaluation(self).value(node, 0)
        except _Stop as stop:
            return stop.reason


class _Evaluation:
    """One evaluation; names may stand for large values many times over, so its parts are counted."""

    def __init__(self, home: Constants) -> None:
        self._home = home
        self._here = home
        self._parts = 0

    def value(self, node: ast.expr, depth: int) -> Constant:
        self._parts += 1
        if depth > MAX_DEPTH or self._parts > MAX_SIZE:
            raise self._stop(node, "is too large")
        below = depth + 1
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name) if name in self._here.expressions:
                return self.value(self._here.expressions[name], below)
            case ast.Name() | ast.Attribute():
                return self._imported(node, below)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return self._apply(node, _UNARY[type(op)], self.value(operand, below))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return self._apply(node, _BINARY[type(op)], self.value(left, below), self.value(right, below))
            case ast.Tuple(elts=items):
                return tuple(self.value(item, below) for item in items)
            case ast.List(elts=items):
                return [self.value(item, below) for item in items]
            case ast.Dict(keys=keys, values=values):
                return self._dict(node, keys, values, below)
            case _:
                raise self._stop(node, "is not a constant")

    def _imported(self, node: ast.Name | ast.Attribute, depth: int) -> Constant:
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        found = None
        if isinstance(root, ast.Name) and root.id in self._here.imported:
            found = self._here.elsewhere(node)
        if found is None:
            raise self._stop(node, f"is not a constant{' of this file' if isinstance(node, ast.Name) else ''}")
        before, self._here = self._here, found.constants
        value = self.value(found.name, depth)
        self._here = before
        return value

    def _dict(
        self, node: ast.expr, keys: Iterable[ast.expr | None], values: Iterable[ast.expr], depth: int
    ) -> Constant:
        made: dict[Constant, Constant] = {}
        for key, value in zip(keys, values, strict=True):
            if key is None:
                raise self._stop(value, "is unpacked")
            evaluated = self.value(key, depth)
            try:
                made[evaluated] = self.value(value, depth)
            except TypeError:
                raise self._stop(key, "cannot be a key") from None
        return made

    def _apply(self, node: ast.expr, function: Callable[..., Constant], *operands: Constant) -> Constant:
        try:
            return function(*operands)
        except (TypeError, ArithmeticError, ValueError):
            raise self._stop(node, "cannot be evaluated") from None

    def _stop(self, node: ast.expr, why: str) -> _Stop:
        source = None if self._here is self._home else self._here.source
        return _Stop(NotConstant(node=node, why=why, source=source))


class _Stop(Exception):
    """Unwinds an evaluation."""

    def __init__(self, reason: NotConstant) -> None:
        super().__init__(reason.why)
        self.reason = reason


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


def read_constants(
    tree: ast.Module,
    source: SourceFile | None = None,
    elsewhere: Callable[[ast.expr], Elsewhere | None] = _nowhere,
) -> Constants:
    """Find the names that are bound by one plain assignment or import at the top level and by nothing else."""
    expressions: dict[str, ast.expr] = {}
    imported: dict[str, str] = {}
    unsettled: set[str] = set()
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                unsettled.update({name} & (expressions.keys() | imported.keys()))
                expressions[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                unsettled.update({name} & (expressions.keys() | imported.keys()))
                expressions[name] = value
            case ast.Import() | ast.ImportFrom():
                for name, origin in _imports(statement):
                    if name in expressions or imported.setdefault(name, origin) != origin:
                        unsettled.add(name)
            case _:
                unsettled.update(_touched(statement))
    return Constants(
        expressions={n: e for n, e in expressions.items() if n not in unsettled},
        imported=frozenset(imported.keys() - unsettled),
        source=source,
        elsewhere=elsewhere,
    )


def _imports(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Each name that is bound, and what tells it from other bindings of the name."""
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            yield alias.asname or alias.name, f"{'.' * statement.level}{statement.module or ''}:{alias.name}"
        elif alias.asname:
            yield alias.asname, alias.name
        else:  # `import a.b` binds `a`, and `import a.c` does so again
            root = alias.name.partition(".")[0]
            yield root, root


def _touched(statement: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement might bind, or whose value it might change in place."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            pass
        case _:
            for node in ast.walk(statement):
                match node:
                    case ast.Name(id=name):
                        yield name
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                        yield name
                    case ast.Import() | ast.ImportFrom():
                        yield from (name for name, _ in _imports(node))
                    case _:
                        pass
