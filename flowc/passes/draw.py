"""Pictures of a flow, as text: Mermaid and Graphviz."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Region, Sequence, Switch, Task
from flowc.ir.steps import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edge:
    """An arrow between two steps; `label` may be empty."""

    source: str
    target: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """A frame around what a foreach repeats."""

    title: str
    inner: tuple[_Box | _Shape, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """One step; `kind` is `task`, `split` or `join`."""

    step: Step
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loose:
    """The end of a path that waits for its next step."""

    source: str
    label: str = ""


_Drawn: TypeAlias = tuple[list[_Box | _Shape], list[_Loose]]


def mermaid(flow: Flow) -> str:
    """A Mermaid flow chart, to be put into Markdown; equal flows give equal text.

    Source: https://mermaid.js.org/syntax/flowchart.html
    """
    drawing = _Drawing(flow)
    lines = ["flowchart TD", *_nested(drawing.items, 1, _mermaid_shape, _mermaid_frame)]
    for edge in drawing.edges:
        arrow = f"-->|{_mermaid_text(edge.label)}|" if edge.label else "-->"
        lines.append(f"    {_mermaid_id(edge.source)} {arrow} {_mermaid_id(edge.target)}")
    return "\n".join(lines) + "\n"


def dot(flow: Flow) -> str:
    """A Graphviz digraph; equal flows give equal text.

    Source: https://graphviz.org/doc/info/lang.html
    """
    drawing = _Drawing(flow)
    lines = [f"digraph {_quoted(flow.name)} {{", "    rankdir=TB;", "    node [shape=box, style=rounded];"]
    lines += _nested(drawing.items, 1, _dot_shape, _dot_frame)
    for edge in drawing.edges:
        label = f" [label={_quoted(edge.label)}]" if edge.label else ""
        lines.append(f"    {_quoted(edge.source)} -> {_quoted(edge.target)}{label};")
    return "\n".join([*lines, "}"]) + "\n"


class _Drawing:
    """Shapes in frames, and arrows, of a flow."""

    def __init__(self, flow: Flow) -> None:
        self.edges: list[_Edge] = []
        self.items = tuple(self._sequence(flow.root, [])[0])

    def _sequence(self, sequence: Sequence, before: list[_Loose]) -> _Drawn:
        items: list[_Box | _Shape] = []
        for region in sequence.body:
            drawn, before = self._region(region, before)
            items += drawn
        return items, before

    def _region(self, region: Region, before: list[_Loose]) -> _Drawn:
        match region:
            case Task(step=step):
                return [_Shape(step=step, kind="task")], self._step(step, before)
            case Sequence():
                return self._sequence(region, before)
            case Parallel(split=split, branches=branches, join=join):
                return self._parallel(split, branches, join, before)
            case Foreach(split=split, items=items, body=body, join=join):
                return self._foreach(split, items, body, join, before)
            case Switch():
                return self._switch(region, before)
            case Loop():
                return self._loop(region, before)
            case _:
                assert_never(region)

    def _step(self, step: Step, before: list[_Loose]) -> list[_Loose]:
        self.edges += [_Edge(source=loose.source, target=step.name, label=loose.label) for loose in before]
        return [_Loose(source=step.name)]

    def _parallel(self, split: Step, branches: tuple[Sequence, ...], join: Step, before: list[_Loose]) -> _Drawn:
        start = self._step(split, before)
        items: list[_Box | _Shape] = [_Shape(step=split, kind="split")]
        ends: list[_Loose] = []
        for branch in branches:
            drawn, after = self._sequence(branch, start)
            items += drawn
            ends += after
        return [*items, _Shape(step=join, kind="join")], self._step(join, ends)

    def _foreach(self, split: Step, items: str, body: Sequence, join: Step, before: list[_Loose]) -> _Drawn:
        self._step(split, before)
        inner, after = self._sequence(body, [_Loose(source=split.name)])
        box = _Box(title=f"for each of {items}", inner=tuple(inner))
        shapes: list[_Box | _Shape] = [_Shape(step=split, kind="split"), box, _Shape(step=join, kind="join")]
        return shapes, self._step(join, after)

    def _switch(self, switch: Switch, before: list[_Loose]) -> _Drawn:
        self._step(switch.decider, before)
        items: list[_Box | _Shape] = [_Shape(step=switch.decider, kind="split")]
        drawn, ends = self._arms(switch)
        return items + drawn, ends

    def _arms(self, switch: Switch) -> _Drawn:
        items: list[_Box | _Shape] = []
        ends: list[_Loose] = []
        for arm in {id(arm): arm for _, arm in switch.cases}.values():
            label = ", ".join(key for key, other in switch.cases if other is arm)
            drawn, after = self._sequence(arm, [_Loose(source=switch.decider.name, label=label)])
            items += drawn
            ends += after
        return items, ends

    def _loop(self, loop: Loop, before: list[_Loose]) -> _Drawn:
        number = len(self.edges)
        items, after = self._sequence(loop.body, before)
        self._step(loop.decider, after)
        items.append(_Shape(step=loop.decider, kind="split"))
        entry = loop.decider.name if not loop.body.body else self.edges[number].target
        self.edges.append(_Edge(source=loop.decider.name, target=entry, label=", ".join(loop.repeat)))
        if loop.exit is None:
            return items, [_Loose(source=loop.decider.name)]
        drawn, ends = self._arms(loop.exit)
        return items + drawn, ends


def _nested(
    items: tuple[_Box | _Shape, ...],
    depth: int,
    shape: Callable[[_Shape], str],
    frame: Callable[[_Box, str], tuple[str, str]],
    number: str = "",
) -> Iterator[str]:
    indent = "    " * depth
    boxes = 0
    for item in items:
        if isinstance(item, _Shape):
            yield indent + shape(item)
            continue
        boxes += 1
        path = f"{number}_{boxes}"
        opening, closing = frame(item, path)
        yield indent + opening
        yield from _nested(item.inner, depth + 1, shape, frame, path)
        yield indent + closing


def _mermaid_id(name: str) -> str:
    """A node's id: `end` and other words of Mermaid's cannot stand alone."""
    return f"step_{name}"


def _mermaid_text(text: str) -> str:
    return '"' + "".join(c if c.isalnum() or c in " _.,-" else f"#{ord(c)};" for c in text) + '"'


def _mermaid_shape(shape: _Shape) -> str:
    opening, closing = {"task": ("[", "]"), "split": ("[/", "\\]"), "join": ("[\\", "/]")}[shape.kind]
    return f"{_mermaid_id(shape.step.name)}{opening}{_mermaid_text(shape.step.name)}{closing}"


def _mermaid_frame(box: _Box, number: str) -> tuple[str, str]:
    return f"subgraph foreach{number}[{_mermaid_text(box.title)}]", "end"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _dot_shape(shape: _Shape) -> str:
    look = {"task": "", "split": " [shape=trapezium]", "join": " [shape=invtrapezium]"}[shape.kind]
    return f"{_quoted(shape.step.name)}{look};"


def _dot_frame(box: _Box, number: str) -> tuple[str, str]:
    return f"subgraph {_quoted('cluster_foreach' + number)} {{ label={_quoted(box.title)}; style=dashed;", "}"
