"""What the names at the top level of a module are bound to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassBinding:
    """`class name:`."""

    node: ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionBinding:
    """`def name():`."""

    node: ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBinding:
    """An import.

    Attributes:
        module: The dotted name of what is imported, or of what it is imported from; without the leading dots.
        level: How many leading dots there are.
        name: What is imported from the module; None for the module itself.
        node: The imported name, to point at.
    """

    module: str
    level: int
    name: str | None
    node: ast.alias


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueBinding:
    """`name = value`."""

    name: ast.Name
    value: ast.expr


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherBinding:
    """A loop's variable, or whatever a condition decides."""


Binding: TypeAlias = ClassBinding | FunctionBinding | ImportBinding | ValueBinding | OtherBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """The names of one module.

    Attributes:
        names: Where a name is bound several times, the last binding counts; of a `try`, that without an exception.
        stars: Each `from module import *`, in source order.
    """

    names: Mapping[str, Binding]
    stars: tuple[ImportBinding, ...]


def read_bindings(tree: ast.Module) -> Bindings:
    """Find the names that a module binds when it is run."""
    reader = _Reader()
    found: dict[str, Binding] = {}
    reader.body(tree.body, found)
    return Bindings(names=found, stars=tuple(reader.stars))


class _Reader:
    def __init__(self) -> None:
        self.stars: list[ImportBinding] = []

    def body(self, statements: Iterable[ast.stmt], found: dict[str, Binding]) -> None:
        for statement in statements:
            self._statement(statement, found)

    def _statement(self, statement: ast.stmt, found: dict[str, Binding]) -> None:
        match statement:
            case ast.ClassDef(name=name):
                found[name] = ClassBinding(node=statement)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found[name] = FunctionBinding(node=statement)
            case ast.Import() | ast.ImportFrom():
                self._import(statement, found)
            case ast.Assign(targets=[ast.Name(id=id_) as name], value=value):
                found[id_] = ValueBinding(name=name, value=value)
            case ast.AnnAssign(target=ast.Name(id=id_) as name, value=ast.expr() as value):
                found[id_] = ValueBinding(name=name, value=value)
            case ast.If(body=body, orelse=orelse):
                self._either(body, orelse, found)
            case ast.Try() | ast.TryStar():
                self._try(statement, found)
            case ast.For() | ast.AsyncFor() | ast.While() | ast.With() | ast.AsyncWith():
                self._stores(statement, found)
                self.body(statement.body, found)
            case _:
                self._stores(statement, found)

    def _import(self, statement: ast.Import | ast.ImportFrom, found: dict[str, Binding]) -> None:
        for alias in statement.names:
            if isinstance(statement, ast.ImportFrom):
                binding = ImportBinding(
                    module=statement.module or "", level=statement.level, name=alias.name, node=alias
                )
                if alias.name == "*":
                    self.stars.append(binding)
                else:
                    found[alias.asname or alias.name] = binding
            else:
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or module] = ImportBinding(module=module, level=0, name=None, node=alias)

    def _either(self, body: list[ast.stmt], orelse: list[ast.stmt], found: dict[str, Binding]) -> None:
        ways: tuple[dict[str, Binding], dict[str, Binding]] = ({}, {})
        self.body(body, ways[0])
        self.body(orelse, ways[1])
        for name in {**ways[0], **ways[1]}:
            certain = name not in found and not (name in ways[0] and name in ways[1])
            found[name] = (ways[0].get(name) or ways[1][name]) if certain else OtherBinding()

    def _try(self, statement: ast.Try | ast.TryStar, found: dict[str, Binding]) -> None:
        handled: dict[str, Binding] = {}
        for handler in statement.handlers:
            self.body(handler.body, handled)
        self.body(statement.body, found)
        self.body(statement.orelse, found)
        for name, binding in handled.items():
            found.setdefault(name, binding)
        self.body(statement.finalbody, found)

    def _stores(self, statement: ast.stmt, found: dict[str, Binding]) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found[node.id] = OtherBinding()
