"""The data-flow pass: random trees against an interpreter of them, silence where it cannot know, and its cost."""

from __future__ import annotations

import random
import textwrap
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, assert_never

import pytest

from flowc.diagnostics import Diagnostic, Severity
from flowc.ir.accesses import Access, InputRead, Merge, Read, Write
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Region, Sequence, Switch, Task
from flowc.ir.steps import Policy, Step
from flowc.passes import analyse
from flowc.passes.dataflow import check_dataflow
from flowc.source import SourceFile, Span

ROOT = Path(__file__).parents[3]
NAMES = "abcde"


class Maker:
    """Makes steps; each access has a place of its own."""

    def __init__(self, chance: random.Random, *, loops: bool) -> None:
        self.chance = chance
        self.loops = loops
        self.steps: list[Step] = []
        self.places = 0

    def span(self) -> Span:
        self.places += 1
        return Span(file="f.py", start=self.places, end=self.places + 1)

    def step(self, accesses: Iterable[Access]) -> Step:
        name = f"s{len(self.steps)}"
        step = Step(name=name, doc="", policy=Policy(), reads=(), writes=(), span=self.span(), accesses=tuple(accesses))
        self.steps.append(step)
        return step

    def plain(self) -> Step:
        return self.step(self.accesses())

    def accesses(self, most: int = 3) -> Iterator[Access]:
        for _ in range(self.chance.randint(0, most)):
            name = self.chance.choice(NAMES)
            if self.chance.random() < 0.5:
                yield Read(name=name, span=self.span())
            else:
                yield Write(name=name, span=self.span(), certain=self.chance.random() < 0.7, text=f"{self.places}")

    def join(self, ends: list[str | None]) -> Step:
        accesses = list(self.accesses())
        for _ in range(self.chance.randint(0, 2)):
            some = tuple(n for n in NAMES if self.chance.random() < 0.3)
            match self.chance.randrange(4):
                case 0:
                    made: Access = Merge(span=self.span())
                case 1:
                    made = Merge(span=self.span(), exclude=some)
                case 2:
                    made = Merge(span=self.span(), include=some if not self.loops else ())
                case _:
                    number = self.chance.randrange(len(ends))
                    branch = self.chance.choice([None, ends[number], number])
                    every = branch is None and self.chance.random() < 0.5
                    name = self.chance.choice(NAMES)
                    made = InputRead(name=name, span=self.span(), branch=branch, every=every)
            accesses.insert(self.chance.randint(0, len(accesses)), made)
        return self.step(accesses)

    def sequence(self, depth: int) -> Sequence:
        return Sequence(body=tuple(self.region(depth) for _ in range(self.chance.randint(1, 3))))

    def region(self, depth: int) -> Region:
        kinds = ["task", "task", "parallel", "foreach", *(["switch", "loop"] if self.loops else [])]
        kind = self.chance.choice(kinds) if depth else "task"
        match kind:
            case "parallel":
                split = self.plain()
                branches = tuple(self.sequence(depth - 1) for _ in range(self.chance.randint(2, 3)))
                return Parallel(split=split, branches=branches, join=self.join([end(b) for b in branches]))
            case "foreach":
                split = self.step([*self.accesses(), Read(name="a", span=self.span(), foreach=True)])
                body = self.sequence(depth - 1)
                return Foreach(split=split, items="a", body=body, join=self.join([end(body)]))
            case "switch":
                return self.switch(depth, self.plain())
            case "loop":
                body = self.sequence(depth - 1) if self.chance.random() < 0.8 else Sequence(body=())
                decider = self.plain()
                exit_ = self.switch(depth, decider) if self.chance.random() < 0.3 else None
                # each task of a sequence that a branch may end with is one, so that branches are found by name
                return Sequence(
                    body=(
                        Loop(body=body, decider=decider, on="a", repeat=("y",), exit=exit_),
                        Task(step=self.plain()),
                    )
                )
            case _:
                return Task(step=self.plain())

    def switch(self, depth: int, decider: Step) -> Switch:
        arms = [self.sequence(depth - 1) for _ in range(self.chance.randint(1, 2))]
        if self.chance.random() < 0.3:
            arms.append(Sequence(body=()))
        cases = tuple((str(number), arm) for number, arm in enumerate(arms))
        return Switch(decider=decider, on="a", cases=cases, merge="somewhere")


