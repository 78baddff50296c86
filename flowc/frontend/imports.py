"""What flowc's names are called in a file."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from flowc.frontend.report import Report
from flowc.frontend.vocabulary import (
    CARD_NAMES,
    CURRENT,
    METAFLOW_CURRENT,
    METAFLOW_NAMES,
    MODULES,
    NAMES,
    listed,
    nearest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedName:
    """`from flowc import name as local`.

    Attributes:
        known: flowc has it.
    """

    name: str
    local: str
    known: bool
    node: ast.alias


CARDS = "cards"
"""The one module inside of flowc that flows import."""


def _nowhere(node: ast.expr) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The bindings of a file that concern flowc.

    Attributes:
        modules: What `flowc` and `metaflow` themselves are called.
        names: Local name to flowc's (or Metaflow's) name; a misspelt one to what was probably meant.
        bound: Everything that the top level of the file binds, these imports included.
        imported: What is imported by name, wherever in the file, in source order.
        star: There is a `from flowc import *`.
        elsewhere: What an expression stands for that another module of the flow has imported from flowc.
    """

    modules: frozenset[str]
    names: Mapping[str, str]
    bound: frozenset[str]
    imported: tuple[ImportedName, ...]
    star: bool
    elsewhere: Callable[[ast.expr], str | None] = _nowhere

    def resolve(self, node: ast.expr) -> str | None:
        """The name in flowc's (or Metaflow's) vocabulary that an expression stands for."""
        return self.own(node) or self.elsewhere(node)

    def own(self, node: ast.expr) -> str | None:
        """The same, for what this file itself imports from flowc."""
        match node:
            case ast.Name(id=local):
                return self.names.get(local)
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in self.modules:
                return name
            case _:
                return None

    def is_missing(self, node: ast.expr) -> str | None:
        """The name of flowc's that a bare name stands for, if nothing in the file binds it."""
        if isinstance(node, ast.Name) and node.id in NAMES and not self.star:
            known = node.id in self.bound or node.id in self.names or self.elsewhere(node) is not None
            return None if known else node.id
        return None

    def with_all_names(self) -> Names:
        """The same as if the file imported everything: for after a missing import is reported."""
        return replace(self, names={name: name for name in NAMES} | dict(self.names), star=True)


def read_names(tree: ast.Module, report: Report) -> Names:
    """Collect imports; imports by name are judged later (`check_imports`), when their uses are known.

    Emits: FC105 for modules inside flowc or metaflow.
    """
    modules: set[str] = set()
    names: dict[str, str] = {}
    bound: set[str] = set()
    top = set(map(id, _top_level_imports(tree.body, bound)))
    imported: list[ImportedName] = []
    star = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(_module_names(node, report))
        elif isinstance(node, ast.ImportFrom) and _from_flowc(node, report):
            found = [_imported(alias) for alias in node.names if alias.name != "*"]
            imported += found
            star = star or len(found) < len(node.names)
            if id(node) in top:
                names |= _bindings(found)
    if star:
        names = {name: name for name in NAMES} | names
    return Names(modules=frozenset(modules), names=names, bound=frozenset(bound), imported=tuple(imported), star=star)


def check_imports(tree: ast.Module, names: Names, reported: Iterable[str], report: Report) -> None:
    """Report names that flowc does not have.

    Args:
        reported: Local names whose use is an error already: the import is not a second one.

    Emits: FC105.
    """
    silent = set(reported)
    for imported in names.imported:
        if not imported.known and imported.local not in silent:
            _unknown(imported.name, imported.node, report)
    if not names.modules:
        return
    # `import flowc.nothing` is an error where it stands
    imports = (alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names)
    silent |= {".".join(name.split(".")[:2]) for name in imports}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names.modules:
            dotted = f"{node.value.id}.{node.attr}"
            if node.attr not in NAMES and not node.attr.startswith("__") and dotted not in silent:
                _unknown(node.attr, node, report)


