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
from flowc.frontend.supers import Callables
from flowc.frontend.walk import Code
from flowc.ir.accesses import Access, Opaque, Read, Write


def with_accesses(steps: Mapping[str, StepDecl], bodies: Sequence[Body], callables: Callables) -> dict[str, StepDecl]:
    """The steps, each with what it does to artifacts.

    Args:
        steps: By name; none of them is in error.
        bodies: The classes that they stand in.
        callables: What they may call.
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
            found[name] = replace(steps[name], accesses=(*_of_decorators(body, method), *accesses))
    return found


def class_attributes(bodies: Iterable[Body]) -> tuple[str, ...]:
    """What every object of a flow's class has without an assignment in a step, sorted; without methods."""
    statements = (s for body in bodies for s in body.cls.node.body if not isinstance(s, Function))
    return tuple(sorted(set(_bound(statements))))


def _code(body: Body, method: Method) -> Code:
    module = body.cls.module
    return Code(node=method.node, report=module.report, constants=module.constants)


def _of_decorators(body: Body, method: Method) -> Iterator[Access]:
    """What stands around a step may do anything; `@catch` leaves the error in an artifact."""
    for decorator in method.decorators:
        if decorator.name is None:
            yield Opaque()
        for keyword in decorator.call.keywords if decorator.call is not None and decorator.name == "catch" else ():
            value = body.cls.module.constants.evaluate(keyword.value)
            if keyword.arg == "var" and isinstance(value, str):
                yield Write(name=value, span=body.cls.module.report.span(keyword.value), certain=False, literal=True)


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
