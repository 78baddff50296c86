"""All passes together."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from flowc.diagnostics import in_order
from flowc.frontend import decode_source
from flowc.ir.regions import Foreach, Sequence, Task
from flowc.passes import analyse
from flowc.source import SourceFile

EXAMPLES = sorted((Path(__file__).parents[2] / "errors").glob("FC*.py"))

FLOW = """
from flowc import FlowSpec, Parameter, retry, step

ITEMS = "xs"

class Count(FlowSpec):
    '''Counts.'''
    n = Parameter("n", default=3)

    @step
    def end(self):
        pass

    @step
    def start(self):
        self.xs = range(self.n)
        self.next(self.body, foreach=ITEMS)

    @retry(times=1)
    @step
    def body(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)
"""


def check(text: str) -> list[tuple[str, str]]:
    _, diagnostics = analyse(SourceFile(file="f.py", text=text))
    assert diagnostics == in_order(diagnostics)
    return [(d.code, d.message) for d in diagnostics]


def test_a_flow() -> None:
    flow, diagnostics = analyse(SourceFile(file="some/count.py", text=FLOW))
    assert diagnostics == ()
    assert flow is not None
    assert (flow.name, flow.doc, flow.file, flow.module) == ("Count", "Counts.", "some/count.py", "count")
    assert [p.name for p in flow.params] == ["n"]
    assert [s.name for s in flow.steps] == ["end", "start", "body", "join"]
    end, start, body, join = flow.steps
    assert flow.root == Sequence(
        body=(
            Foreach(split=start, items="xs", body=Sequence(body=(Task(step=body),)), join=join),
            Task(step=end),
        )
    )
    assert body.policy.retries == 1
    assert start.reads == ("n", "xs")


def test_what_follows_from_an_error_is_not_reported() -> None:
    """Nothing else leads to `body`, and no split to `join`, but only since one name is misspelt."""
    text = FLOW.replace("self.next(self.body, foreach", "self.next(self.bdy, foreach")
    assert check(text) == [("FC206", "there is no step `bdy`")]


def test_an_error_of_syntax_does_not_hide_one_of_the_graph() -> None:
    text = FLOW.replace("default=3", "default=random()").replace("self.next(self.end)", "self.next(self.edn)")
    assert [code for code, _ in check(text)] == ["FC113", "FC206"]


def test_near_names_are_suggested() -> None:
    _, (diagnostic,) = analyse(SourceFile(file="f.py", text=FLOW.replace("self.join", "self.jion")))
    assert diagnostic.help == "did you mean `join`?"


def test_equal_diagnostics_every_time() -> None:
    text = FLOW.replace("self.join", "self.jion").replace("self.end", "self.edn")
    assert check(text) == check(text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_no_text_is_too_broken(path: Path) -> None:
    """Lines are lost and changed; what comes out are diagnostics, never exceptions."""
    chance = random.Random(path.stem)
    lines = path.read_bytes().split(b"\n")
    if len(lines) > 100:
        return
    for _ in range(15):
        changed = list(lines)
        for _ in range(chance.randint(1, 3)):
            changed = changed or [b""]
            at = chance.randrange(len(changed))
            changed[at : at + 1] = chance.choice([[], [changed[at]] * 2, [chance.choice(lines)]])
        source, diagnostics = decode_source("f.py", b"\n".join(changed))
        if source is None:
            assert diagnostics
            continue
        flow, diagnostics = analyse(source)
        assert flow is not None or diagnostics
