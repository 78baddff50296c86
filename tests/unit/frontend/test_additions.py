"""Decorators that the command line adds."""

from __future__ import annotations

from typing import Any

import pytest

from flowc.frontend import Choices, parse_flow
from flowc.frontend.additions import parsed
from flowc.ir.steps import Catch, Policy
from flowc.passes import analyse
from flowc.source import SourceFile

FLOW = """
from metaflow import FlowSpec, environment, retry, step
class Base(FlowSpec):
    @step
    def end(self): print(self.oops)
class X(Base):
    @retry(times=9)
    @environment(vars={"A": "1"})
    @step
    def start(self):
        self.next(self.end)
"""


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("times=3", {"times": 3}),
        ("times=3,minutes_between_retries=0.5", {"times": 3, "minutes_between_retries": 0.5}),
        (" times = 3 , minutes_between_retries = 1 ", {"times": 3, "minutes_between_retries": 1}),
        ("print_exception=false,var=null", {"print_exception": False, "var": None}),
        ("print_exception=False,var=None,x=True", {"print_exception": False, "var": None, "x": True}),
        ("image=repo/name:1.2=b", {"image": "repo/name:1.2=b"}),
        ("image=a,b", {"image": "a,b"}),
        ('var="3"', {"var": "3"}),
        ("var=", {"var": ""}),
        ('vars={"A": "1,B=2", "C": [1, 2.5, null]},x=[1]', {"vars": {"A": "1,B=2", "C": [1, 2.5, None]}, "x": [1]}),
        ('vars={\\"A\\": \\"1\\"}', {"vars": {"A": "1"}}),
        ('var="say \\"a\\", b=2"', {"var": 'say "a", b=2'}),
        ("x=[1,y=2", {"x": "[1", "y": 2}),
        ("x=1_000", {"x": 1000}),
    ],
)
def test_values(text: str, values: dict[str, Any]) -> None:
    assert parsed(text) == values
    assert {name: type(value) for name, value in (parsed(text) or {}).items()} == {
        n: type(v) for n, v in values.items()
    }


@pytest.mark.parametrize("text", ["times", "times=3,times=4", "=3", "two words=3", "3", ",times=3"])
def test_what_are_no_arguments(text: str) -> None:
    assert parsed(text) is None


def policies(*decorators: str) -> list[Policy]:
    """Those of the steps `end` and `start`."""
    choices = Choices(decorators=decorators)
    decl, diagnostics = parse_flow(SourceFile(file="f.py", text=FLOW), choices=choices)
    assert diagnostics == ()
    assert decl is not None
    assert [step.name for step in decl.steps] == ["end", "start"]
    return [step.policy for step in decl.steps]


OWN = Policy(retries=9, environment=(("A", "1"),))


@pytest.mark.parametrize(
    ("decorators", "end", "start"),
    [
        (["retry"], Policy(retries=3), OWN),
        (["retry:times=2,minutes_between_retries=0", "retry:times=8"], Policy(retries=2, retry_delay_s=0), OWN),
        (
            ["resources:memory=8000,cpu=0.5"],
            Policy(memory_mib=8000, cpu=0.5),
            Policy(retries=9, environment=(("A", "1"),), memory_mib=8000, cpu=0.5),
        ),
        (['environment:vars={"B": "2"}'], Policy(environment=(("B", "2"),)), OWN),
        (
            ["catch:var=oops,print_exception=False"],
            Policy(catch=Catch(var="oops", print_exception=False)),
            Policy(retries=9, environment=(("A", "1"),), catch=Catch(var="oops", print_exception=False)),
        ),
        (
            ["timeout:seconds=90", "retry:times=0"],
            Policy(timeout_s=90),
            Policy(retries=9, environment=(("A", "1"),), timeout_s=90),
        ),
    ],
)
def test_steps_get_what_they_do_not_have(decorators: list[str], end: Policy, start: Policy) -> None:
    assert policies(*decorators) == [end, start]


def test_catch_is_not_added_where_it_cannot_be() -> None:
    text = FLOW.replace("self.next(self.end)", "self.xs = [1]\n        self.next(self.body, foreach='xs')")
    text += "    @step\n    def body(self):\n        self.next(self.join)\n"
    text += "    @step\n    def join(self, inputs):\n        self.next(self.end)\n"
    source = SourceFile(file="f.py", text=text.replace("print(self.oops)", "pass"))
    choices = Choices(decorators=("catch", "timeout:seconds=5"))
    flow, diagnostics = analyse(source, choices=choices)
    assert flow is not None and [d.code for d in diagnostics if d.code == "FC217"] == []
    caught = {step.name: (step.policy.catch is not None, step.policy.timeout_s) for step in flow.steps}
    assert caught == {"start": (False, 5), "body": (True, 5), "join": (True, 5), "end": (True, 5)}
    # one that stands there is still refused
    written = source.text.replace("@retry(times=9)", "@catch").replace("environment,", "catch, environment,")
    assert "FC217" in [d.code for d in analyse(SourceFile(file="f.py", text=written), choices=choices)[1]]


def test_what_an_added_catch_assigns_can_be_read() -> None:
    source = SourceFile(file="f.py", text=FLOW)
    assert [d.code for d in analyse(source)[1]] == ["FC301"]
    assert analyse(source, choices=Choices(decorators=("catch:var=oops",)))[1] == ()


@pytest.mark.parametrize(
    ("decorator", "code", "message", "help"),
    [
        ("retri:times=3", "FC106", "flowc does not know the decorator `@retri`", "did you mean `--with retry`?"),
        ("", "FC106", "flowc does not know the decorator `@`", "what can be added is `@"),
        ("around.timed", "FC106", "does not know the decorator `@around.timed`", "what can be added is `@"),
        ("schedule", "FC106", "`@schedule` is no decorator of steps", "put it above the flow's class"),
        ("step", "FC106", "`@step` cannot be added to steps", "what can be is `@"),
        ("pypi", "FC106", "does not compile Metaflow's `@pypi`", "it is planned: "),
        ("retry:3", "FC001", "`3` are no arguments of a decorator", "write `--with retry:times=3`, say"),
        ("retry:tims=3", "FC107", "`@retry` has no argument `tims`", "did you mean `times`?"),
        ("retry:times=x", "FC107", "`times` must be a whole number from 0 to 100, not 'x'", "write `times=2`, say"),
        ("retry:times=NaN", "FC107", "`times` must be a whole number from 0 to 100, not nan", "write `times=2`, say"),
        ("environment:vars=[1]", "FC107", "`vars` must be a dict, not [1]", 'write `vars={"NAME": "value"}`, say'),
    ],
)
def test_an_error_names_the_option_once(decorator: str, code: str, message: str, help: str) -> None:
    choices = Choices(decorators=(decorator,))
    _, (diagnostic,) = parse_flow(SourceFile(file="f.py", text=FLOW), choices=choices)
    assert diagnostic.code == code
    assert diagnostic.primary is None
    assert diagnostic.message.startswith(f"`--with {decorator}`: ")
    assert message in diagnostic.message
    assert diagnostic.help.startswith(help)
