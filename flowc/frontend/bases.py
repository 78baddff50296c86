"""The classes that a flow's class consists of: its bases, in Python's order."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flowc.diagnostics import Diagnostic
from flowc.frontend.modules import (
    Absent,
    Found,
    FoundClass,
    FoundModule,
    FoundName,
    FoundOutside,
    Modules,
    Unreadable,
)

FLOW_SPEC = "FlowSpec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """A class and what it inherits from.

    Attributes:
        classes: Those that lie in the flow's folder, the class itself first: the order in which Python looks for an
            attribute.
        is_flow: `FlowSpec` is among its bases.
        complete: All bases are known.
        problems: What is wrong with the bases. Nothing of it is reported: the class may be no flow.
    """

    classes: tuple[FoundClass, ...]
    is_flow: bool
    complete: bool
    problems: tuple[Diagnostic, ...]


_Key: TypeAlias = "tuple[str, int] | str"
"""Module and line of a class; the dotted name of one that is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    keys: tuple[_Key, ...]
    problems: tuple[Diagnostic, ...]
    complete: bool


class Bases:
    """Finds lineages; each class is looked at once."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._classes: dict[_Key, FoundClass] = {}
        self._lines: dict[_Key, _Line] = {}
        self._open: list[_Key] = []

    def lineage(self, cls: FoundClass) -> Lineage:
        """The bases of a class, C3 linearised.

        Emits: FC110, FC119, FC130; in the lineage.

        Source: https://docs.python.org/3/howto/mro.html
        """
        line = self._line(cls)
        return Lineage(
            classes=tuple(self._classes[key] for key in line.keys if key in self._classes),
            is_flow=FLOW_SPEC in line.keys,
            complete=line.complete,
            problems=line.problems,
        )

    def _line(self, cls: FoundClass) -> _Line:
        key = (cls.module.name, cls.node.lineno)
        if key not in self._lines:
            self._classes[key] = cls
            self._open.append(key)
            self._lines[key] = self._computed(key, cls)
            self._open.pop()
        return self._lines[key]

    def _computed(self, key: _Key, cls: FoundClass) -> _Line:
        lines: list[tuple[_Key, ...]] = []
        problems: list[Diagnostic] = []
        complete = True
        for node in cls.node.bases:
            base = self._base(cls, node)
            problems += base.problems
            complete = complete and base.complete
            if base.keys:
                lines.append(base.keys)
        order = linearise([*lines, [line[0] for line in lines]])
        if order is None:
            problems.append(_no_order(cls))
            order = list(dict.fromkeys(k for line in lines for k in line))
            complete = False
        return _Line(keys=(key, *order), problems=tuple(problems), complete=complete)

    def _base(self, cls: FoundClass, node: ast.expr) -> _Line:
        """What one base brings in; without keys if it is not known."""
        name = node.value if isinstance(node, ast.Subscript) else node
        found = self._modules.resolve(cls.module, name)
        match found:
            case FoundClass():
                return self._own(cls, node, found)
            case FoundName(name="FlowSpec"):
                return _opaque(FLOW_SPEC)
            case FoundOutside(name=outside) if _is_standard(outside):
                return _Line(keys=() if outside == "builtins.object" else (outside,), problems=(), complete=True)
            case Absent(diagnostic=diagnostic):
                return _unknown(diagnostic)
            case Unreadable():
                return _Line(keys=(), problems=(), complete=False)
            case _ if cls.module.names.is_missing(name) == FLOW_SPEC:
                return _opaque(FLOW_SPEC)
            case FoundOutside(name=outside):
                return _unknown(_outside(cls, node, self._modules.meant(outside)))
            case FoundName():
                return _unknown(_outside(cls, node, None))
            case _:
                return _unknown(_not_a_class(cls, node, found))

    def _own(self, cls: FoundClass, node: ast.expr, base: FoundClass) -> _Line:
        """The same for a class of the flow's modules."""
        if base.module is cls.module and base.node.lineno >= cls.node.lineno:
            return _unknown(_below(cls, node, base))
        if (base.module.name, base.node.lineno) in self._open:
            return _unknown(_circle(cls, node, base))
        return self._line(base)


def linearise(lines: Sequence[Sequence[_Key]]) -> list[_Key] | None:
    """Merge the lines of all bases, and the line of the bases themselves; None if there is no order.

    The first of a line that stands in no other line behind its head comes next.
    """
    pending = [list(line) for line in lines if line]
    order: list[_Key] = []
    while pending:
        behind = {key for line in pending for key in line[1:]}
        chosen = next((line[0] for line in pending if line[0] not in behind), None)
        if chosen is None:
            return None
        order.append(chosen)
        pending = [rest for line in pending if (rest := line[1:] if line[0] == chosen else line)]
    return order


def _opaque(name: str) -> _Line:
    return _Line(keys=(name,), problems=(), complete=True)


def _unknown(diagnostic: Diagnostic) -> _Line:
    return _Line(keys=(), problems=(diagnostic,), complete=False)


def _is_standard(name: str) -> bool:
    """A class of Python's own library: it has no steps."""
    return name.partition(".")[0] in sys.stdlib_module_names or name.startswith("builtins.")


def _below(cls: FoundClass, node: ast.expr, base: FoundClass) -> Diagnostic:
    report = cls.module.report
    return report.diagnostic(
        "FC110",
        node,
        f"class `{cls.node.name}` stands above its base `{base.node.name}`",
        "move the base up",
        report.label(report.name_span(base.node), "the base"),
    )


def _circle(cls: FoundClass, node: ast.expr, base: FoundClass) -> Diagnostic:
    return cls.module.report.diagnostic(
        "FC130",
        node,
        f"class `{base.node.name}` inherits from itself, by way of `{cls.node.name}`",
        "remove one of the bases",
        base.module.report.label(base.module.report.name_span(base.node), "the class"),
    )


def _no_order(cls: FoundClass) -> Diagnostic:
    names = ", ".join(ast.unparse(node) for node in cls.node.bases)
    return cls.module.report.diagnostic(
        "FC130",
        cls.module.report.name_span(cls.node),
        f"the bases of class `{cls.node.name}` have no order that suits all of them: `{names}`",
        "name each base once, and a class before the classes that it inherits from",
    )


def _outside(cls: FoundClass, node: ast.expr, meant: str | None) -> Diagnostic:
    help = (
        "flowc reads all of a flow without running it: put the class into a module beside the flow's file, or call "
        "what it offers from a step"
    )
    return cls.module.report.diagnostic(
        "FC110",
        node,
        f"the base `{ast.unparse(node)}` of class `{cls.node.name}` does not lie in the flow's folder",
        help if meant is None else f"did you mean the module `{meant}`, which does?",
    )


def _not_a_class(cls: FoundClass, node: ast.expr, found: Found) -> Diagnostic:
    why = "which class it is cannot be told without running the file"
    if isinstance(found, FoundModule):
        why = f"it is the module `{found.name}`"
    return cls.module.report.diagnostic(
        "FC110",
        node,
        f"the base `{ast.unparse(node)}` of class `{cls.node.name}` is not known to be a class: {why}",
        "name a class that is defined in a module of the flow, or imported from one",
    )
