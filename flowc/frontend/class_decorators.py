"""What the decorators of a flow's class say about its deployment: one reader for each."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from flowc.frontend.constants import Constants
from flowc.frontend.decorators import Arguments
from flowc.frontend.imports import Names
from flowc.frontend.modules import FoundClass
from flowc.frontend.policies import Decorator, not_compiled, read_decorator
from flowc.frontend.report import Report
from flowc.frontend.vocabulary import CLASS_DECORATORS, METAFLOW_NAMES, STEP_DECORATORS, listed
from flowc.ir.deployment import Deployment

Reader = Callable[[Arguments, Deployment], Deployment]


def _schedule(arguments: Arguments, deployment: Deployment) -> Deployment:
    # most flows have none, and what reads one takes a while to import
    from flowc.frontend.schedules import read_schedule

    return read_schedule(arguments, deployment)


def _project(arguments: Arguments, deployment: Deployment) -> Deployment:
    from flowc.frontend.projects import read_project

    return read_project(arguments, deployment)


READERS: Mapping[str, Reader] = {"project": _project, "schedule": _schedule}
"""What reads a decorator, by its name; one for each of `CLASS_DECORATORS`."""


def read_class(
    cls: FoundClass, names: Names, constants: Constants, deployment: Deployment
) -> tuple[Deployment, set[str]]:
    """Read the decorators of a class, and refuse its keywords.

    Args:
        deployment: What the bases of the class ask for.

    Returns:
        What the flow asks for, and the names of decorators that were refused.

    Emits: FC106, FC107, FC110, FC117, and what the readers emit.
    """
    report, flow = cls.module.report, cls.node
    for keyword in flow.keywords:
        report.error(
            "FC110",
            keyword,
            f"the class of a flow cannot have keywords: `{ast.unparse(keyword)}`",
            f"write `class {flow.name}({', '.join(map(ast.unparse, flow.bases))}):`",
        )
    refused: set[str] = set()
    seen: dict[str, Decorator] = {}
    for node in flow.decorator_list:
        decorator = read_decorator(node, names)
        if _is_refused(decorator, names, report):
            refused.add(decorator.text)
        if decorator.name not in CLASS_DECORATORS or decorator.name is None:
            continue
        if decorator.name in seen:
            label = report.label(seen[decorator.name].node, "the first one")
            message = f"`@{decorator.name}` stands on this class twice"
            report.error("FC107", node, message, "keep one of the two", label)
            continue
        seen[decorator.name] = decorator
        arguments = Arguments(
            decorator=decorator.name, node=node, call=decorator.call, constants=constants, report=report
        )
        deployment = READERS[decorator.name](arguments, deployment)
    return deployment, refused


def _is_refused(decorator: Decorator, names: Names, report: Report) -> bool:
    """Whether a decorator cannot stand on a flow's class: then that is reported."""
    function = decorator.call.func if decorator.call else decorator.node
    if names.resolve(function) in CLASS_DECORATORS:
        return False
    missing = names.is_missing(function)
    if missing in CLASS_DECORATORS:
        report.error("FC117", function, f"`{missing}` is not imported", f"add `from flowc import {missing}`")
        return False
    text, name = decorator.text, decorator.name
    if name in CLASS_DECORATORS and text in {i.local for i in names.imported}:
        return False  # a misspelt import, which is reported itself
    known = f"the decorators of a flow's class are {listed(f'@{n}' for n in sorted(CLASS_DECORATORS))}"
    if name in METAFLOW_NAMES:
        message, help = not_compiled(name)
    elif name in CLASS_DECORATORS:
        message, help = f"flowc does not know the decorator `@{text}`", f"did you mean `@{name}`?"
    elif (names.resolve(function) or missing) in STEP_DECORATORS:
        message, help = f"`@{name}` stands on a flow's class", f"put it above a step; {known}"
    else:
        message, help = f"a flow cannot have the decorator `@{text}`", f"remove it; {known}"
    report.error("FC106", decorator.node, message, help)
    return True
