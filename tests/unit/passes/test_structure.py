"""The structure pass: random trees come back as they were, and the work is linear."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from flowc.diagnostics import Diagnostic
from flowc.ir.graph import ForeachSplit, Graph, Linear, Node, Split, Transition
from flowc.ir.regions import Foreach, Parallel, Region, Sequence, Task
from flowc.ir.steps import Policy, Step
from flowc.passes import analyse, structure_graph
from flowc.source import SourceFile, Span

NOWHERE = Span(file="f.py", start=0, end=0)

# A shape is a tuple of regions: a name, ("parallel", split, (shape, ...), join) or ("foreach", split, shape, join).
Shape = tuple[Any, ...]


class Names:
    """Fresh step names, in the order in which they are asked for."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        return f"s{self.made}"


def random_shape(chance: random.Random, names: Names, depth: int, budget: int) -> Shape:
    regions: list[Any] = []
    for _ in range(chance.randint(1, 4)):
        kind = chance.choice(["task", "task", "parallel", "foreach"]) if depth and budget > names.made else "task"
        if kind == "task":
            regions.append(names())
            continue
        split = names()
        width = chance.randint(2, 4) if kind == "parallel" else 1
        inner = tuple(random_shape(chance, names, depth - 1, budget) for _ in range(width))
        regions.append((kind, split, inner if kind == "parallel" else inner[0], names()))
    return tuple(regions)


def whole(inner: Shape) -> Shape:
    return ("start", *inner, "end")


def entry(region: Any) -> str:
    return region if isinstance(region, str) else region[1]


def edges(shape: Shape, after: str | None) -> Iterator[tuple[str, bool, Transition | None]]:
    """Name, whether it is a join, and transition of every step; `after` comes after the shape."""
    for region, following in zip(shape, [*map(entry, shape[1:]), after], strict=True):
        onward = None if following is None else Linear(target=following, span=NOWHERE)
        if isinstance(region, str):
            yield region, False, onward
            continue
        kind, split, inner, join = region
        if kind == "foreach":
            yield split, False, ForeachSplit(target=entry(inner[0]), items="xs", span=NOWHERE)
            yield from edges(inner, join)
        else:
            yield split, False, Split(targets=tuple(entry(b[0]) for b in inner), span=NOWHERE)
            for branch in inner:
                yield from edges(branch, join)
        yield join, True, onward


def node(name: str, is_join: bool, transition: Transition | None) -> Node:
    step = Step(name=name, doc="", policy=Policy(), reads=(), writes=(), span=NOWHERE)
    return Node(step=step, transition=transition, is_join=is_join, broken=False)


def graph(nodes: Mapping[str, Node]) -> Graph:
    return Graph(
        name="F",
        doc="",
        file="f.py",
        module="f",
        params=(),
        nodes=nodes,
        start="start" if "start" in nodes else None,
        end="end" if "end" in nodes else None,
        span=NOWHERE,
    )


def graph_of(shape: Shape) -> dict[str, Node]:
    return {name: node(name, is_join, transition) for name, is_join, transition in edges(shape, None)}


def source_of(shape: Shape, chance: random.Random) -> SourceFile:
    lines = ["from flowc import FlowSpec, step", "class F(FlowSpec):"]
    steps = list(edges(shape, None))
    chance.shuffle(steps)
    for name, is_join, transition in steps:
        lines += ["    @step", f"    def {name}(self{', inputs' if is_join else ''}):"]
        lines += ["        self.xs = [1]"] if isinstance(transition, ForeachSplit) else []
        lines += [f"        {_next(transition)}"]
    return SourceFile(file="f.py", text="\n".join(lines) + "\n")


def _next(transition: Transition | None) -> str:
    match transition:
        case None:
            return "pass"
        case Linear(target=target):
            return f"self.next(self.{target})"
        case Split(targets=targets):
            return f"self.next({', '.join(f'self.{t}' for t in targets)})"
        case ForeachSplit(target=target, items=items):
            return f"self.next(self.{target}, foreach={items!r})"


def shape_of(sequence: Sequence) -> Shape:
    return tuple(_region_shape(region) for region in sequence.body)


def _region_shape(region: Region) -> Any:
    match region:
        case Task(step=step):
            return step.name
        case Parallel(split=split, branches=branches, join=join):
            return ("parallel", split.name, tuple(shape_of(b) for b in branches), join.name)
        case Foreach(split=split, body=body, join=join):
            return ("foreach", split.name, shape_of(body), join.name)
        case _:
            raise AssertionError(region)