def end(region: Region) -> str | None:
    """The step that a region ends with; one that ends in a switch has several, and is found by number."""
    match region:
        case Task(step=step) | Parallel(join=step) | Foreach(join=step) | Loop(decider=step):
            return step.name
        case Switch():
            return None
        case Sequence(body=body):
            return end(body[-1])
        case _:
            assert_never(region)


def flow(root: Sequence, steps: Iterable[Step]) -> Flow:
    return Flow(
        name="F",
        doc="",
        file="f.py",
        module="f",
        params=(),
        steps=tuple(steps),
        root=root,
        span=Span(file="f.py", start=0, end=0),
    )


@dataclass
class Oracle:
    """Runs a tree on every path: a set of names for each way of having come here.

    The places that are read where the name is in none of the sets are the errors.
    """

    good: set[Span] = field(default_factory=set)
    seen: set[Span] = field(default_factory=set)

    def wrong(self) -> set[Span]:
        return self.seen - self.good

    def run(self, region: Region, paths: set[frozenset[str]]) -> set[frozenset[str]]:
        match region:
            case Task(step=step):
                return self.step(step, paths)
            case Sequence(body=body):
                for part in body:
                    paths = self.run(part, paths)
                return paths
            case Parallel(split=split, branches=branches, join=join):
                before = self.step(split, paths)
                return self.join(join, [self.run(b, before) for b in branches], [end(b) for b in branches])
            case Foreach(split=split, body=body, join=join):
                before = self.step(split, paths)
                return self.join(join, [self.run(body, before)], [end(body)])
            case Switch(decider=decider):
                return self.arms(region, self.step(decider, paths))
            case Loop(body=body, decider=decider, on=on, exit=exit_):
                known: set[frozenset[str]] = set()
                ends: set[frozenset[str]] = set()
                while not paths <= known:
                    known |= paths
                    paths = self.step(decider, self.run(body, paths))
                    self.read(on, decider.span, paths)
                    ends |= paths
                return ends if exit_ is None else self.arms(exit_, ends)
            case _:
                assert_never(region)

    def arms(self, switch: Switch, paths: set[frozenset[str]]) -> set[frozenset[str]]:
        self.read(switch.on, switch.decider.span, paths)
        return set().union(*(self.run(arm, paths) for _, arm in switch.cases))

    def read(self, name: str, span: Span, paths: set[frozenset[str]]) -> None:
        self.seen.add(span)
        if any(name in path for path in paths):
            self.good.add(span)

    def step(self, step: Step, paths: set[frozenset[str]]) -> set[frozenset[str]]:
        for access in step.accesses:
            match access:
                case Read(name=name, span=span):
                    self.read(name, span, paths)
                case Write(name=name, certain=certain):
                    written = {path | {name} for path in paths}
                    paths = written if certain else written | paths
        return paths

    def join(self, step: Step, inputs: list[set[frozenset[str]]], ends: list[str | None]) -> set[frozenset[str]]:
        every = [frozenset().union(*paths) for paths in inputs]
        there = frozenset().union(*every)
        own: set[str] = set()
        for access in step.accesses:
            match access:
                case Read(name=name, span=span):
                    self.read(name, span, {frozenset(own)})
                case Write(name=name):
                    own.add(name)
                case Merge(include=None, exclude=exclude):
                    own |= there - set(exclude)
                case Merge(include=tuple(include), span=span):
                    missing = set(include) - own - there
                    self.seen.add(span)
                    self.good |= {span} - ({span} if missing else set())
                    own |= set(include)
                case InputRead(name=name, span=span, branch=branch, every=of_every):
                    chosen = (
                        every if branch is None else [every[ends.index(branch) if isinstance(branch, str) else branch]]
                    )
                    having = [name in names for names in chosen]
                    self.seen.add(span)
                    if all(having) or (branch is None and not of_every and any(having)):
                        self.good.add(span)
        return {frozenset(own)}


