"""From a declaration to a graph: every target of a transition is looked up."""

from __future__ import annotations

from types import MappingProxyType

from flowc.diagnostics import Diagnostic, Label
from flowc.frontend.decl import FlowDecl, StepDecl, TargetDecl, TransitionDecl
from flowc.frontend.vocabulary import END, START, listed, nearest
from flowc.ir.accesses import Write
from flowc.ir.graph import ForeachSplit, Graph, Linear, Node, Split, Transition
from flowc.ir.steps import Step


def resolve_graph(decl: FlowDecl) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """Resolve names; a step whose transition is wrong is broken, and what follows from it is not reported.

    Emits: FC120, FC201, FC202, FC206, FC207, FC210, FC213, FC214, FC216.
    """
    resolver = _Resolver(decl)
    nodes = {step.name: resolver.node(step) for step in decl.steps}
    resolver.check_ends()
    graph = Graph(
        name=decl.name,
        doc=decl.doc,
        file=decl.file,
        module=decl.module,
        params=decl.params,
        configs=decl.configs,
        nodes=MappingProxyType(nodes),
        start=resolver.start,
        end=resolver.end,
        span=decl.span,
        attributes=decl.attributes,
        deployment=decl.deployment,
    )
    return graph, tuple(resolver.diagnostics)


def _sole(decl: FlowDecl) -> str | None:
    """The step of a flow that has only one, which is its first and its last."""
    if len(decl.steps) != 1 or not decl.complete:
        return None
    (step,) = decl.steps
    return step.name if step.transition is None and not step.broken else None


