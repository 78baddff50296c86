"""What is read from good flows."""

from __future__ import annotations

import textwrap

import pytest

from flowc.frontend import FlowDecl, parse_flow
from flowc.ir.steps import ParameterType, Policy
from flowc.source import SourceFile


def parse(text: str) -> FlowDecl:
    decl, diagnostics = parse_flow(SourceFile(file="dir/my_flow.py", text=textwrap.dedent(text)))
    assert diagnostics == ()
    assert decl is not None
    return decl


STEPS = """
    @{step}
    def start(self):
        self.next(self.end)

    @{step}
    def end(self):
        pass
"""


@pytest.mark.parametrize(
    ("imports", "base", "step"),
    [
        ("from flowc import FlowSpec, step", "FlowSpec", "step"),
        ("from metaflow import FlowSpec, step", "FlowSpec", "step"),
        ("from metaflow import FlowSpec as F, step as s", "F", "s"),
        ("import metaflow", "metaflow.FlowSpec", "metaflow.step"),
        ("import metaflow as mf", "mf.FlowSpec", "mf.step"),
        ("import flowc as fc, os", "fc.FlowSpec", "fc.step()"),
        ("from metaflow import *", "FlowSpec", "step"),
        ("from flowc import FlowSpec, step", "FlowSpec", "step()"),
        ("try:\n    from metaflow import FlowSpec, step\nexcept ImportError:\n    raise", "FlowSpec", "step"),
        ("from flowc import FlowSpec\nfrom metaflow import step", "FlowSpec", "step"),
    ],
)
def test_ways_to_import(imports: str, base: str, step: str) -> None:
    decl = parse(f"{imports}\n\nclass X({base}):\n{STEPS.format(step=step)}")
    assert decl.name == "X"
    assert [s.name for s in decl.steps] == ["start", "end"]


def test_a_whole_flow() -> None:
    decl = parse(
        '''
        """A module."""
        from metaflow import FlowSpec, JSONType, Parameter, current, retry, step

        HOURS = 60
        GRID = {"depth": [1, 2]}

        class Other:
            def next(self): ...

        class Train(FlowSpec):
            """Trains.

            Well.
            """

            alpha = Parameter("alpha", default=0.5, help="a rate", show_default=True)
            n: int = Parameter(name="n", default=3)
            name_ = Parameter("name_")
            flag = Parameter("flag", default=False)
            grid = Parameter("grid", default=GRID, type=JSONType)
            text = Parameter("text", default='[1, {"a": null}]', type=JSONType, required=False)
            rate = Parameter("rate", default=1, type=float)
            must = Parameter("must", type=int, required=True)
            colour = "red"

            @retry(times=4, minutes_between_retries=HOURS / 4)
            @step
            def start(this, /):
                """Start."""
                this.xs = list(range(this.n))
                this.next(this.body, foreach="xs")

            @step
            @retry
            def body(self):
                self.load(); self.model += self.input
                self.next(self.join)

            @step
            def join(self, inputs):
                self.best = max(i.model for i in inputs)
                for self.last in []: pass
                self.next(self.end)

            def load(self):
                self.model = self._fetch() + getattr(self, "offset")

            def _fetch(self):
                self.load
                return self.url

            @property
            def size(self):
                return len(self.xs)

            @step
            def end(self):
                print(current.run_id, self.size, self.index)
        '''
    )
    assert decl.doc == "Trains.\n\nWell."
    assert (decl.file, decl.module) == ("dir/my_flow.py", "my_flow")
    assert [(p.name, p.type, p.default, p.required) for p in decl.params] == [
        ("alpha", ParameterType.FLOAT, 0.5, False),
        ("n", ParameterType.INT, 3, False),
        ("name_", ParameterType.STR, None, False),
        ("flag", ParameterType.BOOL, False, False),
        ("grid", ParameterType.JSON, {"depth": [1, 2]}, False),
        ("text", ParameterType.JSON, [1, {"a": None}], False),
        ("rate", ParameterType.FLOAT, 1.0, False),
        ("must", ParameterType.INT, None, True),
    ]
    assert isinstance(decl.params[6].default, float)
    assert decl.params[0].help == "a rate"
    start, body, join, end = decl.steps
    assert start.doc == "Start."
    assert start.policy == Policy(retries=4, retry_delay_s=900)
    assert body.policy == Policy(retries=3, retry_delay_s=120)
    assert join.policy == Policy()
    assert start.transition is not None
    assert start.transition.items == "xs"
    assert (start.reads, start.writes) == (("n", "xs"), ("xs",))
    assert (body.reads, body.writes) == (("model", "offset", "url"), ("model",))
    assert (join.reads, join.writes) == ((), ("best", "last"))
    assert (end.reads, end.writes) == (("xs",), ())
    assert [s.takes_inputs for s in decl.steps] == [False, False, True, False]
    assert decl.helpers == ("load", "_fetch", "size")


def test_retries_may_be_none() -> None:
    decl = parse(
        """
        from flowc import FlowSpec, retry, step
        class X(FlowSpec):
            @retry(times=0, minutes_between_retries=0.5)
            @step
            def start(self):
                self.next(self.end)
            @step
            def end(self): ...
        """
    )
    assert decl.steps[0].policy == Policy(retries=0, retry_delay_s=30)


def test_a_nested_class_has_a_self_of_its_own() -> None:
    decl = parse(
        """
        from flowc import FlowSpec, step
        class X(FlowSpec):
            @step
            def start(self):
                class Net:
                    def forward(self):
                        self.hidden = self.next()
                self.read = lambda self: self.other
                self.next(self.end)
            @step
            def end(self): ...
        """
    )
    assert (decl.steps[0].reads, decl.steps[0].writes) == ((), ("read",))


def test_spans_are_those_of_names() -> None:
    text = (
        "from flowc import FlowSpec, step\nclass  Ü(FlowSpec):\n"
        "    @step\n    def  start ( self ): self.next(self.end)\n"
        "    @step\n    def end(self): ...\n"
    )
    source = SourceFile(file="f.py", text=text)
    decl, _ = parse_flow(source)
    assert decl is not None
    spans = [decl.span, decl.steps[0].span, decl.steps[1].span]
    assert [source.data[s.start : s.end].decode() for s in spans] == ["Ü", "start", "end"]


def test_nothing_is_run() -> None:
    parse("raise SystemExit\nfrom flowc import FlowSpec, step\nclass X(FlowSpec):" + STEPS.format(step="step"))