def reads(diagnostics: Iterable[Diagnostic]) -> set[Span]:
    """The places of what is read and not there."""
    found: set[Span] = set()
    for diagnostic in diagnostics:
        if diagnostic.code in ("FC301", "FC302"):
            found.add(diagnostic.primary.span)
        elif diagnostic.code == "FC304":
            found |= {label.span for label in diagnostic.secondary}
    return found


def once(steps: Iterable[Step], places: set[Span]) -> set[Any]:
    """The places, those of reads in one step of one name taken together: a step is told once."""
    keys: dict[Span, Any] = {}
    for step in steps:
        keys[step.span] = (step.name, "a")  # what decides in all these trees
        keys |= {access.span: (step.name, access.name) for access in step.accesses if isinstance(access, Read)}
    return {keys.get(place, place) for place in places}


@pytest.mark.parametrize("loops", [False, True], ids=["joins", "loops"])
@pytest.mark.parametrize("seed", range(400))
def test_a_read_is_reported_if_and_only_if_no_path_has_written_it(
    seed: int, loops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowc.passes import findings

    monkeypatch.setattr(findings, "_MOST", 1_000)
    maker = Maker(random.Random(seed), loops=loops)
    root = maker.sequence(depth=3)
    oracle = Oracle()
    oracle.run(root, {frozenset()})
    found = check_dataflow(flow(root, maker.steps))
    assert once(maker.steps, reads(found)) == once(maker.steps, oracle.wrong())


# --- the same from source text -----------------------------------------------------------------------------------


def lines_of(region: Region, after: str | None) -> Iterator[str]:
    """The source of a tree without switches and loops; what is looked for stands in a line of its own."""
    match region:
        case Task(step=step):
            yield from method(step, f"self.{after}" if after else None)
        case Sequence(body=body):
            for part, following in zip(body, [*map(first, body[1:]), after], strict=True):
                yield from lines_of(part, following)
        case Parallel(split=split, branches=branches, join=join):
            yield from method(split, ", ".join(f"self.{first(branch)}" for branch in branches))
            for branch in branches:
                yield from lines_of(branch, join.name)
            yield from method(join, f"self.{after}", inputs=True)
        case Foreach(split=split, items=items, body=body, join=join):
            yield from method(split, f'self.{first(body)}, foreach="{items}"')
            yield from lines_of(body, join.name)
            yield from method(join, f"self.{after}", inputs=True)
        case _:
            raise AssertionError(region)


def first(region: Region) -> str:
    match region:
        case Task(step=step) | Parallel(split=step) | Foreach(split=step):
            return step.name
        case Sequence(body=body):
            return first(body[0])
        case _:
            raise AssertionError(region)


def method(step: Step, after: str | None, *, inputs: bool = False) -> Iterator[str]:
    yield from ("    @step", f"    def {step.name}(self{', inputs' if inputs else ''}):")
    for access in step.accesses:
        if not (isinstance(access, Read) and access.foreach):
            yield f"        {statement(access)}"
    yield f"        self.next({after})" if after else "        pass"


def statement(access: Access) -> str:
    match access:
        case Read(name=name):
            return f"print(self.{name})"
        case Write(name=name, certain=certain, text=text):
            return f"{'' if certain else 'if maybe(): '}self.{name} = make({text})"
        case Merge(include=None, exclude=()):
            return "self.merge_artifacts(inputs)"
        case Merge(include=None, exclude=exclude):
            return f"self.merge_artifacts(inputs, exclude={list(exclude)})"
        case Merge(include=include):
            return f"self.merge_artifacts(inputs, include={list(include)})"
        case InputRead(name=name, branch=None, every=every):
            return f"print([i.{name} for i in inputs{'' if every else ' if maybe()'}])"
        case InputRead(name=name, branch=str(branch)):
            return f"print(inputs.{branch}.{name})"
        case InputRead(name=name, branch=branch):
            return f"print(inputs[{branch}].{name})"
        case _:
            raise AssertionError(access)


def told(text: str, place: Span) -> tuple[str, str]:
    """The step and the statement that a place of a source lies in."""
    before = text[: place.start].split("\n")
    (step, *_) = [line.split()[1].partition("(")[0] for line in reversed(before) if line.startswith("    def ")]
    line = text.split("\n")[len(before) - 1].strip()
    return step, f'foreach="{text[place.start : place.end]}' if line.startswith("self.next") else line


@pytest.mark.parametrize("seed", range(200))
def test_the_same_is_found_in_source_text(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from flowc.passes import findings

    monkeypatch.setattr(findings, "_MOST", 1_000)
    maker = Maker(random.Random(seed), loops=False)
    start, last = maker.plain(), maker.plain()
    root = Sequence(body=(Task(step=start), *maker.sequence(depth=3).body, Task(step=last)))
    oracle = Oracle()
    oracle.run(root, {frozenset()})
    wanted: dict[tuple[str, str], tuple[str, str]] = {}
    for step in maker.steps:
        for access in step.accesses:
            if isinstance(access, Write) or access.span not in oracle.wrong():
                continue
            what = statement(access)
            if isinstance(access, Read) and access.foreach:
                what = 'foreach=""a"'
            key = (step.name, access.name if isinstance(access, Read) else what)
            wanted.setdefault(key, (step.name, what))
    text = "\n".join(["from flowc import FlowSpec, step", "class F(FlowSpec):", *lines_of(root, None), ""])
    text = text.replace("def s0(", "def start(").replace("def s1(", "def end(").replace("self.s1)", "self.end)")
    _, diagnostics = analyse(SourceFile(file="f.py", text=text))
    assert {d.code for d in diagnostics} <= {"FC301", "FC302", "FC303", "FC304", "FC305"}
    names = {"s0": "start", "s1": "end"}
    found = {told(text, place) for place in reads(diagnostics)}
    assert found == {(names.get(step, step), what) for step, what in wanted.values()}


# --- what is seen, and what is not -------------------------------------------------------------------------------


def codes(body: str, *, helpers: str = "") -> list[tuple[str, str]]:
    """Code and place of what is found in a flow of two steps; `body` is the first one's."""
    text = HEAD.format(body=textwrap.indent(body, " " * 8), helpers=textwrap.indent(helpers, " " * 4))
    source = SourceFile(file="f.py", text=text)
    _, diagnostics = analyse(source)
    return [(d.code, source.data[d.primary.span.start : d.primary.span.end].decode()) for d in diagnostics]


HEAD = """
from flowc import FlowSpec, Parameter, step
class F(FlowSpec):
    alpha = Parameter("alpha", default=1)
    constant, (other, *others) = 1, (2, 3)
    typed: int = 3
    class Inner: ...
    if constant:
        maybe = 1
        def conditional(self): ...
    @step
    def start(self):
{body}
        self.next(self.end)
    @step
    def end(self):
        pass
{helpers}
"""


@pytest.mark.parametrize(
    "body",
    [
        "self.alpha, self.constant, self.other, self.others, self.typed, self.Inner, self.maybe, self.conditional()",
        "self.x: int = 1\nself.x",
        "self.x, (self.y, *self.z) = f()\nself.x, self.y, self.z",
        "for self.x in f(): self.x\nself.x",
        "with f() as self.x, f() as (self.y, self.z): self.x, self.y, self.z",
        "if f(): self.x = 1\nself.x",
        "try: self.x = 1\nexcept ValueError: pass\nself.x",
        "try: f()\nexcept ValueError: self.x = 1\nfinally: self.y = 1\nself.x, self.y",
        "match f():\n  case 1: self.x = 1\nself.x",
        "while f():\n  if f(): self.x\n  self.x = 1",
        "for i in f():\n  if i: self.x += 1\n  else: self.x = 1",
        "[f(self.x) for self.x in f()]",
        "setattr(self, 'x', 1)\nself.x",
        "setattr(self, f(), 1)\nself.x",
        "f(self)\nself.x",
        "self.y = self\nself.x",
        "vars(self)['x'] = 1\nself.x",
        "self.__dict__['x'] = 1\nself.x",
        "exec('self.x = 1')\nself.x",
        "f(*[self])\nself.x",
        "f(a=self)\nself.x",
        "object.__setattr__(self, 'x', 1)\nself.x",
        "super().load()\nself.x",
        "self = f()\nself.x",
        "def g(): self.x = 1\nf(g)\nself.x",
        "def g(): return self.x\nself.x = 1\ng()",
        "f(lambda: self.x)\nself.x = 1",
        "g = (self.x for _ in f())\nself.x = 1",
        "class G:\n  def g(self): return self.x",
        "f(lambda self: self.x)",
        "if hasattr(self, 'x'): self.x",
        "getattr(self, 'x', None)",
        "getattr(self, f())",
        "try: self.x\nexcept AttributeError: pass",
        "try: self.x\nexcept (KeyError, AttributeError): pass",
        "try: self.x\nexcept Exception: pass",
        "try: self.x\nexcept: pass",
        "try: self.x\nexcept f(): pass",
        "with suppress(AttributeError): self.x",
        "del self.x",
        "del self.x\nself.x",
        "if False: self.x",
        "self.index, self.input, self.foreach_stack(), self.__class__",
        "isinstance(self, F)",
        "if (y := f()): y",
    ],
)
def test_nothing_is_wrong_or_can_be_told(body: str) -> None:
    assert codes(body) == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("self.x", "self.x"),
        ("self.x.y.z()", "self.x"),
        ("self.x[0] = 1", "self.x"),
        ("del self.x[0]", "self.x"),
        ("self.x += 1", "self.x"),
        ("self.x: int\nself.x", "self.x"),
        ("f'{self.x!r:>{self.alpha}}'", "self.x"),
        ("f(*self.x)", "self.x"),
        ("f(**self.x)", "self.x"),
        ("f() and self.x", "self.x"),
        ("[i for i in self.x]", "self.x"),
        ("{i: self.x for i in f()}", "self.x"),
        ("if f(): print(self.x)\nself.x = 1", "self.x"),
        ("self.y = self.x = self.x", "self.x"),
        ("print(self.x)\nf(self)", "self.x"),
        ("try: self.x\nexcept KeyError: pass", "self.x"),
        ("try: pass\nexcept Exception: self.x", "self.x"),
        ("with open('f') as f: self.x", "self.x"),
        ("def g(): return self.x", "self.x"),
        ("lambda: self.x", "self.x"),
        ("isinstance(self.x, int)", "self.x"),
        ("while self.x: pass", "self.x"),
        ("match self.x:\n  case 1: pass", "self.x"),
        ("match f():\n  case 1 if self.x: pass", "self.x"),
        ("getattr(self, 'x')", "getattr(self, 'x')"),
        ("assert f(), self.x", "self.x"),
        ("raise ValueError(self.x)", "self.x"),
        ("self.x, self.y = 1, self.y", "self.y"),
        ("async def g(): await self.x", "self.x"),
    ],
)
def test_a_read_is_seen(body: str, place: str) -> None:
    assert codes(body) == [("FC301", place)]


