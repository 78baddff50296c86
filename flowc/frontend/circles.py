"""Imports of the flow's own modules that fail when they are run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flowc.diagnostics import Label
from flowc.frontend.modules import Module, Modules, relative_import
from flowc.frontend.report import span_in


def check_circles(modules: Modules) -> None:
    """Report names that are imported before they are there, since modules import each other.

    The imports of the modules that were read are followed in the order in which Python would run them. Imports inside
    of `try`, `if` and functions are left alone.

    Emits: FC119.
    """
    _Run(modules).run(modules.main)


class _Run:
    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._begun: set[str] = set()
        self._bound: dict[str, set[str]] = {}  # of the modules that are running now
        self._at: dict[str, ast.stmt] = {}

    def run(self, module: Module) -> None:
        self._begun.add(module.name)
        bound = self._bound[module.name] = set[str]()
        for statement in module.tree.body:
            self._at[module.name] = statement
            match statement:
                case ast.ImportFrom():
                    self._import_from(module, statement)
                case ast.Import(names=aliases):
                    for alias in aliases:
                        self._import(alias.name)
                case _:
                    pass
            bound.update(_binds(statement))
        del self._bound[module.name]

    def _import(self, name: str) -> None:
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            module = self._modules.loaded_module(".".join(parts[:length]))
            if module is not None and module.name not in self._begun:
                self.run(module)

    def _import_from(self, module: Module, statement: ast.ImportFrom) -> None:
        name = self._modules.target(module, statement.level, statement.module or "")
        if name is None:
            module.report.diagnostics.append(relative_import(module, statement.names[0]))
            return
        self._import(name)
        for alias in statement.names:
            self._import(f"{name}.{alias.name}")
            source = self._modules.loaded_module(name)
            running = self._bound.get(name)
            if source is not None and running is not None and alias.name not in running:
                self._check(module, alias, source)

    def _check(self, module: Module, alias: ast.alias, source: Module) -> None:
        if alias.name not in source.bindings.names or self._modules.loaded_module(f"{source.name}.{alias.name}"):
            return
        where = Label(span=span_in(source.report.source, self._at[source.name]), text="this import leads here")
        module.report.error(
            "FC119",
            alias,
            f"`{alias.name}` is not there yet when it is imported: the modules `{source.name}` and `{module.name}` "
            "import each other",
            f"move what both need into a module of its own, or import `{alias.name}` inside of the method that uses it",
            where,
        )


def _binds(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement binds, whatever its conditions; more do no harm."""
    nested = not isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    for node in ast.walk(statement) if nested else [statement]:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
            case ast.Name(id=name):
                yield name
            case _:
                pass
