"""Statements in the body of a flow's class that are not methods."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from flowc.frontend.imports import Names
from flowc.frontend.parameters import SIGNATURES, ParameterReader
from flowc.frontend.report import Report
from flowc.frontend.vocabulary import METAFLOW_NAMES, nearest

_HARMLESS = frozenset({"ConfigValue", "JSONType", "config_expr", "current", "Flow", "Run", "Step", "Task"})
"""Uses of configs are looked at elsewhere."""


class AttributeReader:
    """Reads the attributes of one flow: parameters, and what is none of flowc's business.

    Attributes:
        plain: Attributes that are not parameters, by name.
        reported: Names, as written, that were refused where they are used.
    """

    def __init__(self, names: Names, parameters: ParameterReader, report: Report) -> None:
        self._names = names
        self._parameters = parameters
        self._report = report
        self.plain: dict[str, ast.Name] = {}
        self.reported: set[str] = set()

    def read(self, body: Iterable[ast.stmt]) -> None:
        """Read the statements of a class body.

        Emits: FC112 to FC115, FC117.
        """
        for statement in body:
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    continue
                case ast.Assign(targets=[ast.Name() as name], value=value):
                    self._attribute(name, value)
                case ast.AnnAssign(target=ast.Name() as name, value=ast.expr() as value):
                    self._attribute(name, value)
                case _:
                    self._search(statement, "assign each parameter to one name, directly in the body of the class")

    def _attribute(self, name: ast.Name, value: ast.expr) -> None:
        if isinstance(value, ast.Call):
            function = value.func
            kind = self._names.resolve(function)
            if kind in SIGNATURES:
                self._parameters.read(name, value, kind)
                return
            if (missing := self._names.is_missing(function)) in SIGNATURES:
                message, help = f"`{missing}` is not imported", f"add `from flowc import {missing}`"
                self._report.error("FC117", function, message, help)
                return
            meant = self._meant(function.id) if isinstance(function, ast.Name) else None
            if meant is not None:
                message = f"flowc does not know `{ast.unparse(function)}`"
                self._report.error("FC115", function, message, f"did you mean `{meant}`?")
                return
        self.plain[name.id] = name
        self._search(value, "assign the parameter itself to a name: `alpha = Parameter(...)`")

    def _meant(self, name: str) -> str | None:
        bound = self._names.bound  # by a star, too, if that is among them
        return None if {name, "*"} & bound else nearest(name, SIGNATURES)

    def _search(self, tree: ast.AST, help: str) -> None:
        """Refuse uses of flowc's and Metaflow's names that would be overlooked."""
        pending = [tree]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
                continue
            name = self._names.resolve(node) if isinstance(node, ast.Name | ast.Attribute) else None
            if name is None or name in _HARMLESS:
                pending.extend(ast.iter_child_nodes(node))
            elif isinstance(node, ast.expr):
                self._refuse(name, node, help)

    def _refuse(self, name: str, node: ast.expr, help: str) -> None:
        self.reported.add(ast.unparse(node))
        if name in METAFLOW_NAMES:
            message = f"this version of flowc does not compile Metaflow's `{name}`"
            help = f"do without `{name}`; a `Parameter` can hold a value that is given to a run"
        elif name in SIGNATURES:
            message = f"a {SIGNATURES[name].noun} is not assigned to a name of its own"
        else:
            message, help = f"`{name}` cannot be used here", "define steps with `@step` above a method"
        self._report.error("FC115", node, message, help)