@pytest.mark.parametrize(
    ("helpers", "body", "wrong"),
    [
        ("def h(self): return self.x", "self.h()", True),
        ("def h(self): return self.x", "self.x = 1\nself.h()", False),
        ("def h(self): return self.x", "pass", False),
        ("def h(self): return self.x", "f(self.h)\nself.x = 1", False),
        ("def h(self): return self.x", "f(self.h)", True),
        ("def h(self): self.x = 1", "self.h()\nself.x", False),
        ("def h(self): self.x = 1", "self.x\nself.h()", True),
        ("def h(self): self.x = 1", "f(self.h)\nself.x", False),
        ("def h(self): self.g()\ndef g(self): self.x = 1", "self.h()\nself.x", False),
        ("def h(self): self.g()\ndef g(self): self.x", "self.h()", True),
        ("def h(self): self.g()\ndef g(self): self.h()", "self.h()\nself.x", False),
        ("def h(self): f(self)", "self.h()\nself.x", False),
        ("def h(self): setattr(self, f(), 1)", "self.h()\nself.x", False),
        ("@property\ndef h(self): return self.x", "self.h", True),
        ("@property\ndef h(self): return 1\n@h.setter\ndef h(self, v): self.x = v", "self.h = 1\nself.x", False),
        ("@cached_property\ndef h(self): return self.x", "self.h", True),
        ("@staticmethod\ndef h(row): return row.x", "self.h(1)", False),
        ("@classmethod\ndef h(cls): return cls.x", "self.h()", False),
        ("@f\ndef h(self): return self.x", "self.h()\nself.y", False),
        ("def h(self):\n  yield self.x", "g = self.h()\nself.x = 1\nlist(g)", False),
        ("async def h(self): self.x = 1", "run(self.h())\nself.x", False),
        ("def h(self): return self.x", "try: self.h()\nexcept AttributeError: pass", False),
        ("def h(this, inputs): return this.x, inputs.y", "self.h(1)", True),
    ],
)
def test_helpers_count_with_the_step_that_uses_them(helpers: str, body: str, wrong: bool) -> None:
    assert [code for code, _ in codes(body, helpers=helpers)] == (["FC301"] if wrong else [])


