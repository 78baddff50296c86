"""Methods of a flow: which are steps, and what a step declares."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from flowc.frontend.constants import Constants
from flowc.frontend.decl import StepDecl, TransitionDecl
from flowc.frontend.effects import BLOCKS, Effects, Function, closure, is_own, read_effects, self_name
from flowc.frontend.imports import Names
from flowc.frontend.policies import METHOD_KINDS, Decorator, PolicyReader, read_decorator
from flowc.frontend.report import Report
from flowc.frontend.transitions import read_transition
from flowc.frontend.vocabulary import METAFLOW_NAMES, RESERVED
from flowc.ir.steps import Policy
from flowc.source import Span

_STEP_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_OVERRIDES = frozenset({"foreach_stack", "index", "input", "merge_artifacts", "next"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method of the flow class.

    Attributes:
        decorators: Outermost first.
        effects: Of its own code.
    """

    node: Function
    decorators: list[Decorator]
    effects: Effects

    @property
    def is_step(self) -> bool:
        """It has `@step`, possibly misspelt."""
        return any(d.name == "step" for d in self.decorators)

    @property
    def lacks_mark(self) -> bool:
        """It ends like a step but has no `@step`."""
        last, own = self.node.body[-1], self_name(self.node) or ""
        return (
            not self.is_step
            and isinstance(last, ast.Expr)
            and isinstance(last.value, ast.Call)
            and is_own(last.value.func, own, "next")
        )


def read_method(node: Function, names: Names) -> Method:
    """Look at a method once."""
    decorators = [read_decorator(decorator, names) for decorator in node.decorator_list]
    return Method(node=node, decorators=decorators, effects=read_effects(node))


