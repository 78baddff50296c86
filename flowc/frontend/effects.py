"""What a method does to `self`: artifacts read and written, and calls of `self.next`."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flowc.frontend.vocabulary import RESERVED

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCall:
    """One call of `self.next`.

    Attributes:
        inside: What keeps it from being a plain statement of the step: "an `if`", "a nested function"; empty
            if nothing does.
    """

    node: ast.Call
    inside: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Of one method's own code.

    Attributes:
        reads: Attributes of `self` that are loaded; methods among them.
        writes: Attributes of `self` that are assigned.
        nexts: In source order.
        yields: Its first `yield`, which makes it a generator.
    """

    reads: frozenset[str]
    writes: frozenset[str]
    nexts: tuple[NextCall, ...]
    yields: ast.expr | None


BLOCKS: Mapping[type[ast.AST], str] = {
    ast.If: "an `if`",
    ast.For: "a `for`",
    ast.AsyncFor: "a `for`",
    ast.While: "a `while`",
    ast.Try: "a `try`",
    ast.TryStar: "a `try`",
    ast.With: "a `with`",
    ast.AsyncWith: "a `with`",
    ast.Match: "a `match`",
    ast.FunctionDef: "a nested function",
    ast.AsyncFunctionDef: "a nested function",
    ast.Lambda: "a nested function",
    ast.ClassDef: "a nested class",
    ast.Return: "a `return`",
}
"""What code may stand inside of, in words."""

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def read_effects(function: Function) -> Effects:
    """Look at all code of a method once."""
    own = self_name(function)
    reads: set[str] = set()
    writes: set[str] = set()
    nexts: list[NextCall] = []
    yields: ast.expr | None = None
    pending: list[tuple[ast.AST, str, bool]] = [(statement, "", False) for statement in function.body]
    while pending and own is not None:
        node, inside, nested = pending.pop()
        if hides(node, own):
            continue
        nested = nested or isinstance(node, _SCOPES)
        if isinstance(node, ast.Yield | ast.YieldFrom) and not nested:
            yields = node
        _note(node, own, reads, writes)
        if isinstance(node, ast.Call) and is_own(node.func, own, "next"):
            nexts.append(NextCall(node=node, inside=inside))
        within = BLOCKS.get(type(node), inside)
        if not within and not _is_plain(node, own):
            within = "an expression"
        pending.extend((child, within, nested) for child in ast.iter_child_nodes(node))
    nexts.sort(key=lambda call: (call.node.lineno, call.node.col_offset))
    return Effects(reads=frozenset(reads), writes=frozenset(writes), nexts=tuple(nexts), yields=yields)


def self_name(function: Function) -> str | None:
    """What a method calls the flow object."""
    positional = [*function.args.posonlyargs, *function.args.args]
    return positional[0].arg if positional else None


def is_own(node: ast.expr, own: str, attribute: str) -> bool:
    """Whether an expression is `self.attribute`."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == attribute
        and isinstance(node.value, ast.Name)
        and node.value.id == own
    )


def closure(
    start: Effects, helpers: Mapping[str, Effects], methods: Container[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Artifacts read and written by a step and by the methods that it uses, each sorted.

    Args:
        start: The step's own effects.
        helpers: Methods of the class that are not steps.
        methods: Names of all methods of the class: these are no artifacts.
    """
    reads, writes = set(start.reads), set(start.writes)
    pending = [name for name in start.reads if name in helpers]
    seen = set(pending)
    while pending:
        effects = helpers[pending.pop()]
        reads |= effects.reads
        writes |= effects.writes
        new = {name for name in effects.reads if name in helpers} - seen
        seen |= new
        pending.extend(new)
    return _artifacts(reads, methods), _artifacts(writes, methods)


def _artifacts(names: Iterable[str], methods: Container[str]) -> tuple[str, ...]:
    return tuple(sorted(n for n in names if n not in methods and n not in RESERVED and not n.startswith("__")))


def _is_plain(node: ast.AST, own: str) -> bool:
    """A statement that is nothing but a call of `self.next`."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and is_own(node.value.func, own, "next")


def _note(node: ast.AST, own: str, reads: set[str], writes: set[str]) -> None:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=context) if name == own:
            if isinstance(context, ast.Load):
                reads.add(attribute)
            elif isinstance(context, ast.Store):
                writes.add(attribute)
        case ast.AugAssign(target=ast.Attribute(value=ast.Name(id=name), attr=attribute)) if name == own:
            reads.add(attribute)
        case ast.Call(func=ast.Name(id=function), args=[ast.Name(id=name), ast.Constant(value=str(attribute)), *_]) if (
            name == own
        ):
            if function in ("getattr", "hasattr"):
                reads.add(attribute)
            elif function == "setattr":
                writes.add(attribute)


def hides(node: ast.AST, own: str) -> bool:
    """Whether a nested function has an argument of its own with the name of the flow object."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    arguments = node.args
    every = (
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    )
    return any(a is not None and a.arg == own for a in every)
