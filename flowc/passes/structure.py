"""From a graph to the region tree.

A split opens a region, and the one join in which all its branches end closes it. So the tree is found by one
descent: along a sequence by iteration, into branches by recursion, each step visited once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from flowc.diagnostics import Diagnostic, Label
from flowc.frontend.vocabulary import listed
from flowc.ir.graph import ForeachSplit, Graph, Linear, Node, Split
from flowc.ir.regions import Foreach, Parallel, Region, Sequence, Task
from flowc.passes.paths import Reached, check_paths

MAX_DEPTH = 100
"""Splits around one step; every traversal of the tree may recurse that deep."""


def structure_graph(graph: Graph) -> tuple[Sequence | None, tuple[Diagnostic, ...]]:
    """Find the region tree.

    Returns:
        The tree, which holds every step once; None if anything is wrong with the graph, this reported or not.

    Emits: FC203, FC204, FC205, FC208, FC209, FC211, FC212, FC215.
    """
    reached, found = check_paths(graph)
    diagnostics = list(found)
    root: Sequence | None = None
    if graph.start is not None:
        descent = _Descent(reached)
        root = descent.flow(graph.start)
        descent.rest()
        diagnostics += descent.diagnostics
    sound = not diagnostics and not any(node.broken for node in graph.nodes.values())
    return (root if sound and graph.end is not None else None), tuple(diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Join:
    """A path came to a step that takes inputs; `before` is the step that led there, None if there is none."""

    name: str
    before: Node | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """A path came to a step that leads nowhere."""

    before: Node | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unknown:
    """A path came to something that is in error."""


_Outcome: TypeAlias = _Join | _End | _Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """What the descent found along one sequence."""

    first: str
    body: Sequence
    outcome: _Outcome


class _Descent:
    def __init__(self, reached: Reached) -> None:
        self._nodes = reached.nodes
        self._meetings = set(reached.meetings)
        self._joined: dict[str, Node] = {}
        self._entered: set[str] = set()
        self.diagnostics: list[Diagnostic] = []

    def flow(self, start: str) -> Sequence:
        """The whole flow; joins that no split leads to are reported and passed."""
        node = self._nodes[start]
        if not node.is_join:
            path = self._path(start, None, 0)
        else:
            path = _Path(first=start, body=Sequence(body=()), outcome=_Join(name=start, before=None))
        while isinstance(path.outcome, _Join):
            join = self._nodes[path.outcome.name]
            self._joins_nothing(join, path.outcome.before)
            if join.step.name in self._joined or not isinstance(join.transition, Linear):
                break
            self._joined[join.step.name] = join
            path = self._path(join.transition.target, join, 0)
        return path.body

    def rest(self) -> None:
        """Find what else is wrong behind steps that were not passed because of an error."""
        for name, node in self._nodes.items():
            if name not in self._entered and not node.is_join:
                self._meetings.discard(name)
                self._path(name, None, 0, certain=False)

    def _path(self, first: str, before: Node | None, depth: int, *, certain: bool = True) -> _Path:
        """Follow one path to its join or end.

        Args:
            first: Its first step.
            before: What leads there.
            depth: How many splits are around it.
            certain: False if joins and ends may belong to something else than they seem to.
        """
        body: list[Region] = []
        name = first
        outcome: _Outcome | None = None
        while outcome is None:
            node = self._nodes[name]
            if node.is_join:
                outcome = _Join(name=name, before=before) if certain else _Unknown()
            elif node.broken or name in self._entered or name in self._meetings:
                outcome = self._end(node, before, certain)
            else:
                self._entered.add(name)
                match node.transition:
                    case None:
                        body.append(Task(step=node.step))
                        outcome = self._end(node, before, certain)
                    case Linear(target=target):
                        body.append(Task(step=node.step))
                        before, name = node, target
                    case Split() | ForeachSplit():
                        join, good = self._split(node, node.transition, depth, body)
                        certain = certain and good
                        if join is None or not isinstance(join.transition, Linear):
                            outcome = _Unknown()
                        else:
                            before, name = join, join.transition.target
                    case _:
                        assert_never(node.transition)
        return _Path(first=first, body=Sequence(body=tuple(body)), outcome=outcome)

    def _end(self, node: Node, before: Node | None, certain: bool) -> _Outcome:
        if node.broken or node.transition is not None or not certain:
            return _Unknown()
        return _End(before=before, name=node.step.name)

    def _split(
        self, node: Node, split: Split | ForeachSplit, depth: int, body: list[Region]
    ) -> tuple[Node | None, bool]:
        """The region of a split.

        Returns:
            The join that closes it, possibly the most probable one; and whether that is certain.
        """
        if depth == MAX_DEPTH:
            self._too_deep(node, split)
            return None, False
        names = split.targets if isinstance(split, Split) else (split.target,)
        paths = [self._path(name, node, depth + 1) for name in names]
        join, good = self._close(node, split, paths)
        if join is not None and good:
            self._joined[join.step.name] = node
            branches = tuple(path.body for path in paths)
            if isinstance(split, Split):
                body.append(Parallel(split=node.step, branches=branches, join=join.step))
            else:
                body.append(Foreach(split=node.step, items=split.items, body=branches[0], join=join.step))
        return join, good

    def _close(self, node: Node, split: Split | ForeachSplit, paths: list[_Path]) -> tuple[Node | None, bool]:
        joins = dict.fromkeys(p.outcome.name for p in paths if isinstance(p.outcome, _Join))
        ends = [p for p in paths if isinstance(p.outcome, _End)]
        certain = not any(isinstance(p.outcome, _Unknown) for p in paths)
        shared = [name for name in joins if name in self._joined]
        join = self._nodes[next(iter(joins))] if joins else None
        empty = [p for p in paths if not p.body.body and isinstance(p.outcome, _Join)]
        if shared:
            self._joins_twice(node, split, self._nodes[shared[0]])
            return None, False
        if len(joins) + bool(ends) > 1 or ends:
            self._never_joins(node, split, paths)
            return join, False
        if empty and join is not None:
            self._empty(node, split, join)
            return join, False
        return join, certain and join is not None

    def _error(self, code: str, primary: Label, message: str, help: str, *secondary: Label) -> None:
        self.diagnostics.append(Diagnostic(code=code, message=message, help=help, primary=primary, secondary=secondary))

    def _never_joins(self, node: Node, split: Split | ForeachSplit, paths: list[_Path]) -> None:
        labels = [label for path in paths if (label := _where_it_leads(path)) is not None]
        if isinstance(split, ForeachSplit):
            message = f"the foreach of `{node.step.name}` never joins: its body leads to the end"
            help = "let its last step go to a step that takes inputs: `def join(self, inputs):`"
        else:
            known = [p.first for p in paths if not isinstance(p.outcome, _Unknown)]
            message = f"the branches {_few(known)} of `{node.step.name}` never join"
            help = "send all of them to one step that takes inputs: `def join(self, inputs):`"
        self._error("FC203", Label(span=split.span), message, help, *labels)

    def _joins_twice(self, node: Node, split: Split | ForeachSplit, join: Node) -> None:
        other = self._joined[join.step.name]
        first = other.transition.span if other.transition is not None else other.step.span
        self._error(
            "FC215",
            Label(span=join.step.span),
            f"step `{join.step.name}` joins the branches of `{other.step.name}` and of `{node.step.name}`",
            f"let each split have its own join; that of `{other.step.name}` goes on to that of `{node.step.name}`",
            Label(span=split.span, text="one split"),
            Label(span=first, text="the other split"),
        )

    def _empty(self, node: Node, split: Split | ForeachSplit, join: Node) -> None:
        what = "the foreach" if isinstance(split, ForeachSplit) else "a branch"
        self._error(
            "FC211",
            Label(span=split.span),
            f"{what} of `{node.step.name}` goes straight to the join `{join.step.name}`",
            "put at least one step between the split and its join",
            Label(span=join.step.span, text="takes inputs"),
        )

    def _joins_nothing(self, join: Node, before: Node | None) -> None:
        transition = before.transition if before is not None else None
        self._error(
            "FC209",
            Label(span=join.step.span),
            f"step `{join.step.name}` takes inputs, but no split leads to it",
            f"write `def {join.step.name}(self):` if it joins nothing",
            *([Label(span=transition.span, text="one step leads to it")] if transition is not None else []),
        )

    def _too_deep(self, node: Node, split: Split | ForeachSplit) -> None:
        self._error(
            "FC212",
            Label(span=split.span),
            f"step `{node.step.name}` splits inside {MAX_DEPTH} other splits",
            f"nest at most {MAX_DEPTH} splits",
        )


def _where_it_leads(path: _Path) -> Label | None:
    match path.outcome:
        case _Join(name=name, before=Node(transition=transition)) if transition is not None:
            return Label(span=transition.span, text=f"branch `{path.first}` leads to `{name}`")
        case _End(name=name, before=Node(transition=transition)) if transition is not None:
            return Label(span=transition.span, text=f"branch `{path.first}` leads to `{name}`")
        case _:
            return None


def _few(names: list[str]) -> str:
    if len(names) <= 6:
        return listed(names)
    return ", ".join(f"`{name}`" for name in names[:5]) + f" and {len(names) - 5} more"
