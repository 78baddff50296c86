"""Decorators that are not flowc's: whether a name of one is bound, and what it does to artifacts.

They are applied when the class's body runs, in each task. What they make of a step the compiler cannot know, but for
functions of the flow's own modules that leave no doubt.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from dataclasses import replace
from itertools import chain

from flowc.diagnostics import Diagnostic, Label
from flowc.frontend.decl import StepDecl
from flowc.frontend.effects import Function
from flowc.frontend.modules import FoundFunction, FoundValue, Module
from flowc.frontend.policies import Decorator
from flowc.frontend.report import Report
from flowc.frontend.scope import Scope
from flowc.frontend.vocabulary import STEP_DECORATORS, listed
from flowc.ir.accesses import Access, Merge, Opaque, Probe, Write

_GENERATORS = "user_step_decorator"
_COPIERS = frozenset({"update_wrapper", "wraps"})
"""Functions that copy a function's name and signature, and do not call it."""
_REACHING = frozenset({"eval", "exec", "globals", "locals", "vars"})
"""Functions that may reach the flow without being given it."""
_OF_THE_TASK = frozenset({"foreach_stack", "index", "input", "next"})
_HIDING = frozenset({"merge_artifacts", "__class__", "__delattr__", "__dict__", "__setattr__", "_flowc"})
"""Attributes of every flow by which any artifact may be reached."""


def check_own(decorator: Decorator, scope: Scope, report: Report) -> Diagnostic | None:
    """What is wrong with a decorator that is not flowc's.

    Returns:
        FC106 for one that nothing binds, FC107 for arguments with names that nothing binds, FC119 for names that an
        own module does not have, FC150 for one that applies decorators of flowc's.
    """
    missing = scope.missing(decorator.node)
    if isinstance(missing, Diagnostic):
        return missing
    function = decorator.call.func if decorator.call else decorator.node
    if missing is not None and any(missing is part for part in ast.walk(function)):
        return _unbound(decorator, missing, scope, report)
    if missing is not None:
        meant = scope.meant(missing.id)
        help = f"did you mean `{meant}`?" if meant else "define it at the top level of the file, or import it"
        return report.diagnostic("FC107", missing, f"there is no `{missing.id}` here", help)
    return _applies_ours(decorator, function, scope, report)


def _unbound(decorator: Decorator, name: ast.Name, scope: Scope, report: Report) -> Diagnostic:
    meant = scope.meant(name.id, STEP_DECORATORS)
    known = listed(f"@{n}" for n in sorted(STEP_DECORATORS))
    help = f"define or import `{name.id}`, if it is one of your own; flowc's decorators of steps are {known}"
    if meant is not None:
        help = f"did you mean `@{meant}`?"
    return report.diagnostic("FC106", decorator.node, f"flowc does not know the decorator `@{decorator.text}`", help)


def _applies_ours(decorator: Decorator, function: ast.expr, scope: Scope, report: Report) -> Diagnostic | None:
    """A decorator that makes a step one that is tried again, say, which only shows when it runs."""
    match scope.resolve(function):
        case FoundFunction(module=module, node=node):
            found = _ours(node, module)
        case FoundValue(module=module, value=value):
            found = _ours(value, module)
        case _:
            return None
    if found is None:
        return None
    name, label = found
    return report.diagnostic(
        "FC150",
        decorator.node,
        f"`@{decorator.text}` applies `@{name}`, which flowc only reads where it stands above a step",
        f"put `@{name}` above the step too, and take it out of `{decorator.text}`",
        label,
    )


def _ours(root: ast.AST, module: Module) -> tuple[str, Label] | None:
    for node in ast.walk(root):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = module.names.resolve(node)
            if name in STEP_DECORATORS and name != "step":
                return name, module.report.label(node, "here")
    return None


def with_own(step: StepDecl, decorators: list[Decorator], scope: Scope, helpers: Container[str]) -> StepDecl:
    """A step with what the decorators around it do; whether its own code runs is theirs to decide.

    Args:
        helpers: Names of methods that are no steps: what those do is not followed here.
    """
    own = [d for d in decorators if d.name is None]
    if not own:
        return step
    around = tuple(dict.fromkeys(chain.from_iterable(_accesses(d, scope) for d in own)))
    if any(isinstance(a, Probe) and (a.name in helpers or a.name in _HIDING) for a in around):
        around = (Opaque(),)
    within = tuple(a._replace(certain=False) if isinstance(a, Write | Merge) else a for a in step.accesses)
    return replace(step, accesses=(*around, *within, *around))