INHERITED = """
from flowc import FlowSpec, step
class Base(FlowSpec):
    @step
    def start(self):
        self.x = 1
        self.load()
        self.next(self.end)
    @step
    def end(self):
        print(self.x, self.z)
    def load(self):
        self.y = self.given
class F(Base):
    @step
    def end(self):
        super().end()
        print(self.y, self.w)
    def load(self):
        {load}
        Base.load(self)
        print(self.q)
"""


@pytest.mark.parametrize(
    ("load", "wanted"),
    [
        ("self.given = 1", {"self.z", "self.w", "self.q"}),
        ("super().load()", {"self.given", "self.z", "self.w", "self.q"}),
        ("super().unknown()", set()),
    ],
)
def test_inherited_code_counts(load: str, wanted: set[str]) -> None:
    source = SourceFile(file="f.py", text=INHERITED.format(load=load))
    _, diagnostics = analyse(source)
    assert {source.data[d.primary.span.start : d.primary.span.end].decode() for d in diagnostics} == wanted


BRANCHES = """
from flowc import FlowSpec, step
LEFT_OUT = ["v"]
class F(FlowSpec):
    @step
    def start(self):
        {start}
        self.next(self.a, self.b)
    @step
    def a(self):
        {a}
        self.next(self.join)
    @step
    def b(self):
        {b}
        self.next(self.join)
    @step
    def join(self, inputs):
        {join}
        self.next(self.end)
    @step
    def end(self):
        {end}
"""


