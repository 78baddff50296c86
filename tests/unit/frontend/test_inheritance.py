"""Flows that consist of several classes, in one file and in modules beside it."""

from __future__ import annotations

import ast
import random
import shutil
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from flowc.diagnostics import Diagnostic
from flowc.frontend import FlowDecl, Siblings, parse_flow, read_source
from flowc.frontend.bases import Bases
from flowc.frontend.modules import FoundClass, Modules
from flowc.ir.steps import Policy
from flowc.source import SourceFile

BASE = """
from flowc import FlowSpec, Parameter, step

class Base(FlowSpec):
    rate = Parameter("rate", default=1)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def read(folder: Path, files: Mapping[str, str]) -> tuple[FlowDecl | None, tuple[Diagnostic, ...], Siblings]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    source, _ = read_source(str(folder / "flow.py"))
    assert source is not None
    siblings = Siblings(source)
    return *parse_flow(source, siblings), siblings


def parse(folder: Path, flow: str, **modules: str) -> FlowDecl:
    decl, diagnostics, _ = read(folder, {"flow.py": flow, **{f"{n}.py": text for n, text in modules.items()}})
    assert diagnostics == ()
    assert decl is not None
    return decl


def problems(folder: Path, flow: str, **modules: str) -> list[tuple[str, str]]:
    _, diagnostics, _ = read(folder, {"flow.py": flow, **{f"{n}.py": text for n, text in modules.items()}})
    return [(d.code, d.message) for d in diagnostics]


@pytest.mark.parametrize(
    ("imports", "base"),
    [
        ("from base import Base", "Base"),
        ("from base import Base as B", "B"),
        ("from base import *", "Base"),
        ("import base", "base.Base"),
        ("import base as b", "b.Base"),
        ("from again import Base", "Base"),
        ("from again import Other", "Other"),
        ("import again", "again.base.Base"),
        ("from again import base as b", "b.Base"),
        ("from package import Base", "Base"),
        ("import package.inner", "package.inner.Base"),
        ("from package import inner", "inner.Base"),
        ("from package.inner import Base", "Base"),
        ("import package", "package.Renamed"),
        ("from stars.one import *", "Base"),
        ("from plain.inside import Base", "Base"),
        ("from plain import inside", "inside.Base"),
        ("try:\n    from base import Base\nexcept ImportError:\n    Base = object", "Base"),
        ("import base\nShort = base.Base", "Short"),
        ("import sys\nif sys.argv:\n    from base import Base", "Base"),
    ],
)
def test_ways_to_name_a_base(imports: str, base: str, tmp_path: Path) -> None:
    files = {
        "flow.py": f"{imports}\nclass X({base}):\n    pass\n",
        "base.py": BASE,
        "again.py": "import base\nfrom base import *\nOther = base.Base",
        "package/__init__.py": "from .inner import Base\nfrom . import inner\nRenamed = Base",
        "package/inner.py": "from .deeper.base import Base",
        "package/deeper/__init__.py": "",
        "package/deeper/base.py": "from ..root import Base",
        "package/root.py": BASE,
        "plain/inside.py": "from base import Base",
        "stars/one.py": "from stars.two import *",
        "stars/two.py": "from base import *\nfrom stars.one import *\n",
    }
    decl, diagnostics, _ = read(tmp_path, files)
    assert diagnostics == ()
    assert decl is not None
    assert (decl.name, decl.module) == ("X", "flow")
    assert [s.name for s in decl.steps] == ["start", "end"]
    assert [p.name for p in decl.params] == ["rate"]


def test_flowc_s_own_names_may_come_from_a_module_beside_the_flow(tmp_path: Path) -> None:
    decl = parse(
        tmp_path,
        """
        import common as c
        from common import P, stage
        class X(c.FlowSpec):
            n = P("n", default=c.LIMIT)
            @c.again(times=c.LIMIT)
            @stage
            def start(self):
                self.next(self.end)
            @c.stage
            def end(self): ...
        """,
        common="from metaflow import FlowSpec, step as stage, retry as again, Parameter as P\nLIMIT = 3",
    )
    assert decl.steps[0].policy == Policy(retries=3, retry_delay_s=120)
    assert decl.params[0].default == 3


def test_members_come_from_the_first_class_that_has_them(tmp_path: Path) -> None:
    decl = parse(
        tmp_path,
        """
        from flowc import FlowSpec, Parameter, retry, step

        class Root(FlowSpec):
            '''Root.'''
            a = Parameter("a", default=1)
            b = Parameter("b", default=1)
            c = Parameter("c", default=1)
            @step
            def start(self):
                self.next(self.lost)
            @step
            def middle(self):
                self.old = self.b
                self.next(self.end)
            def load(self):
                self.loaded = 1
            @step
            def end(self):
                self.load()

        class Left(Root):
            c = 5
            def load(self):
                self.left = self.origin

        class Right(Root):
            b = Parameter("b", default=2)
            @retry(times=1)
            @step
            def middle(self):
                self.new = self.b
                self.next(self.end)
            def load(self):
                self.right = 1

        class Flow(Left, Right):
            @step
            def start(self):
                self.next(self.middle)
        """,
    )
    assert (decl.name, decl.doc) == ("Flow", "")
    assert [(p.name, p.default) for p in decl.params] == [("a", 1), ("b", 2)]
    assert [s.name for s in decl.steps] == ["start", "middle", "end"]
    start, middle, end = decl.steps
    assert start.transition is not None
    assert [t.name for t in start.transition.targets] == ["middle"]
    assert (middle.policy.retries, middle.writes) == (1, ("new",))
    assert (end.reads, end.writes) == (("origin",), ("left",))
    assert decl.helpers == ("load",)
    assert decl.complete


SUPER = """
from flowc import FlowSpec, step

