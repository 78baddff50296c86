"""Pictures of flows."""

from __future__ import annotations

import textwrap

from flowc.ir.flow import Flow
from flowc.passes import analyse
from flowc.passes.draw import dot, mermaid
from flowc.source import SourceFile

FLOW = """
from flowc import FlowSpec, step

class Grid(FlowSpec):
    @step
    def start(self):
        self.xs = [1]
        self.next(self.outer, foreach="xs")
    @step
    def outer(self):
        self.ys = [1]
        self.next(self.inner, foreach="ys")
    @step
    def inner(self):
        self.next(self.gather)
    @step
    def gather(self, inputs):
        self.next(self.collect)
    @step
    def collect(self, inputs):
        self.next(self.fork)
    @step
    def fork(self):
        self.next(self.left, self.right)
    @step
    def left(self):
        self.next(self.join)
    @step
    def right(self):
        self.next(self.join)
    @step
    def join(self, inputs):
        self.next(self.end)
    @step
    def end(self):
        pass
"""


def flow(text: str = FLOW) -> Flow:
    found, diagnostics = analyse(SourceFile(file="grid.py", text=text))
    assert found is not None, diagnostics
    return found


def test_mermaid() -> None:
    assert mermaid(flow()) == textwrap.dedent(
        """\
        flowchart TD
            step_start[/"start"\\]
            subgraph foreach_1["for each of xs"]
                step_outer[/"outer"\\]
                subgraph foreach_1_1["for each of ys"]
                    step_inner["inner"]
                end
                step_gather[\\"gather"/]
            end
            step_collect[\\"collect"/]
            step_fork[/"fork"\\]
            step_left["left"]
            step_right["right"]
            step_join[\\"join"/]
            step_end["end"]
            step_start --> step_outer
            step_outer --> step_inner
            step_inner --> step_gather
            step_gather --> step_collect
            step_collect --> step_fork
            step_fork --> step_left
            step_fork --> step_right
            step_left --> step_join
            step_right --> step_join
            step_join --> step_end
        """
    )


def test_dot() -> None:
    assert dot(flow()) == textwrap.dedent(
        """\
        digraph "Grid" {
            rankdir=TB;
            node [shape=box, style=rounded];
            "start" [shape=trapezium];
            subgraph "cluster_foreach_1" { label="for each of xs"; style=dashed;
                "outer" [shape=trapezium];
                subgraph "cluster_foreach_1_1" { label="for each of ys"; style=dashed;
                    "inner";
                }
                "gather" [shape=invtrapezium];
            }
            "collect" [shape=invtrapezium];
            "fork" [shape=trapezium];
            "left";
            "right";
            "join" [shape=invtrapezium];
            "end";
            "start" -> "outer";
            "outer" -> "inner";
            "inner" -> "gather";
            "gather" -> "collect";
            "collect" -> "fork";
            "fork" -> "left";
            "fork" -> "right";
            "left" -> "join";
            "right" -> "join";
            "join" -> "end";
        }
        """
    )


def test_names_are_quoted() -> None:
    """Words of Graphviz's as names of steps, and letters beyond ASCII as names of items."""
    text = (
        FLOW.replace("outer", "node").replace("inner", "subgraph").replace('"xs"', '"größen"').replace(".xs", ".größen")
    )
    assert '"node" -> "subgraph";' in dot(flow(text))
    assert 'label="for each of größen"' in dot(flow(text))
    assert 'subgraph foreach_1["for each of größen"]' in mermaid(flow(text))


def test_loops_and_switches() -> None:
    """They cannot be written yet; a picture of them can be drawn."""
    from flowc.ir.regions import Loop, Sequence, Switch, Task
    from flowc.ir.steps import Policy, Step
    from flowc.source import Span

    def step(name: str) -> Step:
        return Step(name=name, doc="", policy=Policy(), reads=(), writes=(), span=Span(file="", start=0, end=0))

    def tasks(*names: str) -> Sequence:
        return Sequence(body=tuple(Task(step=step(n)) for n in names))

    arm = tasks("good")
    loop = Loop(
        body=tasks("train"),
        decider=step("decide"),
        on="state",
        repeat=("again",),
        exit=Switch(decider=step("decide"), on="state", cases=(("a", arm), ("b", arm), ('"c"', tasks())), merge="end"),
    )
    drawn = flow()
    root = Sequence(body=(Task(step=step("start")), loop, Task(step=step("end"))))
    picture = mermaid(Flow(**{f: getattr(drawn, f) for f in Flow.__slots__} | {"root": root}))
    assert picture.splitlines()[6:] == [
        "    step_start --> step_train",
        "    step_train --> step_decide",
        '    step_decide -->|"again"| step_train',
        '    step_decide -->|"a, b"| step_good',
        "    step_good --> step_end",
        '    step_decide -->|"#34;c#34;"| step_end',
    ]
