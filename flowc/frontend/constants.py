"""Evaluating constant expressions without running code."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, assert_never

from flowc.frontend import config_scope
from flowc.frontend.config_scope import BrokenConfig, ConfigScope, DeferredConfig, KnownConfig, Problem
from flowc.frontend.operations import (
    BINARY,
    COMPARE,
    FUNCTIONS,
    MAX_SIZE,
    METHODS,
    MORE_BINARY,
    UNARY,
    call_method,
    formatted,
)
from flowc.source import SourceFile

Constant: TypeAlias = Any
"""A value made of numbers, strings, bytes, booleans, None, tuples, lists and dicts."""

MAX_DEPTH = 50
"""Nesting of expressions and of names that stand for expressions."""

CONFIG_EXPR = "config_expr"
"""Flowc's name of the function whose text is evaluated with the configs' names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotConstant:
    """Why an expression has no value before a run.

    Attributes:
        node: The part that is in the way.
        why: To be put after the part's text.
        source: The file of the part; None when it is that of the expression.
        fails: It would have none in a run either: evaluating it raises an exception.
        problem: What to report instead, of a use of a config.
        reported: Nothing is to be said of it any more.
    """

    node: ast.expr
    why: str
    source: SourceFile | None = None
    fails: bool = False
    problem: Problem | None = None
    reported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What a name stands for that is assigned in another module.

    Attributes:
        constants: Those of the other module.
        name: The name there.
    """

    constants: Constants
    name: ast.Name


def nowhere(node: ast.expr) -> Elsewhere | None:
    """For files that are read alone: nothing is found in another one."""
    return None


def unknown(node: ast.expr) -> str | None:
    """For files whose imports are not looked at: nothing is flowc's."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """The module-level names of a file whose value can be known: bound once, and not touched again.

    Attributes:
        expressions: What is assigned to a name.
        imported: Names that an import binds.
        source: The file; None where nothing refers to it.
        elsewhere: Finds what a name, or an attribute of a module, stands for in another module of the flow.
        vocabulary: Finds the name of flowc's that an expression stands for.
        configs: The flow's configs, where expressions may use them.
    """

    expressions: Mapping[str, ast.expr]
    imported: frozenset[str] = frozenset()
    source: SourceFile | None = None
    elsewhere: Callable[[ast.expr], Elsewhere | None] = nowhere
    vocabulary: Callable[[ast.expr], str | None] = unknown
    configs: ConfigScope | None = None

    def evaluate(self, node: ast.expr) -> Constant | NotConstant:
        """The value of an expression, or what keeps it from having one."""
        try:
            return _Evaluation(self).value(node, 0)
        except _Stop as stop:
            reason = stop.reason
        used = None if reason.fails else self.config_in(node)
        if used is None:
            return reason
        problem = config_scope.mixed(used, ast.unparse(reason.node), reason.why)
        return replace(reason, fails=True, problem=problem)

    def is_config(self, node: ast.expr) -> bool:
        """Whether an expression uses a config, or is to do so and cannot."""
        value = self.evaluate(node)
        return self.config_in(node) is not None or (isinstance(value, NotConstant) and value.problem is not None)

    def config_in(self, node: ast.AST) -> str | None:
        """A config that an expression uses directly, not only when a function in it is called."""
        if self.configs is None:
            return None
        pending = [node]
        while pending:
            part = pending.pop()
            match part:
                case ast.Lambda():
                    continue
                case ast.Name(id=name, ctx=ast.Load()) if name in self.configs.visible:
                    return name
                case ast.Call(func=function) if self.vocabulary(function) == CONFIG_EXPR:
                    return next(iter(self.configs.states), CONFIG_EXPR)
                case _:
                    pending.extend(ast.iter_child_nodes(part))
        return None


class _Evaluation:
    """One evaluation; names may stand for large values many times over, so its parts are counted.

    Python, too, evaluates an expression when it makes the class, and configs have no values then. So outside of the
    text of a `config_expr` their values may only meet what an `Unevaluated` bears (see `flowc.config_values`).
    """

    def __init__(self, home: Constants) -> None:
        self._home = home
        self._here = home
        self._parts = 0
        self._in_class = True  # the expression itself, not what a name in it stands for
        self._in_text = False  # of a `config_expr`

    def value(self, node: ast.expr, depth: int) -> Constant:
        self._parts += 1
        if depth > MAX_DEPTH or self._parts > MAX_SIZE:
            raise self._stop(node, "is too large")
        below = depth + 1
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name():
                return self._name(node, below)
            case ast.Attribute():
                return self._attribute(node, below)
            case ast.Subscript(value=base, slice=index):
                return self._item(node, base, index, below)
            case ast.Call():
                return self._call(node, below)
            case _:
                return self._compound(node, below)

    def _compound(self, node: ast.expr, depth: int) -> Constant:
        """What is made of several values."""
        match node:
            case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
                return self._apply(node, UNARY[type(op)], self.value(operand, depth))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in self._binary:
                return self._apply(node, self._binary[type(op)], self.value(left, depth), self.value(right, depth))
            case ast.Tuple(elts=items):
                return tuple(self.value(item, depth) for item in items)
            case ast.List(elts=items):
                return [self.value(item, depth) for item in items]
            case ast.Dict(keys=keys, values=values):
                return self._dict(node, keys, values, depth)
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(None if part is None else self.value(part, depth) for part in (lower, upper, step)))
            case ast.JoinedStr(values=parts):
                return "".join(self._text(part, depth) for part in parts)
            case _ if self._in_text:
                return self._decision(node, depth)
            case _:
                raise self._stop(node, "is not a constant")

    @property
    def _binary(self) -> Mapping[type[ast.operator], Callable[[Any, Any], Any]]:
        return MORE_BINARY if self._in_text else BINARY

    def _name(self, node: ast.Name, depth: int) -> Constant:
        scope = self._home.configs
        if self._in_text and scope is not None:
            config = scope.find(node.id)
            if config is not None:
                return self._config(node, config, scope)
        elif self._in_class and scope is not None and node.lineno >= scope.visible.get(node.id, sys.maxsize):
            return self._config(node, node.id, scope)
        if node.id in self._here.expressions:
            with self._at(self._here):
                return self.value(self._here.expressions[node.id], depth)
        self._check_in_sight(node, node)
        return self._imported(node, depth)

    def _config(self, node: ast.expr, name: str, scope: ConfigScope) -> Constant:
        match scope.states[name]:
            case KnownConfig(value=value):
                return value
            case DeferredConfig() as state:
                raise self._stop(node, "is not known yet", problem=config_scope.deferred(name, state))
            case BrokenConfig():
                raise _Stop(NotConstant(node=node, why="is in error", fails=True, reported=True))
            case other:
                assert_never(other)

    def _attribute(self, node: ast.Attribute, depth: int) -> Constant:
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and not self._may_be_config(root):
            self._check_in_sight(root, node)
            return self._imported(node, depth)
        self._check_in_sight(root, node)
        if not self._may_be_config(root):
            raise self._stop(node, "is not a constant")
        value = self.value(node.value, depth)
        if not isinstance(value, dict) or node.attr in METHODS[dict] or node.attr not in value:
            raise self._no_key(node, node.value, value, node.attr)
        return value[node.attr]

    def _may_be_config(self, node: ast.expr) -> bool:
        """Whether an expression begins with a config, or with a name that stands for such an expression."""
        scope, root = self._home.configs, node
        while isinstance(root, ast.Attribute | ast.Subscript | ast.Call) and not self._is_expr(root):
            root = root.func if isinstance(root, ast.Call) else root.value
        if scope is None or self._is_expr(root):
            return scope is not None
        if not isinstance(root, ast.Name):
            return self._in_text
        if self._in_text:
            return scope.find(root.id) is not None or root.id in self._here.expressions
        if self._in_class and root.id in scope.visible:
            return True
        return self._is_expr(self._here.expressions.get(root.id, root))

    def _check_in_sight(self, root: ast.expr, node: ast.expr) -> None:
        """Whether Python knows the name of a config, if it is one, that an expression begins with."""
        scope = self._home.configs
        if scope is None or not isinstance(root, ast.Name) or root.id in self._here.imported:
            return
        if root.id in self._here.expressions:
            return
        if self._in_text:
            if scope.find(root.id) is None:
                raise self._stop(node, "is not known", problem=config_scope.no_config(root.id, scope))
        elif self._in_class and root.id in scope.states and root.lineno < scope.visible.get(root.id, sys.maxsize):
            problem = config_scope.not_in_sight(root.id, ast.unparse(node))
            raise self._stop(node, "is not known", problem=problem)

    def _item(self, node: ast.Subscript, base: ast.expr, index: ast.expr, depth: int) -> Constant:
        if not (self._in_text or self._may_be_config(base)):
            raise self._not_constant(node)
        value, key = self.value(base, depth), self.value(index, depth)
        try:
            return value[key]
        except (LookupError, TypeError):
            raise self._no_key(node, base, value, key) from None

    def _not_constant(self, node: ast.expr) -> _Stop:
        """Python evaluates such an expression itself when it makes the class, if need be with a config in it."""
        if self._in_class and not self._in_text and self._home.config_in(node) is not None:
            function = node.func if isinstance(node, ast.Call) else None
            is_own = isinstance(function, ast.Name) and function.id not in FUNCTIONS
            problem = config_scope.needs_expr(ast.unparse(node), is_own)
            return self._stop(node, "needs a config", problem=problem)
        return self._stop(node, "is not a constant")

    def _no_key(self, node: ast.expr, base: ast.expr, value: Constant, key: Constant) -> _Stop:
        scope = self._home.configs or ConfigScope(states={})
        root = base
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        text = ast.unparse(base)
        match root:
            case ast.Call(args=[ast.Constant(value=str(inner))]) if self._is_expr(root):
                text, name = inner, scope.find(inner) or ""
            case ast.Name(id=inner):
                name = scope.find(inner) or ""
            case _:
                name = ""
        return self._stop(node, "is not there", problem=config_scope.no_key(value, key, text, name, scope))

    def _text(self, part: ast.expr, depth: int) -> str:
        match part:
            case ast.FormattedValue(value=inner, conversion=conversion, format_spec=spec):
                value = self.value(inner, depth)
                form = "" if spec is None else self.value(spec, depth)
                text: str = self._apply(part, formatted, value, conversion, form)
                return text
            case _:
                return str(self.value(part, depth))

    def _call(self, node: ast.Call, depth: int) -> Constant:
        if self._is_expr(node):
            return self._expr(node, depth)
        match node.func:
            case ast.Attribute(value=base, attr=method) if self._in_text or self._may_be_config(base):
                value = self.value(base, depth)
                arguments, keywords = self._arguments(node, depth)
                try:
                    return call_method(value, method, arguments, keywords)
                except LookupError:
                    raise self._no_key(node, base, value, method) from None
                except (TypeError, ArithmeticError, ValueError, AttributeError):
                    raise self._stop(node, "cannot be evaluated", fails=True) from None
            case ast.Name(id=name) if self._is_function(name, node):
                arguments, keywords = self._arguments(node, depth)
                return self._apply(node, lambda: FUNCTIONS[name](*arguments, **keywords))
            case _ if self._in_text:
                raise self._stop(node, "calls a function, and the compiler runs none of the flow's code")
            case _:
                raise self._not_constant(node)

    def _is_function(self, name: str, node: ast.Call) -> bool:
        """Whether it is a call of a built-in function that can be evaluated at this place."""
        if name not in FUNCTIONS or name in self._here.expressions or name in self._here.imported:
            return False
        # `str` of an `Unevaluated` is a text, as an f-string is; all others would need a value
        return self._in_text or (name == "str" and len(node.args) == 1 and self._home.config_in(node) is not None)

    def _arguments(self, node: ast.Call, depth: int) -> tuple[list[Constant], dict[str, Constant]]:
        if any(keyword.arg is None for keyword in node.keywords):
            raise self._stop(node, "is not a constant")
        keywords = {k.arg: self.value(k.value, depth) for k in node.keywords if k.arg is not None}
        return [self.value(argument, depth) for argument in node.args], keywords

    def _is_expr(self, node: ast.expr) -> bool:
        """Whether it is a call of `config_expr`."""
        if self._home.configs is None or self._in_text or not isinstance(node, ast.Call):
            return False
        return self._here.vocabulary(node.func) == CONFIG_EXPR

    def _expr(self, node: ast.Call, depth: int) -> Constant:
        """The value of a `config_expr`; what is wrong in its text is wrong with all of it."""
        text = self.value(node.args[0], depth) if len(node.args) == 1 and not node.keywords else None
        if not isinstance(text, str):
            raise self._stop(node, "does not have an expression as its one argument, a text", fails=True)
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            what = error.msg if isinstance(error, SyntaxError) else "it cannot be parsed"
            raise self._stop(node, f"is not an expression of Python: {what}", fails=True) from None
        here, self._in_text = self._here, True
        try:
            return self.value(tree.body, depth)
        except _Stop as stop:
            self._here = here
            inner = stop.reason
            why = f"cannot be evaluated: `{ast.unparse(inner.node)}` {inner.why}"
            outer = self._stop(node, why, fails=True, problem=inner.problem).reason
            raise _Stop(replace(outer, reported=inner.reported)) from None
        finally:
            self._in_text = False

    def _decision(self, node: ast.expr, depth: int) -> Constant:
        """What asks for the truth of a value."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.value(operand, depth)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.value(test, depth) else orelse, depth)
            case ast.BoolOp(op=op, values=values):
                found = self.value(values[0], depth)
                for part in values[1:]:
                    if bool(found) is isinstance(op, ast.Or):
                        break
                    found = self.value(part, depth)
                return found
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                before = self.value(left, depth)
                for comparison, comparator in zip(ops, comparators, strict=True):
                    after = self.value(comparator, depth)
                    if not self._apply(node, COMPARE[type(comparison)], before, after):
                        return False
                    before = after
                return True
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
        with self._at(found.constants):
            return self.value(found.name, depth)

    @contextmanager
    def _at(self, constants: Constants) -> Iterator[None]:
        """Evaluate what a name at the top level of a module stands for; after an error, the place stays."""
        before = self._here, self._in_class, self._in_text
        self._here, self._in_class, self._in_text = constants, False, False
        yield
        self._here, self._in_class, self._in_text = before

    def _dict(
        self, node: ast.expr, keys: Iterable[ast.expr | None], values: Iterable[ast.expr], depth: int
    ) -> Constant:
        made: dict[Constant, Constant] = {}
        for key, value in zip(keys, values, strict=True):
            if key is None:
                made |= self._unpacked(value, depth)
                continue
            evaluated = self.value(key, depth)
            try:
                made[evaluated] = self.value(value, depth)
            except TypeError:
                raise self._stop(key, "cannot be a key", fails=True) from None
        return made

    def _unpacked(self, node: ast.expr, depth: int) -> Constant:
        value = self.value(node, depth) if self._in_text or self._may_be_config(node) else None
        if not isinstance(value, dict):
            raise self._stop(node, "is unpacked")
        return value

    def _apply(self, node: ast.expr, function: Callable[..., Constant], *operands: Constant) -> Constant:
        try:
            return function(*operands)
        except (TypeError, ArithmeticError, ValueError, LookupError):
            raise self._stop(node, "cannot be evaluated", fails=True) from None

    def _stop(self, node: ast.expr, why: str, *, fails: bool = False, problem: Problem | None = None) -> _Stop:
        source = None if self._here is self._home else self._here.source
        return _Stop(
            NotConstant(node=node, why=why, source=source, fails=fails or problem is not None, problem=problem)
        )


class _Stop(Exception):
    """Unwinds an evaluation."""

    def __init__(self, reason: NotConstant) -> None:
        super().__init__(reason.why)
        self.reason = reason
