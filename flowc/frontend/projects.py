"""Reading `@project` of a flow's class, and what the command line adds to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from flowc.diagnostics import Diagnostic, Label
from flowc.frontend.choices import Choices
from flowc.frontend.constants import NotConstant
from flowc.frontend.decorators import Arguments
from flowc.ir.deployment import Deployment, Project
from flowc.source import Span

MAX_NAME = 128
"""Characters of a project's name, and of a branch's.

Source: https://docs.metaflow.org/production/coordinating-larger-metaflow-projects (what names consist of);
`VALID_NAME_LEN` in https://github.com/Netflix/metaflow/blob/master/metaflow/plugins/project_decorator.py
"""

_NAME = re.compile(rf"[a-z0-9_]{{1,{MAX_NAME}}}")
_USER = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_NAME}}}")
"""What a DAG's id, a file's name and a part of a key have in common."""

_WANTED = f"lower-case letters, digits and underscores, at most {MAX_NAME}"


def read_project(arguments: Arguments, deployment: Deployment) -> Deployment:
    """The project that a class belongs to; it takes the place of the one of its bases.

    Emits: FC107.
    """
    nodes = arguments.keywords("name", "branch", "production")
    name = branch = None
    production = False
    for argument, node in nodes.items():
        value = arguments.constant(argument, node, "True or False" if argument == "production" else "a string")
        match argument, value:
            case _, NotConstant():
                continue
            case "name", str() if _NAME.fullmatch(value):
                name = value
            case "branch", str() if _NAME.fullmatch(value):
                branch = value
            case "production", bool():
                production = value
            case "branch", None:
                continue
            case _:
                _refuse(arguments, argument, node, value)
    if not nodes.keys() & {"name"} and not (arguments.call is not None and arguments.call.args):
        arguments.error(arguments.node, "`@project` has no name", 'write `@project(name="fraud")`, say')
    if name is None:
        return deployment
    span = arguments.report.span(arguments.node)
    return replace(
        deployment, project=Project(name=name, production=production, given=branch, user="unknown", span=span)
    )


def _refuse(arguments: Arguments, argument: str, node: ast.expr, value: object) -> None:
    if argument == "production":
        message, help = f"`{argument}` must be True or False, not {value!r}", "write `production=True`"
    else:
        message, help = f"`{argument}` must be {_WANTED}, not {value!r}", f'write `{argument}="fraud_2"`, say'
    arguments.error(node, message, help)


def chosen(deployment: Deployment, choices: Choices, flow: Span) -> tuple[Deployment, tuple[Diagnostic, ...]]:
    """What a flow's classes ask for, with what the command line adds.

    Args:
        deployment: What the classes say.
        choices: The branch, who it belongs to if none is named, and the tags.
        flow: The flow's name in its source.

    Emits: FC001 for a branch or a user without a place in a name, FC143, FC144.
    """
    deployment = replace(deployment, tags=choices.tags)
    project = deployment.project
    if project is None:
        return deployment, tuple(_without_project(choices, flow))
    found = tuple(_conflicts(project, choices))
    project = replace(
        project,
        production=project.production or choices.production,
        given=project.given or choices.branch,
        user=choices.user,
    )
    found += tuple(_unusable(project, choices))
    return replace(deployment, project=project), found


def _without_project(choices: Choices, flow: Span) -> Iterator[Diagnostic]:
    for option, given in (("--branch", choices.branch is not None), ("--production", choices.production)):
        if given:
            yield Diagnostic(
                code="FC143",
                message=f"`{option}` is for flows that belong to a project, and this one does not",
                help=f'write `@project(name="...")` above the class, or leave `{option}` out',
                primary=Label(span=flow),
            )


def _conflicts(project: Project, choices: Choices) -> Iterator[Diagnostic]:
    pairs = (
        ("branch", project.given is not None and choices.branch is not None),
        ("production", project.production and choices.production),
    )
    for name, twice in pairs:
        if twice:
            yield Diagnostic(
                code="FC144",
                message=f"both `@project({name}=...)` and `--{name}` choose a branch",
                help=f"leave `--{name}` out, or take `{name}` out of `@project`",
                primary=Label(span=project.span),
            )


def _unusable(project: Project, choices: Choices) -> Iterator[Diagnostic]:
    if choices.branch is not None and not _NAME.fullmatch(choices.branch):
        yield Diagnostic(
            code="FC001",
            message=f"`{choices.branch}` cannot be the name of a branch",
            help=f"use {_WANTED}: --branch new_model",
        )
    if project.given is None and not project.production and not _USER.fullmatch(project.user):
        yield Diagnostic(
            code="FC001",
            message=f"a branch cannot be called after the user `{project.user}`",
            help="set FLOWC_USER to a name of letters, digits and any of `_.-`, or choose a branch: --branch new_model",
        )
