"""Methods of a flow: which are steps, and what a step declares."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from flowc.frontend.constants import Constants
from flowc.frontend.decl import StepDecl, TransitionDecl
from flowc.frontend.decorators import READERS
from flowc.frontend.effects import BLOCKS, Function, closure
from flowc.frontend.imports import Names
from flowc.frontend.methods import Handed, Method, read_method
from flowc.frontend.own_decorators import check_own
from flowc.frontend.policies import PolicyReader, read_decorator
from flowc.frontend.report import Report
from flowc.frontend.scope import Scope
from flowc.frontend.supers import Callables
from flowc.frontend.transitions import read_transition
from flowc.frontend.vocabulary import CLASS_DECORATORS, END, METAFLOW_NAMES, RESERVED_STEPS
from flowc.ir.steps import Policy
from flowc.source import Span

_STEP_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_OVERRIDES = frozenset({"foreach_stack", "index", "input", "merge_artifacts", "next"})


class StepReader:
    """Reads the steps of one class."""

    def __init__(
        self, policies: PolicyReader, constants: Constants, report: Report, callables: Callables, scope: Scope
    ) -> None:
        self._policies = policies
        self._constants = constants
        self._report = report
        self._callables = callables
        self._scope = scope

    def read(self, methods: Iterable[Method]) -> tuple[StepDecl, ...]:
        """The steps among the methods, each name once.

        Emits: FC106 to FC109, FC111, FC115 to FC119, FC121 to FC129, FC150.
        """
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
            self._unmarked(method)
        self._check_name(name, node)
        policy = self._policies.read(method.decorators)
        splits = any(k.arg == "foreach" for n in method.effects.nexts for k in n.node.keywords)
        policy = self._policies.with_additions(policy, method.decorators, splits=splits)
        problems = (check_own(d, self._scope, self._report) for d in method.decorators if d.is_own)
        self._report.diagnostics += [problem for problem in problems if problem is not None]
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
        has_kind = any(d.name is None and not d.is_own for d in method.decorators)
        if has_kind or not self._has_good_arguments(node):
            return self._broken(step)
        return self._with_transition(method, step)

    def _unmarked(self, method: Method) -> None:
        name = method.node.name
        what = "ends with `self.next`" if method.ends_like_a_step else "stands in for a step"
        self._report.error(
            "FC118",
            self._report.name_span(method.node),
            f"`{name}` {what}, but is not marked as a step",
            f"put `@step` above `def {name}`",
            *([method.overridden] if method.overridden is not None else []),
        )

    def _bare(self, method: Method, policy: Policy) -> StepDecl:
        reads, writes = closure(method.effects, self._callables.helpers, self._callables.names)
        arguments = method.node.args
        starts, ends = (self._is_marked(method, mark) for mark in ("start", "end"))
        return StepDecl(
            name=method.node.name,
            doc=ast.get_docstring(method.node) or "",
            policy=policy,
            takes_inputs=len(arguments.posonlyargs) + len(arguments.args) > 1,
            starts=starts,
            ends=ends,
            transition=None,
            broken=False,
            reads=reads,
            writes=writes,
            span=self._report.name_span(method.node),
        )

    def _is_marked(self, method: Method, mark: str) -> bool:
        """Whether a step has `@step(start=True)`, say."""
        calls = [d.call for d in method.decorators if d.name == "step" and d.call is not None]
        keywords = [keyword for call in calls for keyword in call.keywords if keyword.arg == mark]
        return any(self._constants.evaluate(keyword.value) is True for keyword in keywords)

    def _with_transition(self, method: Method, step: StepDecl) -> StepDecl:
        nexts = method.effects.nexts
        if method.handed is not None:
            self._hands_on(method, method.handed)
            return self._broken(step)
        if not nexts:
            return step
        transition: TransitionDecl | None
        if step.ends or step.name == END:
            # wrong in any form, and told so when the graph is looked at
            transition = TransitionDecl(targets=(), items=None, span=self._report.span(nexts[0].node))
        else:
            transition = read_transition(method.node, nexts, self._constants, self._report)
        reads = step.reads
        if transition is not None and transition.items is not None:
            reads = tuple(sorted({*reads, transition.items}))
        return replace(step, transition=transition, broken=transition is None, reads=reads)

    def _hands_on(self, method: Method, handed: Handed) -> None:
        """The `self.next` of an overridden step is called too, or instead."""
        name, called = method.node.name, f"{ast.unparse(handed.node)}()"
        help = "move what both need of it into a method without `self.next`, and call that from both steps"
        if method.effects.nexts:
            self._report.error(
                "FC128",
                handed.node,
                f"step `{name}` calls `self.next` twice: `{called}` does so too",
                help,
                self._report.label(method.effects.nexts[0].node, "the second time"),
                handed.next,
            )
        else:
            self._report.error(
                "FC127",
                handed.node,
                f"step `{name}` leaves its `self.next` to `{called}`",
                f"end the step with a `self.next` of its own; {help}",
                handed.next,
            )

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
        if name in RESERVED_STEPS:
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
            of_class = decorator.name in CLASS_DECORATORS
            if of_class or decorator.name in READERS or decorator.name in METAFLOW_NAMES:
                self._policies.reported.add(decorator.text)
                self._report.error(
                    "FC116",
                    decorator.node,
                    f"`@{decorator.text}` stands on `{name}`, which is not a step",
                    f"put `@{decorator.name}` above the flow's class"
                    if of_class
                    else f"add `@step` if `{name}` is one; else remove `@{decorator.text}`",
                )


def _is_good(name: str) -> bool:
    return _STEP_CHARACTERS.issuperset(name) and name not in RESERVED_STEPS


def stray_steps(
    roots: Iterable[ast.stmt], classes: Collection[ast.stmt], names: Names
) -> Iterator[tuple[Function, str]]:
    """Functions under `@step` that are not methods of the flow, and where they stand.

    Args:
        roots: The statements to look at.
        classes: The classes of the flow; others are not looked into.
        names: Those of the file.
    """
    pending: list[tuple[ast.AST, str]] = [(statement, "outside of the flow") for statement in reversed(list(roots))]
    while pending:
        node, where = pending.pop()
        if isinstance(node, ast.ClassDef):
            if node in classes:
                pending.extend((child, "") for child in reversed(node.body))
            continue
        if isinstance(node, Function):
            if where and any(read_decorator(d, names).name == "step" for d in node.decorator_list):
                yield node, where
            where = f"inside the function `{node.name}`"
        elif (block := BLOCKS.get(type(node))) is not None and where != "outside of the flow":
            where = where or f"inside {block}"
        pending.extend((child, where) for child in ast.iter_child_nodes(node) if isinstance(child, _HOLDERS))


_HOLDERS = (ast.stmt, ast.excepthandler, ast.match_case)