class Root(FlowSpec):
    def load(self):
        self.root = self.of_root

class Middle(Root):
    def load(self):
        {middle}
        self.middle = 1

class Flow(Middle):
    def load(self):
        {call}
    @step
    def start(self):
        self.load()
        self.next(self.end)
    @step
    def end(self): ...
"""


@pytest.mark.parametrize(
    ("call", "middle", "reads", "writes"),
    [
        ("super().load()", "super().load()", ("of_root",), ("middle", "root")),
        ("super().load()", "pass", (), ("middle",)),
        ("super(Middle, self).load()", "pass", ("of_root",), ("root",)),
        ("Middle.load(self)", "super().load()", ("of_root",), ("middle", "root")),
        ("Root.load(self)", "pass", ("of_root",), ("root",)),
        ("f = super().load; f()", "Root.load(self)", ("of_root",), ("middle", "root")),
        ("super().nothing()", "pass", (), ()),
        ("Other.load(self)", "pass", (), ()),
    ],
)
def test_what_an_overridden_method_does_counts(
    call: str, middle: str, reads: tuple[str, ...], writes: tuple[str, ...], tmp_path: Path
) -> None:
    start = parse(tmp_path, SUPER.format(call=call, middle=middle)).steps[0]
    assert (start.reads, start.writes) == (reads, writes)


def test_a_last_step_may_call_the_one_that_it_overrides(tmp_path: Path) -> None:
    decl = parse(
        tmp_path,
        """
        from base import Base
        from flowc import step
        class X(Base):
            @step
            def end(self):
                super().end()
        """,
        base=BASE.replace("pass", "self.done = True"),
    )
    assert decl.steps[-1].writes == ("done",)


@pytest.mark.parametrize(
    ("block", "flow"),
    [
        ("", "Heir"),
        ('if __name__ == "__main__":\n    Base()', "Base"),
        ('if __name__ == "__main__":\n    Heir()', "Heir"),
        ('if "__main__" == __name__:\n    print(1)\n    Base()', "Base"),
        ('if __name__ == "__main__":\n    Base(), Heir()', "Heir"),
        ('if __name__ == "__main__":\n    print("nothing is run")', "Heir"),
    ],
)
def test_which_of_several_classes_is_the_flow(block: str, flow: str, tmp_path: Path) -> None:
    assert parse(tmp_path, f"{BASE}\nclass Heir(Base):\n    pass\n{block}\n").name == flow


def test_classes_that_are_no_flows_do_not_matter(tmp_path: Path) -> None:
    decl = parse(
        tmp_path,
        """
        import torch
        from missing import Strange
        from base import Base
        from typing import Generic, TypeVar
        T = TypeVar("T")
        class Net(torch.nn.Module): ...
        class Odd(Strange, Base.Inner, metaclass=type): ...
        class Plain(Generic[T], object): ...
        class X(Plain[int], Base): ...
        """,
        base=BASE,
    )
    assert decl.name == "X"


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    flow = """
        import unread
        from unread import helper, CONSTANT
        from flowc import FlowSpec, step
        VALUE = CONSTANT
        class Net(unread.sub.Net if False else object): ...
        class X(FlowSpec):
            @step
            def start(self):
                helper(self); unread.helper(self)
                self.next(self.end)
            @step
            def end(self): ...
    """
    _, diagnostics, siblings = read(tmp_path, {"flow.py": flow, "unread.py": "this is not Python"})
    assert diagnostics == ()
    assert list(siblings.sources) == [str(tmp_path / "flow.py")]


def test_links_and_built_in_modules_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "base.py").write_text(BASE)
    folder = tmp_path / "flow"
    folder.mkdir()
    (folder / "base.py").symlink_to(tmp_path / "elsewhere" / "base.py")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "time.py").write_text(BASE)
    for base in ("base", "linked.base"):
        assert [code for code, _ in problems(folder, f"from {base} import Base\n{OWN}(Base, FlowSpec): ...")] == [
            "FC110"
        ]
    assert problems(folder, f"import time\n{OWN}(time.Base, FlowSpec): ...") == []


OWN = "from flowc import FlowSpec, step\nclass X"


def test_what_is_only_imported_for_types_is_not_there(tmp_path: Path) -> None:
    flow = f"""