def branches(start: str = "pass", a: str = "pass", b: str = "pass", join: str = "pass", end: str = "pass") -> list[str]:
    parts = {"start": start, "a": a, "b": b, "join": join, "end": end}
    text = BRANCHES.format(**{name: part.replace("\n", "\n" + " " * 8) for name, part in parts.items()})
    _, diagnostics = analyse(SourceFile(file="f.py", text=text))
    return [f"{d.code} {d.severity.value}" for d in diagnostics]


MERGE = "self.merge_artifacts(inputs)"


@pytest.mark.parametrize(
    ("start", "a", "b", "join", "wanted"),
    [
        ("pass", "self.v = 1", "self.v = 2", MERGE, ["FC303 error"]),
        ("pass", "self.v = 1", "self.v = True", MERGE, ["FC303 error"]),
        ("pass", "self.v = -1", "self.v = -2", MERGE, ["FC303 error"]),
        ("pass", "self.v, w = 1, 2", "self.v, w = 2, 2", MERGE, ["FC303 error"]),
        ("self.v = 0", "self.v = 1", "pass", MERGE, ["FC303 error"]),
        ("pass", "self.v = 1", "self.v = 2", "self.merge_artifacts(inputs, include=['v'])", ["FC303 error"]),
        ("pass", "self.v = 1", "self.v = f()", MERGE, ["FC303 warning"]),
        ("pass", "self.v = f(1)", "self.v = f(2)", MERGE, ["FC303 warning"]),
        ("self.v = f()", "self.v = g()", "pass", MERGE, ["FC303 warning"]),
        ("pass", "if f(): self.v = 1\nelse: self.v = 2", "self.v = 3", MERGE, ["FC303 warning"]),
        # equal, or equal as far as can be told
        ("pass", "self.v = 1", "self.v = 1", MERGE, []),
        ("pass", "self.v = f(1)", "self.v = f(1)", MERGE, []),
        ("self.v = 0", "self.v += 1", "self.v += 1", MERGE, []),
        ("self.v = 0", "pass", "pass", MERGE, []),
        ("pass", "self.v = 1", "pass", MERGE, []),
        # not on every path
        ("pass", "if f(): self.v = 1", "self.v = 2", MERGE, []),
        ("pass", "for i in f(): self.v = 1", "self.v = 2", MERGE, []),
        ("pass", "if f(): return\nself.v = 1", "self.v = 2", MERGE, []),
        ("pass", "self.v = 1", "self.v = 2", f"if f(): {MERGE}", []),
        ("pass", "self.v = 1", "self.v = 2", f"try: {MERGE}\nexcept MergeArtifactsError: pass", []),
        ("pass", "self.v = 1", "self.v = 2", f"with suppress(MergeArtifactsError): {MERGE}", []),
        # decided, left out, or not to be known
        ("pass", "self.v = 1", "self.v = 2", f"self.v = 3\n{MERGE}", []),
        ("pass", "self.v = 1", "self.v = 2", f"if f(): self.v = 3\n{MERGE}", []),
        ("pass", "self.v = 1", "self.v = 2", "self.merge_artifacts(inputs, exclude=['v'])", []),
        ("pass", "self.v = 1", "self.v = 2", "self.merge_artifacts(inputs, exclude=LEFT_OUT)", []),
        ("pass", "self.v = 1", "self.v = 2", "self.merge_artifacts(inputs, exclude=f())", []),
        ("pass", "self.v = 1", "self.v = 2", "self.merge_artifacts(inputs, **f())", []),
        ("pass", "self.v = 1", "self.v = 2", "self.merge_artifacts([inputs.a])", []),
        ("pass", "self.v = 1", "self.v = 2", "self.merge_artifacts(inputs, include=[])", []),
        ("pass", "self.v = 1\nf(self)", "self.v = 2", MERGE, []),
        ("pass", "self.v = 1\nhasattr(self, 'v')", "self.v = 2", MERGE, []),
        ("pass", "self.v = 1\ndel self.v", "self.v = 2", MERGE, []),
    ],
)
def test_a_merge_is_ambiguous(start: str, a: str, b: str, join: str, wanted: list[str]) -> None:
    assert [code for code in branches(start, a, b, join) if "FC303" in code] == wanted


