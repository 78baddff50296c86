"""Calls of what a method overrides: `super().load()`, `super(Trained, self).load()`, `Base.load(self)`.

What the overridden method does to `self` counts as done by the method that calls it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from flowc.diagnostics import Label
from flowc.frontend.bases import Bases
from flowc.frontend.effects import Effects, self_name
from flowc.frontend.members import Body
from flowc.frontend.methods import Handed, Method
from flowc.frontend.modules import FoundClass, Modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Callables:
    """What the code of a step may call on `self`.

    Attributes:
        helpers: Effects of the methods that are no steps by name, and of overridden ones by a name that no attribute
            can have; each includes reading the names of the overridden ones that it calls.
        names: Names of all methods, and the names of overridden ones: these are no artifacts.
        overridden: The overridden ones, by name, each with the place of its class in the lineage.
        mentions: Names of overridden ones, by the identity of the expressions that stand for them: `super().load`.
    """

    helpers: Mapping[str, Effects]
    names: frozenset[str]
    overridden: Mapping[str, tuple[int, Method]]
    mentions: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A call of an overridden method; `key` is its name among the helpers."""

    node: ast.Attribute
    key: str


def link_supers(bodies: tuple[Body, ...], bases: Bases, modules: Modules) -> tuple[tuple[Body, ...], Callables]:
    """Tell each method what it reaches by its calls of overridden methods, and which step it stands in for."""
    links = _Links(bodies, bases, modules)
    linked = tuple(
        replace(body, methods=tuple(links.linked(at, method) for method in body.methods))
        for at, body in enumerate(bodies)
    )
    methods = [method for body in linked for method in body.methods]
    helpers = {m.node.name: m.effects for m in methods if not (m.is_step or m.lacks_mark)}
    names = frozenset(m.node.name for m in methods) | links.helpers.keys()
    return linked, Callables(
        helpers={**helpers, **links.helpers}, names=names, overridden=links.found, mentions=links.mentions
    )


class _Links:
    def __init__(self, bodies: tuple[Body, ...], bases: Bases, modules: Modules) -> None:
        self._bodies = bodies
        self._bases = bases
        self._modules = modules
        self._places = {id(body.cls.node): at for at, body in enumerate(bodies)}
        self._base_texts = {body.cls.node.name for body in bodies} | {
            ast.unparse(node) for body in bodies for node in body.cls.node.bases
        }
        self.found: dict[str, tuple[int, Method]] = {}
        self.mentions: dict[int, str] = {}
        self.helpers: dict[str, Effects] = {}

    def linked(self, at: int, method: Method) -> Method:
        """The method as it counts in the flow; `at` is the place of its class in the lineage."""
        calls = self._calls(at, method)
        overridden = None
        for body in self._bodies[at + 1 :]:
            before = body.find(method.node.name)
            if before is not None and before.is_step:
                span = body.cls.module.report.name_span(before.node)
                overridden = Label(span=span, text="the step that it overrides")
                break
        return replace(
            method,
            effects=_with(method.effects, calls),
            handed=next((h for call in calls if (h := self._handed(call)) is not None), None),
            overridden=overridden,
        )

    def _calls(self, at: int, method: Method) -> list[_Call]:
        found: list[_Call] = []
        for node, name, places in self._mentions(at, method):
            for place in places:
                target = self._bodies[place].find(name)
                if target is not None:
                    found.append(_Call(node=node, key=self._enter(place, target)))
                    self.mentions[id(node)] = found[-1].key
                    break
        return found

    def _enter(self, place: int, method: Method) -> str:
        key = f"{place}.{method.node.name}"
        if key not in self.found:
            self.found[key] = (place, method)
            self.helpers[key] = _with(method.effects, self._calls(place, method))
        return key

    def _handed(self, call: _Call) -> Handed | None:
        """The first `self.next` that a call leads to."""
        pending, seen = [call.key], {call.key}
        while pending:
            place, method = self.found[pending.pop()]
            if method.effects.nexts:
                report = self._bodies[place].cls.module.report
                return Handed(node=call.node, next=report.label(method.effects.nexts[0].node, "this is called"))
            keys = {c.key for c in self._calls(place, method)} - seen
            seen |= keys
            pending.extend(sorted(keys))
        return None

    def _mentions(self, at: int, method: Method) -> Iterator[tuple[ast.Attribute, str, list[int]]]:
        """Each mention of an overridden method: the places of the classes that it is looked for in, in order."""
        own = self_name(method.node)
        everywhere = range(len(self._bodies))
        for node in ast.walk(method.node):
            match node:
                case ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[]), attr=name):
                    yield node, name, list(everywhere[at + 1 :])
                case ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[base, _]), attr=name):
                    places = self._line(at, base)
                    yield node, name, list(everywhere[places[0] + 1 :]) if places else []
                case ast.Call(func=ast.Attribute(value=base, attr=name) as function, args=[ast.Name(id=first), *_]) if (
                    first == own
                ):
                    yield function, name, self._line(at, base)
                case _:
                    pass

    def _line(self, at: int, node: ast.expr) -> list[int]:
        """The places of a class and of its own bases; empty if the expression is no class of the lineage."""
        if ast.unparse(node) not in self._base_texts:
            return []
        found = self._modules.resolve(self._bodies[at].cls.module, node)
        if not isinstance(found, FoundClass) or id(found.node) not in self._places:
            return []
        return [self._places[id(cls.node)] for cls in self._bases.lineage(found).classes]


def _with(effects: Effects, calls: list[_Call]) -> Effects:
    return replace(effects, reads=effects.reads | {call.key for call in calls}) if calls else effects