class _Resolver:
    def __init__(self, decl: FlowDecl) -> None:
        self._decl = decl
        self._steps = {step.name: step for step in decl.steps}
        self.diagnostics: list[Diagnostic] = []
        self._unclear: set[str] = set()
        sole = _sole(decl)
        self.start = sole or self._chosen(START, [step for step in decl.steps if step.starts])
        self.end = sole or self._chosen(END, [step for step in decl.steps if step.ends])
        self._leaves = [s for s in decl.steps if s.transition is None and not s.broken and s.name != self.end]

    def _chosen(self, name: str, marked: list[StepDecl]) -> str | None:
        """The first or the last step: the one that is marked, else that of the usual name.

        Source: https://docs.metaflow.org/api/flowspec
        """
        if not marked:
            return name if name in self._steps else None
        first = marked[0]
        mark = f"@step({name}=True)"
        if len(marked) > 1:
            self._unclear.add(name)
            self._error(
                "FC216",
                Label(span=marked[1].span),
                f"{len(marked)} steps are marked `{mark}`: {listed(step.name for step in marked)}",
                "mark one of them",
                *(Label(span=step.span) for step in marked if step is not marked[1]),
            )
            return None
        if first.name != name and name in self._steps:
            self._unclear.add(name)
            self._error(
                "FC216",
                Label(span=first.span),
                f"step `{first.name}` is marked `{mark}`, and there is a step `{name}`",
                f"rename the step `{name}`, or remove the mark",
                Label(span=self._steps[name].span, text="the other one"),
            )
            return None
        return first.name

    def _error(self, code: str, primary: Label, message: str, help: str, *secondary: Label) -> None:
        self.diagnostics.append(Diagnostic(code=code, message=message, help=help, primary=primary, secondary=secondary))

    def check_ends(self) -> None:
        """The steps that every flow has."""
        if not self._decl.complete:
            return
        where = Label(span=self._decl.span)
        if self.start is None and START not in self._unclear:
            help = "call its first step `start`, or mark it: `@step(start=True)`"
            self._error("FC201", where, "the flow has no step `start`", help)
        if self.end is not None or END in self._unclear:
            return
        help = "call its last step `end`, or mark it: `@step(end=True)`"
        if len(self._leaves) == 1:
            leaf = self._leaves[0]
            help = f"rename `{leaf.name}` to `end` or mark it `@step(end=True)`, or let it go on to a step `end`"
            self._error("FC202", where, "the flow has no step `end`", help, Label(span=leaf.span, text="a last step"))
        else:
            self._error("FC202", where, "the flow has no step `end`", help)

    def node(self, decl: StepDecl) -> Node:
        """The node of one step."""
        transition, broken = None, decl.broken
        if decl.name == self.end:
            broken = self._check_end(decl) or broken
        elif decl.transition is not None:
            transition = self._transition(decl, decl.transition)
            broken = transition is None
        elif not decl.broken:
            self._check_leaf(decl)
            broken = True
        caught = () if decl.policy.catch is None or decl.policy.catch.var is None else (decl.policy.catch.var,)
        step = Step(
            name=decl.name,
            doc=decl.doc,
            policy=decl.policy,
            reads=decl.reads,
            writes=tuple(sorted({*decl.writes, *caught})),
            span=decl.span,
            accesses=(*decl.accesses, *(Write(name=name, span=decl.span) for name in caught)),
        )
        return Node(step=step, transition=transition, is_join=decl.takes_inputs, broken=broken)

    def _check_end(self, decl: StepDecl) -> bool:
        if decl.transition is not None:
            where = Label(span=decl.transition.span)
            self._error(
                "FC207",
                where,
                f"step `{decl.name}` goes on to another step",
                "remove its `self.next`, or make another step the end",
            )
        if decl.takes_inputs:
            self._error(
                "FC214",
                Label(span=decl.span),
                f"step `{decl.name}` is a join",
                f"join in a step of its own, which goes on to `{decl.name}`: `def {decl.name}(self):`",
            )
        return decl.takes_inputs or decl.transition is not None

    def _check_leaf(self, decl: StepDecl) -> None:
        if self.end is None and (END in self._unclear or (len(self._leaves) == 1 and self._decl.complete)):
            return  # said by FC216 or FC202
        help = "add `self.next(...)` as its last statement; only the end step has none"
        self._error("FC120", Label(span=decl.span), f"step `{decl.name}` has no `self.next`", help)

    def _transition(self, step: StepDecl, decl: TransitionDecl) -> Transition | None:
        good = all([self._is_step(target) for target in decl.targets])
        names = tuple(target.name for target in decl.targets)
        good = self._check_repeated(step, decl) and good
        is_split = decl.items is not None or len(names) > 1
        if is_split and step.takes_inputs:
            good = False
            self._error(
                "FC210",
                Label(span=decl.span),
                f"step `{step.name}` is a join and a split",
                "split in a step of its own after the join",
                Label(span=step.span, text="takes inputs"),
            )
        if not good:
            return None
        if decl.items is not None:
            return ForeachSplit(target=names[0], items=decl.items, span=decl.span)
        return Split(targets=names, span=decl.span) if is_split else Linear(target=names[0], span=decl.span)

    def _is_step(self, target: TargetDecl) -> bool:
        if target.name in self._steps:
            return True
        if not self._decl.complete:
            return False
        where = Label(span=target.span)
        if target.name in self._decl.helpers:
            message = f"`{target.name}` is a method, not a step"
            help = f"put `@step` above `def {target.name}`"
        else:
            message = f"there is no step `{target.name}`"
            meant = nearest(target.name, self._steps)
            known = listed(self._steps) if len(self._steps) <= 12 else "the methods under `@step`"
            help = f"did you mean `{meant}`?" if meant else f"the steps are {known}"
        self._error("FC206", where, message, help)
        return False

    def _check_repeated(self, step: StepDecl, decl: TransitionDecl) -> bool:
        first: dict[str, TargetDecl] = {}
        good = True
        for target in decl.targets:
            if target.name in first:
                good = False
                self._error(
                    "FC213",
                    Label(span=target.span),
                    f"step `{step.name}` goes to `{target.name}` twice",
                    f"name each branch once; to run `{target.name}` several times, use `foreach`",
                    Label(span=first[target.name].span, text="the first time"),
                )
            first.setdefault(target.name, target)
        return good