def _unknown(name: str, node: ast.alias | ast.expr, report: Report) -> None:
    meant = nearest(name, NAMES)
    if name in METAFLOW_NAMES:
        message = f"this version of flowc does not have Metaflow's `{name}`"
        report.error("FC105", node, message, _instead(name))
    elif meant is not None:
        report.error("FC105", node, f"flowc has no `{name}`", f"did you mean `{meant}`?")
    else:
        report.error("FC105", node, f"flowc has no `{name}`", f"flowc has {listed(sorted(NAMES))}")


def _instead(name: str) -> str:
    from flowc.frontend.statuses import OTHERS, STATUSES  # which are only needed for errors

    status = STATUSES.get(name) or OTHERS.get(name)
    if status is not None:
        return status.text
    return f"do without `{name}` in this flow; flowc has {listed(sorted(NAMES))}"


def _imported(alias: ast.alias) -> ImportedName:
    return ImportedName(name=alias.name, local=alias.asname or alias.name, known=alias.name in NAMES, node=alias)


def _bindings(imported: Iterable[ImportedName]) -> dict[str, str]:
    """Local name to what it stands for; a misspelt import also binds the name that was meant."""
    bindings = {i.local: i.name if i.known else _meant(i.name) for i in imported}
    return {_meant(i.name): _meant(i.name) for i in imported if not i.known} | bindings


def _meant(name: str) -> str:
    return name if name in METAFLOW_NAMES else nearest(name, NAMES) or name


def _module_names(node: ast.Import, report: Report) -> Iterator[str]:
    for alias in node.names:
        root, _, inner = alias.name.partition(".")
        if root in MODULES and inner and inner != CARDS:
            _inner_module(alias.name, alias, report)
        if root in MODULES and not (inner and alias.asname):
            yield alias.asname or root


def _from_flowc(node: ast.ImportFrom, report: Report) -> bool:
    root, _, inner = (node.module or "").partition(".")
    if node.level or root not in MODULES:
        return False
    if inner == CARDS:
        _check_cards(f"{root}.{inner}", node, report)
    elif inner:
        _inner_module(f"{root}.{inner}", node, report)
    return not inner


def _check_cards(module: str, node: ast.ImportFrom, report: Report) -> None:
    for alias in node.names:
        if alias.name not in CARD_NAMES | {"*"}:
            meant = nearest(alias.name, CARD_NAMES)
            help = f"did you mean `{meant}`?" if meant else f"it has {listed(sorted(CARD_NAMES))}"
            message = f"this version of flowc does not have `{alias.name}` in `{module}`"
            report.error("FC105", alias, message, help)


def _inner_module(module: str, node: ast.alias | ast.stmt, report: Report) -> None:
    report.error(
        "FC105",
        node,
        f"this version of flowc does not have the module `{module}`",
        f"import from `flowc` itself, which has {listed(sorted(NAMES))}",
    )


def _top_level_imports(body: Iterable[ast.stmt], bound: set[str]) -> Iterator[ast.stmt]:
    """Imports that bind names of the module, also within `if`, `try` and `with`; notes all bound names."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        match node:
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                bound.update((a.asname or a.name).partition(".")[0] for a in aliases)
                yield node
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                bound.add(name)
            case ast.Lambda() | ast.expr_context():
                pass
            case _:
                pending.extend(ast.iter_child_nodes(node))


def check_current(tree: ast.Module, names: Names, report: Report) -> None:
    """Report attributes that `current` does not have: in a task they would fail, possibly late.

    Emits: FC131.
    """
    if not names.modules and "current" not in names.names.values():
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr not in CURRENT and not node.attr.startswith("__"):
            if names.own(node.value) != "current":
                continue
            if node.attr in METAFLOW_CURRENT:
                message = f"flowc's `current` does not have Metaflow's `{node.attr}`"
                report.error("FC131", node, message, METAFLOW_CURRENT[node.attr])
                continue
            meant = nearest(node.attr, CURRENT)
            help = f"did you mean `current.{meant}`?" if meant else f"it knows {listed(sorted(CURRENT))}"
            report.error("FC131", node, f"this version's `current` does not know `{node.attr}`", help)
