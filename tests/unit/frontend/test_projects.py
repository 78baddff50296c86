"""What `@project` and the command line make of a flow's deployment."""

from __future__ import annotations

from typing import Any

import pytest

from flowc.diagnostics import Diagnostic
from flowc.frontend import Choices, parse_flow
from flowc.frontend.decl import FlowDecl
from flowc.passes import analyse
from flowc.passes.lower import lower_plan
from flowc.source import SourceFile

FLOW = """
from metaflow import FlowSpec, project, step
NAME = "fraud"
class Base(FlowSpec):
    @step
    def start(self):
        self.next(self.end)
    @step
    def end(self): ...
{decorator}
class X(Base): ...
"""


def read(decorator: str, **choices: Any) -> tuple[FlowDecl, tuple[Diagnostic, ...]]:
    source = SourceFile(file="f.py", text=FLOW.format(decorator=decorator))
    decl, diagnostics = parse_flow(source, choices=Choices(**choices))
    assert decl is not None
    return decl, diagnostics


@pytest.mark.parametrize(
    ("decorator", "choices", "branch"),
    [
        ("@project(name='fraud')", {}, "user.unknown"),
        ("@project(name=NAME)", {"user": "Ada.L-1_x"}, "user.Ada.L-1_x"),
        ("@project(name='fraud')", {"branch": "new_model"}, "test.new_model"),
        ("@project(name='fraud')", {"production": True}, "prod"),
        ("@project(name='fraud')", {"branch": "b", "production": True}, "prod.b"),
        ("@project(name='fraud', branch='b')", {}, "test.b"),
        ("@project(name='fraud', branch='b')", {"production": True}, "prod.b"),
        ("@project(name='fraud', production=True)", {"branch": "b"}, "prod.b"),
        ("@project(name='fraud', production=True)", {}, "prod"),
        ("@project(name='fraud', branch=None, production=False)", {"production": True}, "prod"),
        ("@project(name='fraud', branch='b', production=True)", {"user": "no name"}, "prod.b"),
    ],
)
def test_a_branch(decorator: str, choices: dict[str, Any], branch: str) -> None:
    decl, diagnostics = read(decorator, **choices)
    assert diagnostics == ()
    project = decl.deployment.project
    assert project is not None
    assert (project.name, project.branch) == ("fraud", branch)


def test_a_project_is_inherited_and_can_be_replaced() -> None:
    both = "@project(name='old', production=True)\nclass Middle(Base): ...\n"
    for last, name in (("class Last(Middle): ...", "old"), ("@project(name='new')\nclass Last(Middle): ...", "new")):
        text = FLOW.format(decorator=both).replace("class X(Base): ...", last)
        decl, diagnostics = parse_flow(SourceFile(file="f.py", text=text))
        assert diagnostics == ()
        assert decl is not None and decl.deployment.project is not None
        assert (decl.name, decl.deployment.project.name) == ("Last", name)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"branch": "New-Model"}, "`New-Model` cannot be the name of a branch"),
        ({"branch": ""}, "`` cannot be the name of a branch"),
        ({"branch": "b" * 129}, f"`{'b' * 129}` cannot be the name of a branch"),
        ({"user": ""}, "a branch cannot be called after the user ``"),
        ({"user": "ada@example.com"}, "a branch cannot be called after the user `ada@example.com`"),
    ],
)
def test_a_name_that_a_branch_cannot_have(choices: dict[str, Any], message: str) -> None:
    _, diagnostics = read("@project(name='fraud')", **choices)
    assert [(d.code, d.message, d.primary) for d in diagnostics] == [("FC001", message, None)]


def test_the_longest_name() -> None:
    _, diagnostics = read(f"@project(name='{'n' * 128}')", branch="b" * 128)
    assert diagnostics == ()


def test_without_a_project() -> None:
    decl, diagnostics = read("", user="no name", tags=("a", "b"))
    assert diagnostics == ()
    assert decl.deployment.project is None
    assert decl.deployment.tags == ("a", "b")


def test_names_of_a_deployment_and_of_its_runs() -> None:
    source = SourceFile(file="f.py", text=FLOW.format(decorator="@project(name='fraud')"))
    flow, _ = analyse(source, choices=Choices(production=True))
    assert flow is not None
    assert (flow.deployed_name, flow.run_id_prefix) == ("fraud.prod.X", "fraud.prod.")
    project = lower_plan(flow).project
    assert project is not None
    assert (project.name, project.branch, project.is_production, project.is_user_branch) == (
        "fraud",
        "prod",
        True,
        False,
    )
    flow, _ = analyse(SourceFile(file="f.py", text=FLOW.format(decorator="")))
    assert flow is not None
    assert (flow.deployed_name, flow.run_id_prefix, lower_plan(flow).project) == ("X", "", None)


@pytest.mark.parametrize("name", ["branch", "production", "tag", "logical_date"])
def test_a_parameter_may_be_called_like_an_option(name: str) -> None:
    flow = FLOW.format(decorator="").replace("import FlowSpec", "import FlowSpec, Parameter")
    text = flow.replace("class Base(FlowSpec):", f"class Base(FlowSpec):\n    {name} = Parameter('{name}')")
    _, diagnostics = parse_flow(SourceFile(file="f.py", text=text))
    assert diagnostics == ()
