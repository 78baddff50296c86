"""The names at the top level of a module whose value can be known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from flowc.frontend.constants import Constants, Elsewhere, nowhere, unknown
from flowc.source import SourceFile


def read_constants(
    tree: ast.Module,
    source: SourceFile | None = None,
    elsewhere: Callable[[ast.expr], Elsewhere | None] = nowhere,
    vocabulary: Callable[[ast.expr], str | None] = unknown,
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
        vocabulary=vocabulary,
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