@pytest.mark.parametrize(
    ("join", "end", "wanted"),
    [
        ("pass", "self.s", ["FC304 error"]),
        ("pass", "self.v", ["FC304 error"]),
        ("self.merge_artifacts(inputs, include=['s'])", "self.s", []),
        ("self.merge_artifacts(inputs, include=['s'])", "self.v", ["FC304 error"]),
        ("self.merge_artifacts(inputs, exclude=['s'])", "self.v", []),
        ("self.merge_artifacts(inputs, exclude=['s'])", "self.s", ["FC304 error"]),
        ("self.merge_artifacts(inputs, exclude=f())", "self.s", []),
        ("self.merge_artifacts(f(inputs))", "self.s", []),
        ("if f(): self.s = 1", "self.s", []),
        ("f(self)", "self.s", []),
        ("pass", "self.s = 1\nself.s", []),
        ("pass", "getattr(self, 's', 0)", []),
        ("pass", "self.nothing", ["FC301 error"]),
    ],
)
def test_a_join_drops(join: str, end: str, wanted: list[str]) -> None:
    assert branches("self.s = 1", "self.v = 1", "self.w = 1", join, end) == wanted


@pytest.mark.parametrize(
    ("a", "b", "join", "wanted"),
    [
        ("self.v = f()", "pass", "self.v = 1", ["FC305 warning"]),
        ("self.v = f()", "pass", "self.v = inputs.a.v", []),
        ("self.v = f()", "pass", "print(inputs)\nself.v = 1", []),
        ("self.v = f()\nprint(self.v)", "pass", "self.v = 1", []),
        ("self.v = f()", "pass", MERGE, []),
        ("self.v = f()", "pass", "pass", []),
        ("self.v = {'a': [1]}", "pass", "self.v = 1", []),
        ("self.v = f()", "f(self)", "self.v = 1", []),
        ("self.v = f()", "pass", "if f(): self.v = 1", []),
    ],
)
def test_what_nobody_reads(a: str, b: str, join: str, wanted: list[str]) -> None:
    assert branches(a=a, b=b, join=join) == wanted