from typing import TYPE_CHECKING
import typing as t
if TYPE_CHECKING:
    from metaflow import S3, NotThere
    from base import Base
if not t.TYPE_CHECKING:
    from flowc import FlowSpec, step
else:
    FlowSpec = None
class X(FlowSpec):
{BASE.partition("FlowSpec):")[2].replace("rate = ", "rate: Base = ").replace("Parameter(", "int(")}
"""
    decl = parse(tmp_path, flow.replace('int("rate", default=1)', "1"))
    assert [s.name for s in decl.steps] == ["start", "end"]
    assert problems(
        tmp_path, "if TYPE_CHECKING:\n    from base import Base\nclass X(Base):\n    @step\n    def a(self): ..."
    ) == [
        (
            "FC110",
            "the base `Base` of class `X` is not known to be a class: which class it is cannot be told without "
            "running the file",
        )
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("import two", "import one"),
        ("from two import Two", "import one"),
        ("X = 1\nfrom two import Two", "from one import X"),
        ("from two import Two", "def late():\n    from one import One"),
        ("from two import Two", "try:\n    from one import One\nexcept ImportError:\n    pass"),
    ],
)
def test_modules_may_import_each_other(first: str, second: str, tmp_path: Path) -> None:
    assert circle(tmp_path, first, second) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("from two import Two", "from one import One"),
        ("from two import Two\nX = 1", "from one import X"),
        ("from two import Two", "class Two(FlowSpec): ...\nfrom one import Two"),
        ("import two", "from flow import X"),
    ],
)
def test_a_name_must_be_there_when_it_is_imported(first: str, second: str, tmp_path: Path) -> None:
    ((code, message),) = circle(tmp_path, first, second)
    assert code == "FC119"
    assert "is not there yet when it is imported" in message


def circle(folder: Path, first: str, second: str) -> list[tuple[str, str]]:
    two = f"from flowc import FlowSpec\n{second}\nclass Two(FlowSpec): ...\n"
    one = f"{first}\nimport two\nclass One(two.Two): ...\n"
    flow = "import one\nfrom flowc import step\nclass X(one.One):\n    @step\n    def a(self): ..."
    return problems(folder, flow, one=one, two=two)


def python_order(names: list[str], text: str) -> dict[str, list[str]]:
    """The order of each class as Python has it; the classes up to the first that has none."""
    scope: dict[str, type] = {"FlowSpec": type("FlowSpec", (), {})}
    found: dict[str, list[str]] = {}
    for name, statement in zip(names, ast.parse(text).body, strict=True):
        try:
            exec(compile(ast.Module([statement], []), "classes", "exec"), scope)
        except TypeError:
            return found
        found[name] = [c.__name__ for c in scope[name].__mro__ if c.__name__ not in ("object", "FlowSpec")]
    return found


@pytest.mark.parametrize("seed", range(60))
def test_the_order_is_python_s(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"C{n}" for n in range(8)]
    lines = []
    for n, name in enumerate(names):
        bases = chance.sample([*names[:n], "FlowSpec"], min(n + 1, chance.choice([1, 1, 2, 3])))
        lines.append(f"class {name}({', '.join(bases)}): ...")
    text = "\n".join(lines)
    wanted = python_order(names, text)
    source = SourceFile(file="f.py", text=f"from flowc import FlowSpec\n{text}")
    tree = ast.parse(source.text)
    modules = Modules("f", source, tree, Siblings(source))
    bases = Bases(modules)
    for node in tree.body[1:]:
        assert isinstance(node, ast.ClassDef)
        lineage = bases.lineage(FoundClass(module=modules.main, node=node))
        if node.name not in wanted:
            assert [d.code for d in lineage.problems] == ["FC130"]
            return
        assert [c.node.name for c in lineage.classes] == wanted[node.name]
        assert lineage.problems == ()
        assert lineage.is_flow


def test_marks_of_the_first_and_the_last_step(tmp_path: Path) -> None:
    decl = parse(
        tmp_path,
        """
        from flowc import FlowSpec, step
        YES = True
        class X(FlowSpec):
            @step(start=True, end=False)
            def a(self):
                self.next(self.b)
            @step(end=YES)
            def b(self): ...
        """,
    )
    assert [(s.name, s.starts, s.ends) for s in decl.steps] == [("a", True, False), ("b", False, True)]


EXAMPLES = sorted((Path(__file__).parents[2] / "errors").glob("*/flow.py"))


@pytest.mark.parametrize("flow", EXAMPLES, ids=lambda p: p.parent.name)
def test_no_modules_are_too_broken(flow: Path, tmp_path: Path) -> None:
    """Lines are lost and changed; what comes out are diagnostics with places in files that were read."""
    chance = random.Random(flow.parent.name)
    for attempt in range(15):
        folder = tmp_path / str(attempt)
        shutil.copytree(flow.parent, folder)
        files = sorted(folder.rglob("*.py"))
        for _ in range(chance.randint(1, 3)):
            file = chance.choice(files)
            lines = file.read_bytes().split(b"\n")
            at = chance.randrange(len(lines))
            other = chance.choice(chance.choice(files).read_bytes().split(b"\n"))
            lines[at : at + 1] = chance.choice([[], [lines[at]] * 2, [other], [other, lines[at]]])
            file.write_bytes(b"\n".join(lines))
        source, _ = read_source(str(folder / "flow.py"))
        if source is None:
            continue  # not UTF-8 any more
        siblings = Siblings(source)
        _, diagnostics = parse_flow(source, siblings)
        labels = [label for d in diagnostics for label in (d.primary, *d.secondary) if label is not None]
        assert {label.span.file for label in labels} <= siblings.sources.keys()
