"""The members of a flow: what its class has, and what it inherits."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flowc.frontend.bases import Lineage
from flowc.frontend.classes import lacks_import
from flowc.frontend.constants import Constants
from flowc.frontend.effects import Function
from flowc.frontend.imports import Names
from flowc.frontend.methods import Method, read_method
from flowc.frontend.modules import FoundClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One class of a lineage.

    Attributes:
        names: Flowc's names in its file.
        every: All its methods.
        methods: Those that no class before it overrides.
        statements: The rest of its body, without attributes that a class before it overrides.
        constants: What expressions in its body can be evaluated with.
    """

    cls: FoundClass
    names: Names
    every: tuple[Method, ...]
    methods: tuple[Method, ...]
    statements: tuple[ast.stmt, ...]
    constants: Constants

    def find(self, name: str) -> Method | None:
        """The method of a name; the last one, as in Python."""
        return next((m for m in reversed(self.every) if m.node.name == name), None)


def read_bodies(lineage: Lineage) -> tuple[Body, ...]:
    """Each class of a lineage with the members that count, the flow's own class first."""
    bodies: list[Body] = []
    taken: set[str] = set()
    names = _names(lineage)
    for cls in lineage.classes:
        own = names[cls.module.name]
        every = tuple(read_method(node, own) for node in cls.node.body if isinstance(node, Function))
        rest = [node for node in cls.node.body if not isinstance(node, Function)]
        bodies.append(
            Body(
                cls=cls,
                names=own,
                every=every,
                methods=tuple(m for m in every if m.node.name not in taken),
                constants=cls.module.constants,
                statements=tuple(s for s in rest if not ((defined := set(_defined(s))) and defined <= taken)),
            )
        )
        taken |= {m.node.name for m in every} | {name for s in rest for name in _defined(s)}
    return tuple(bodies)


def member_order(bodies: Iterable[Body]) -> dict[str, int]:
    """The place of each member: those of bases first, an overridden one where it was."""
    places: dict[str, int] = {}
    for body in reversed(tuple(bodies)):
        for statement in body.cls.node.body:
            for name in [statement.name] if isinstance(statement, Function) else _defined(statement):
                places.setdefault(name, len(places))
    return places


def _names(lineage: Lineage) -> dict[str, Names]:
    """What flowc's names are called in each module; after a missing import is reported, as if it were there."""
    found: dict[str, Names] = {}
    for cls in lineage.classes:
        names = found.get(cls.module.name, cls.module.names)
        found[cls.module.name] = names.with_all_names() if lacks_import(cls) else names
    return found


def _defined(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement of a class's body binds for certain."""
    match statement:
        case ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            yield name
        case _:
            pass
