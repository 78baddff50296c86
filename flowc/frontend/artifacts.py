"""The artifacts of a flow, as its methods use them: what the data-flow pass is told."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from flowc.frontend.accesses import AccessReader
from flowc.frontend.decl import StepDecl
from flowc.frontend.effects import Function
from flowc.frontend.members import Body
from flowc.frontend.methods import Method
from flowc.frontend.modules import Modules
from flowc.frontend.own_decorators import with_own
from flowc.frontend.scope import Scope
from flowc.frontend.supers import Callables
from flowc.frontend.walk import Code
from flowc.ir.accesses import Access, Read, Write


def with_accesses(
    steps: Mapping[str, StepDecl], bodies: Sequence[Body], callables: Callables, modules: Modules
) -> dict[str, StepDecl]:
    """The steps, each with what it does to artifacts.

    Args:
        steps: By name; none of them is in error.
        bodies: The classes that they stand in.
        callables: What they may call.
        modules: What their decorators are looked up in.
    """
    every = [(body, method) for body in bodies for method in body.methods]
    helpers: dict[str, list[Code]] = {}
    for body, method in every:
        if method.node.name not in steps:
            helpers.setdefault(method.node.name, []).append(_code(body, method))
    for name, (place, method) in callables.overridden.items():
        helpers[name] = [_code(bodies[place], method)]
    reader = AccessReader(helpers, steps, callables.mentions)
    found = dict(steps)
    for body, method in every:
        name = method.node.name
        if name in steps:
            accesses = (*reader.step(_code(body, method)), *_of_the_transition(steps[name], body, method))
            step = replace(steps[name], accesses=(*_of_catch(steps[name], body, method), *accesses))
            found[name] = with_own(step, method.decorators, Scope(body, modules), helpers) if _has_own(method) else step
    return found


def class_attributes(bodies: Iterable[Body]) -> tuple[str, ...]:
    """What every object of a flow's class has without an assignment in a step, sorted; without methods."""
    statements = (s for body in bodies for s in body.cls.node.body if not isinstance(s, Function))
    return tuple(sorted(set(_bound(statements))))


def _code(body: Body, method: Method) -> Code:
    module = body.cls.module
    return Code(node=method.node, report=module.report, constants=module.constants)


def _has_own(method: Method) -> bool:
    return any(d.name is None for d in method.decorators)


def _of_catch(step: StepDecl, body: Body, method: Method) -> Iterator[Access]:
    """`@catch` leaves the error in an artifact."""
    if step.policy.catch is None or step.policy.catch.var is None:
        return
    calls = (d.call for d in method.decorators if d.name == "catch" and d.call is not None)
    values = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "var"]
    span = body.cls.module.report.span(values[0]) if values else step.span
    yield Write(name=step.policy.catch.var, span=span, certain=False, literal=True)


def _of_the_transition(step: StepDecl, body: Body, method: Method) -> Iterator[Access]:
    if step.transition is None or step.transition.items is None:
        return
    for keyword in method.effects.nexts[0].node.keywords:
        if keyword.arg == "foreach":
            span = body.cls.module.report.span(keyword.value)
            yield Read(name=step.transition.items, span=span, foreach=True)


def _bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Names that statements of a class's body may bind."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((a.asname or a.name).partition(".")[0] for a in aliases)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Lambda():
                pass
            case _:
                pending.extend(ast.iter_child_nodes(node))
