"""Checks of the flat graph: cycles, steps that nothing leads to, paths that meet; linear, without recursion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from flowc.diagnostics import Diagnostic, Label
from flowc.frontend.vocabulary import listed
from flowc.ir.graph import Graph, Node, targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What the start leads to.

    Attributes:
        nodes: By name, in the order in which they are met; those with a transition in error are broken and have
            none. Empty when there is no start.
        meetings: Steps without inputs that several steps lead to.
    """

    nodes: Mapping[str, Node]
    meetings: frozenset[str]


def check_paths(graph: Graph) -> tuple[Reached, tuple[Diagnostic, ...]]:
    """Check the graph for what keeps it from having a structure at all.

    Emits: FC204, FC205, FC208.
    """
    nodes = dict(graph.nodes)
    diagnostics = list(_cut_cycles(nodes))
    reached = _reached(nodes, graph.start)
    if reached and not any(node.broken for node in reached.values()):
        diagnostics += _unreachable(nodes, reached)
    meetings = _meetings(reached, graph.end)
    diagnostics += [_meeting(reached[name], before) for name, before in meetings.items()]
    return Reached(nodes=reached, meetings=frozenset(meetings)), tuple(diagnostics)


def _cut_cycles(nodes: dict[str, Node]) -> Iterator[Diagnostic]:
    """Report each cycle once, and mark the step that closes it as broken."""
    done: set[str] = set()
    for root in list(nodes):
        path = [root] if root not in done else []
        places = {root: 0}
        ways = [iter(targets(nodes[root].transition))]
        while path:
            target = next(ways[-1], None)
            if target is None:
                done.add(path[-1])
                del places[path.pop()]
                ways.pop()
            elif target in places:
                yield _cycle(nodes, [*path[places[target] :], target])
                nodes[path[-1]] = replace(nodes[path[-1]], broken=True)
            elif target not in done:
                places[target] = len(path)
                path.append(target)
                ways.append(iter(targets(nodes[target].transition)))
    for name, node in nodes.items():
        if node.broken:
            nodes[name] = replace(node, transition=None)


def _cycle(nodes: Mapping[str, Node], names: list[str]) -> Diagnostic:
    closing = nodes[names[-2]]
    shown = names if len(names) <= 12 else [*names[:6], "...", *names[-5:]]
    transition = closing.transition
    return Diagnostic(
        code="FC208",
        message=f"the steps form a cycle: `{' → '.join(shown)}`",
        help="lead every step towards the end; to repeat work, use `foreach`, or a loop inside a step",
        primary=Label(span=transition.span if transition else closing.step.span),
    )


def _reached(nodes: Mapping[str, Node], start: str | None) -> dict[str, Node]:
    if start is None:
        return {}
    found: dict[str, Node] = {}
    pending = [start]
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = nodes[name]
            pending.extend(reversed(targets(found[name].transition)))
    return found


def _unreachable(nodes: Mapping[str, Node], reached: Mapping[str, Node]) -> Iterator[Diagnostic]:
    """Only the first steps of what cannot be reached: the others follow from them."""
    led_to = {target for node in nodes.values() for target in targets(node.transition)}
    for name, node in nodes.items():
        if name not in reached and name not in led_to:
            yield Diagnostic(
                code="FC205",
                message=f"step `{name}` cannot be reached: no step goes to it",
                help=f"go to it with `self.next(self.{name})`, or remove it",
                primary=Label(span=node.step.span),
            )


def _meetings(reached: Mapping[str, Node], end: str | None) -> dict[str, list[Node]]:
    """Steps without inputs that several steps lead to, and those steps.

    The end is left out: branches that meet in it are branches that never join.
    """
    sources: dict[str, list[Node]] = {}
    for node in reached.values():
        for target in targets(node.transition):
            sources.setdefault(target, []).append(node)
    return {
        name: sorted(before, key=lambda node: node.step.span)
        for name, before in sources.items()
        if len(before) > 1 and not reached[name].is_join and name != end
    }


def _meeting(node: Node, before: list[Node]) -> Diagnostic:
    name = node.step.name
    what = "both" if len(before) == 2 else "all"
    return Diagnostic(
        code="FC204",
        message=f"{listed(n.step.name for n in before)} {what} lead to `{name}`, which takes no inputs",
        help=f"if `{name}` joins them, write `def {name}(self, inputs):`; else give each its own next step",
        primary=Label(span=node.step.span),
        secondary=tuple(Label(span=n.transition.span) for n in before if n.transition is not None),
    )