# --- no false alarm ----------------------------------------------------------------------------------------------

FLOWS = [*ROOT.glob("examples/*.py"), *ROOT.glob("tests/conformance/flows/*.py")]


@pytest.mark.parametrize("path", FLOWS, ids=lambda p: p.stem)
def test_flows_that_run_are_silent(path: Path) -> None:
    if "FlowSpec)" in path.read_text():
        _, diagnostics = analyse(SourceFile(file=str(path), text=path.read_text()))
        assert [d for d in diagnostics if d.code.startswith("FC3")] == []


# --- cost --------------------------------------------------------------------------------------------------------


class Counting(tuple[Access, ...]):
    """The accesses of a step; counts how often they are gone through."""

    visits = 0

    def __iter__(self) -> Iterator[Access]:
        Counting.visits += 1
        return super().__iter__()


def chain(steps: int) -> tuple[Sequence, list[Step]]:
    made = [cost_step(i) for i in range(steps)]
    return Sequence(body=tuple(Task(step=s) for s in made)), made


def diamonds(steps: int, merge: Merge | None = None) -> tuple[Sequence, list[Step]]:
    made = [cost_step(i, merge if i % 4 == 3 else None) for i in range(steps - steps % 4)]
    body: list[Region] = []
    for split, left, right, join in zip(*[iter(made)] * 4, strict=True):
        arms = tuple(Sequence(body=(Task(step=s),)) for s in (left, right))
        body.append(Parallel(split=split, branches=arms, join=join))
    return Sequence(body=tuple(body)), made


def merged_diamonds(steps: int) -> tuple[Sequence, list[Step]]:
    return diamonds(steps, Merge(span=Span(file="f.py", start=0, end=1), exclude=("x1",)))


def fan(steps: int) -> tuple[Sequence, list[Step]]:
    made = [cost_step(i) for i in range(steps)]
    made[-1] = cost_step(steps, Merge(span=Span(file="f.py", start=0, end=1)))
    arms = tuple(Sequence(body=(Task(step=s),)) for s in made[1:-1])
    return Sequence(body=(Parallel(split=made[0], branches=arms, join=made[-1]),)), made


def nests(steps: int) -> tuple[Sequence, list[Step]]:
    """Nests of 50 foreachs and loops, one after the other."""
    made: list[Step] = []

    def fresh(merge: Merge | None = None) -> Step:
        made.append(cost_step(len(made), merge))
        return made[-1]

    body: list[Region] = []
    for _ in range(steps // 150):
        inner = Sequence(body=(Task(step=fresh()),))
        for _ in range(50):
            loop = Loop(body=inner, decider=fresh(), on="x1", repeat=("again",), exit=None)
            merge = Merge(span=Span(file="f.py", start=0, end=1))
            inner = Sequence(body=(Foreach(split=fresh(), items="x1", body=Sequence(body=(loop,)), join=fresh(merge)),))
        body.append(inner)
    return Sequence(body=tuple(body)), made


def cost_step(number: int, *more: Access | None) -> Step:
    """Writes a name of its own and one that others write too, and reads one that is long written."""
    span = Span(file="f.py", start=number, end=number + 1)
    accesses = [
        Write(name=f"x{number}", span=span, text=f"{number}"),
        Write(name="shared", span=span, text="the same"),
        *(access for access in more if access is not None),
        Read(name="shared", span=span),
    ]
    return Step(name=f"s{number}", doc="", policy=Policy(), reads=(), writes=(), span=span, accesses=Counting(accesses))


@pytest.mark.parametrize("make", [chain, diamonds, merged_diamonds, fan, nests])
@pytest.mark.parametrize("steps", [1_000, 10_000])
def test_the_cost_is_linear(make: Any, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    root, made = make(steps)
    monkeypatch.setattr(Counting, "visits", 0)
    before = time.process_time()
    diagnostics = check_dataflow(flow(root, made))
    assert time.process_time() - before < steps / 1_000
    assert not [d for d in diagnostics if d.severity is Severity.ERROR and d.code != "FC301"]
    assert Counting.visits <= 3 * len(made)