def _accesses(decorator: Decorator, scope: Scope) -> Iterator[Access]:
    function = decorator.call.func if decorator.call else decorator.node
    found = scope.resolve(function)
    if not isinstance(found, FoundFunction) or isinstance(found.node, ast.AsyncFunctionDef):
        return iter((Opaque(),))
    above = [found.module.names.resolve(d) for d in found.node.decorator_list]
    if above == [_GENERATORS]:
        return _Function(found.node, found.module.report).of_generator()
    if above:
        return iter((Opaque(),))
    return _Function(found.node, found.module.report).of_plain(is_called=decorator.call is not None)


class _Function:
    """The source of a decorator: what it does with the flow object; anything if there is any doubt."""

    def __init__(self, node: ast.FunctionDef, report: Report) -> None:
        self._node = node
        self._report = report
        self._parents = {child: parent for parent in ast.walk(node) for child in ast.iter_child_nodes(parent)}
        self._nested = [n for n in self._parents if isinstance(n, Function | ast.Lambda)]

    def of_generator(self) -> Iterator[Access]:
        """Of one under `@user_step_decorator`, which is given the flow as its second argument."""
        own = _parameters(self._node)
        if len(own) not in (3, 4):
            yield Opaque()
            return
        flow, inputs = own[1:3]
        # what it yields may be called with the flow
        flows = {flow, *self._first_parameters()} - {inputs}
        yield from self._uses(flows)
        if any(name.id == inputs for name in self._names()):
            yield Opaque(inputs=True)

    def of_plain(self, *, is_called: bool) -> Iterator[Access]:
        """Of one that is given a step and makes another function of it, or with parentheses makes what does so."""
        makers = [n for n in self._node.body if isinstance(n, Function)] if is_called else [self._node]
        steps = {name for maker in makers for name in _parameters(maker)[:1]}
        parameters = set(chain(_parameters(self._node), *map(_parameters, self._nested)))
        called = {n.func.id for n in self._parents if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        steps |= called & parameters
        if any(self._gets_away(name, steps) for name in self._names() if name.id in steps):
            yield Opaque()
            return
        yield from self._uses(self._first_parameters() - steps, steps)

    def _first_parameters(self) -> set[str]:
        """What nested functions call what they are given first."""
        return {name for node in self._nested for name in _parameters(node)[:1]}

    def _names(self) -> Iterator[ast.Name]:
        return (n for n in self._parents if isinstance(n, ast.Name))

    def _gets_away(self, name: ast.Name, steps: Container[str]) -> bool:
        """Whether a step is not only called, copied from, or handed back."""
        match self._parents[name]:
            case ast.Call(func=function) if function is name:
                return False
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
                return called not in _COPIERS
            case ast.Attribute() | ast.Return():
                return False
            case _:
                return True

    def _uses(self, flows: Container[str], steps: Container[str] = ()) -> Iterator[Access]:
        """What is done with the flow; to hand it to the step is no use."""
        for name in self._names():
            if name.id in _REACHING:
                yield Opaque()
            elif name.id in flows:
                parent = self._parents[name]
                handed = self._parents[parent] if isinstance(parent, ast.Starred | ast.keyword) else parent
                match handed:
                    case ast.Call(func=ast.Name(id=called)) if called in steps:
                        continue
                yield from self._use(parent)

    def _use(self, parent: ast.AST) -> Iterator[Access]:
        match parent:
            case ast.Attribute(attr=name) if name in _OF_THE_TASK:
                return
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield Write(name=name, span=self._report.span(parent), certain=False)
                yield Probe(name=name)
            case ast.Attribute(attr=name):
                yield Probe(name=name)
            case _:
                yield Opaque()


def _parameters(node: Function | ast.Lambda) -> list[str]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return [a.arg for a in every if a is not None]