class StepReader:
    """Reads the steps of one flow."""

    def __init__(self, policies: PolicyReader, constants: Constants, report: Report) -> None:
        self._policies = policies
        self._constants = constants
        self._report = report
        self._methods: set[str] = set()
        self._helpers: dict[str, Effects] = {}

    def read(self, methods: list[Method]) -> tuple[StepDecl, ...]:
        """The steps among the methods, each name once.

        Emits: FC106 to FC109, FC111, FC115 to FC118, FC121 to FC129.
        """
        self._methods = {m.node.name for m in methods}
        self._helpers = {m.node.name: m.effects for m in methods if not (m.is_step or m.lacks_mark)}
        seen: dict[str, Method] = {}
        steps: dict[str, StepDecl] = {}
        for method in methods:
            name = method.node.name
            twice = name in seen and (method.is_step or seen[name].is_step)
            if method.is_step or method.lacks_mark:
                step = self._step(method)
                steps[name] = self._broken(step) if twice else step
            else:
                self._check_helper(method)
            if twice:
                self._twice(method, seen[name])
                steps[name] = self._broken(steps[name])
            seen.setdefault(name, method)
        return tuple(steps.values())

    def stray(self, node: Function, where: str, names: Names) -> StepDecl:
        """A step that does not stand directly in the flow's class.

        Args:
            where: "inside an `if`", "outside of the flow".

        Emits: FC115.
        """
        span = self._report.name_span(node)
        self._report.error(
            "FC115",
            span,
            f"step `{node.name}` stands {where}",
            "define every step directly in the body of the flow's class",
        )
        return self._broken(self._bare(read_method(node, names), Policy()))

    def _step(self, method: Method) -> StepDecl:
        node, name = method.node, method.node.name
        if method.lacks_mark:
            self._report.error(
                "FC118",
                self._report.name_span(node),
                f"`{name}` ends with `self.next`, but is not marked as a step",
                f"put `@step` above `def {name}`",
            )
        self._check_name(name, node)
        policy = self._policies.read(method.decorators)
        step = self._bare(method, policy)
        if isinstance(node, ast.AsyncFunctionDef):
            self._report.error(
                "FC115",
                self._report.name_span(node),
                f"step `{name}` is asynchronous",
                "write `def`; inside the step, run coroutines with `asyncio.run(...)`",
            )
        elif method.effects.yields is not None:
            self._report.error(
                "FC115",
                method.effects.yields,
                f"step `{name}` is a generator",
                "a step cannot `yield`; collect a list",
            )
        has_kind = any(d.text in METHOD_KINDS for d in method.decorators)
        if has_kind or not self._has_good_arguments(node):
            return self._broken(step)
        return self._with_transition(method, step)

    def _bare(self, method: Method, policy: Policy) -> StepDecl:
        reads, writes = closure(method.effects, self._helpers, self._methods)
        arguments = method.node.args
        return StepDecl(
            name=method.node.name,
            doc=ast.get_docstring(method.node) or "",
            policy=policy,
            takes_inputs=len(arguments.posonlyargs) + len(arguments.args) > 1,
            transition=None,
            broken=False,
            reads=reads,
            writes=writes,
            span=self._report.name_span(method.node),
        )

    def _with_transition(self, method: Method, step: StepDecl) -> StepDecl:
        nexts = method.effects.nexts
        if not nexts:
            return step
        transition: TransitionDecl | None
        if step.name == "end":
            # wrong in any form, and told so when the graph is looked at
            transition = TransitionDecl(targets=(), items=None, span=self._report.span(nexts[0].node))
        else:
            transition = read_transition(method.node, nexts, self._constants, self._report)
        reads = step.reads
        if transition is not None and transition.items is not None:
            reads = tuple(sorted({*reads, transition.items}))
        return replace(step, transition=transition, broken=transition is None, reads=reads)

    def _broken(self, step: StepDecl) -> StepDecl:
        return replace(step, transition=None, broken=True)

    def _twice(self, method: Method, first: Method) -> None:
        what = "step" if method.is_step and first.is_step else "method"
        self._report.error(
            "FC108",
            self._report.name_span(method.node),
            f"{what} `{method.node.name}` is defined twice",
            "rename one of them",
            self._report.label(self._report.name_span(first.node), "the first one"),
        )

    def _check_name(self, name: str, node: Function) -> None:
        if name in RESERVED:
            why = "the name belongs to every flow"
        elif name.startswith("_"):
            why = "it starts with an underscore"
        elif not _STEP_CHARACTERS.issuperset(name):
            why = "only `a` to `z`, digits and `_` are allowed"
        else:
            return
        meant = name.lower().strip("_")
        self._report.error(
            "FC111",
            self._report.name_span(node),
            f"a step cannot be called `{name}`: {why}",
            f"call it `{meant}`, say" if meant and _is_good(meant) else "choose another name",
        )

    def _has_good_arguments(self, node: Function) -> bool:
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        name = node.name
        extra = arguments.vararg or arguments.kwarg or next(iter(arguments.kwonlyargs), None)
        if not positional and extra is None:
            self._arguments_error(self._report.name_span(node), f"step `{name}` has no argument", name)
        elif extra is not None:
            self._arguments_error(
                extra, f"step `{name}` has an argument that nothing is passed to: `{extra.arg}`", name
            )
        elif len(positional) > 2:
            self._arguments_error(positional[2], f"step `{name}` has more than two arguments", name)
        else:
            return True
        return False

    def _arguments_error(self, where: ast.arg | Span, message: str, name: str) -> None:
        self._report.error(
            "FC109", where, message, f"write `def {name}(self):`, or `def {name}(self, inputs):` for a join"
        )

    def _check_helper(self, method: Method) -> None:
        name = method.node.name
        if name in _OVERRIDES:
            self._report.error(
                "FC111",
                self._report.name_span(method.node),
                f"method `{name}` hides what every flow has under this name",
                "choose another name",
            )
        for call in method.effects.nexts:
            self._report.error(
                "FC127",
                call.node,
                f"`self.next` is called in `{name}`, which is not a step",
                "call `self.next` as the last statement of each step",
            )
        for decorator in method.decorators:
            if decorator.name == "retry" or (decorator.name in METAFLOW_NAMES and decorator.name is not None):
                self._policies.reported.add(decorator.text)
                self._report.error(
                    "FC116",
                    decorator.node,
                    f"`@{decorator.text}` stands on `{name}`, which is not a step",
                    f"add `@step` if `{name}` is one; else remove `@{decorator.text}`",
                )


def _is_good(name: str) -> bool:
    return _STEP_CHARACTERS.issuperset(name) and name not in RESERVED


def stray_steps(tree: ast.Module, flow: ast.ClassDef, names: Names) -> Iterator[tuple[Function, str]]:
    """Functions under `@step` that are not methods of the flow, and where they stand.

    Other classes are not looked into.
    """
    pending: list[tuple[ast.AST, str]] = [(statement, "outside of the flow") for statement in reversed(tree.body)]
    while pending:
        node, where = pending.pop()
        if isinstance(node, ast.ClassDef):
            if node is flow:
                pending.extend((child, "") for child in reversed(node.body))
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if where and any(read_decorator(d, names).name == "step" for d in node.decorator_list):
                yield node, where
            where = f"inside the function `{node.name}`"
        elif (block := BLOCKS.get(type(node))) is not None and where != "outside of the flow":
            where = where or f"inside {block}"
        pending.extend((child, where) for child in ast.iter_child_nodes(node) if isinstance(child, _HOLDERS))


_HOLDERS = (ast.stmt, ast.excepthandler, ast.match_case)