@pytest.mark.parametrize("seed", range(200))
def test_a_random_tree_comes_back(seed: int) -> None:
    chance = random.Random(seed)
    shape = whole(random_shape(chance, Names(), depth=5, budget=60))
    flow, diagnostics = analyse(source_of(shape, chance))
    assert diagnostics == ()
    assert flow is not None
    assert shape_of(flow.root) == shape


@pytest.mark.parametrize("seed", range(200))
def test_a_random_change_is_reported_or_changes_the_tree(seed: int) -> None:
    """One edge is led elsewhere, or one step takes inputs or no longer does; nothing passes unnoticed."""
    chance = random.Random(seed)
    shape = whole(random_shape(chance, Names(), depth=3, budget=30))
    nodes = graph_of(shape)
    name = chance.choice([n for n in nodes if n != "end"])
    changed = dict(nodes)
    if chance.random() < 0.5 and isinstance(nodes[name].transition, Linear):
        changed[name] = replace(nodes[name], is_join=not nodes[name].is_join)
    else:
        target = chance.choice([n for n in nodes if n not in (name, _only_target(nodes[name]))])
        changed[name] = replace(nodes[name], transition=Linear(target=target, span=NOWHERE))
    root, diagnostics = structure_graph(graph(changed))
    assert (root is None) == bool(diagnostics)
    if root is not None:
        assert shape_of(root) != shape
        assert sorted(_names(shape_of(root))) == sorted(nodes)


def _only_target(of: Node) -> str | None:
    return of.transition.target if isinstance(of.transition, Linear) else None


def _names(shape: Any) -> Iterator[str]:
    for part in shape:
        if isinstance(part, str):
            if part not in ("parallel", "foreach"):
                yield part
        else:
            yield from _names(part)


class Counting(dict[str, Node]):
    """Counts how often nodes are looked at."""

    looks = 0

    def __getitem__(self, name: str) -> Node:
        Counting.looks += 1
        return super().__getitem__(name)


def chain(steps: int) -> Shape:
    return whole(tuple(f"s{i}" for i in range(steps - 2)))


def diamonds(steps: int) -> Shape:
    """Two-way splits one after the other: where each path is followed on its own, work doubles at every one."""
    return whole(tuple(("parallel", f"a{i}", ((f"b{i}",), (f"c{i}",)), f"d{i}") for i in range((steps - 2) // 4)))


def fan(steps: int) -> Shape:
    return whole((("parallel", "fan", tuple((f"b{i}",) for i in range(steps - 4)), "join"),))


def nests(steps: int) -> Shape:
    """Nests of 50 foreachs, one after the other."""
    regions: list[Any] = []
    for n in range((steps - 2) // 101):
        shape: Shape = (f"body{n}",)
        for level in range(50):
            shape = (("foreach", f"f{n}_{level}", shape, f"j{n}_{level}"),)
        regions += shape
    return whole(tuple(regions))


@pytest.mark.parametrize("make", [chain, diamonds, fan, nests])
@pytest.mark.parametrize("steps", [1_000, 10_000])
def test_visits_are_linear(make: Any, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from flowc.passes import paths

    shape = make(steps)
    nodes = graph_of(shape)
    monkeypatch.setattr(Counting, "looks", 0)
    reached, _ = paths.check_paths(graph(nodes))
    from flowc.passes.structure import _Descent

    descent = _Descent(replace(reached, nodes=Counting(reached.nodes)))
    root = descent.flow("start")
    assert shape_of(root) == shape
    assert Counting.looks <= 3 * len(nodes)
    assert shape_of(structure_graph(graph(nodes))[0]) == shape


def codes(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    return [d.code for d in diagnostics]


def test_depth_limit_is_exact() -> None:
    def nest(levels: int) -> Shape:
        shape: Shape = ("body",)
        for level in range(levels):
            shape = (("foreach", f"f{level}", shape, f"j{level}"),)
        return whole(shape)

    assert structure_graph(graph(graph_of(nest(100))))[1] == ()
    assert codes(structure_graph(graph(graph_of(nest(101))))[1]) == ["FC212"]


def test_a_large_broken_graph_does_not_recurse() -> None:
    nodes = graph_of(chain(5_000))
    nodes["s4000"] = replace(nodes["s4000"], transition=Linear(target="s10", span=NOWHERE))
    root, diagnostics = structure_graph(graph(nodes))
    assert root is None
    assert codes(diagnostics) == ["FC208"]
    assert len(diagnostics[0].message) < 200


def test_broken_steps_are_silent_but_have_no_structure() -> None:
    nodes = graph_of(whole(("a", "b")))
    nodes["a"] = replace(nodes["a"], transition=None, broken=True)
    assert structure_graph(graph(nodes)) == (None, ())
