"""What the decorators of a flow's class say about its deployment: one reader for each."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from flowc.frontend.constants import Constants
from flowc.frontend.decorators import Arguments
from flowc.frontend.imports import Names
from flowc.frontend.modules import FoundClass
from flowc.frontend.policies import read_decorator
from flowc.frontend.vocabulary import METAFLOW_NAMES
from flowc.ir.deployment import Deployment

Reader = Callable[[Arguments, Deployment], Deployment]

READERS: Mapping[str, Reader] = {}
"""What reads a decorator, by its name."""


def read_class(
    cls: FoundClass, names: Names, constants: Constants, deployment: Deployment
) -> tuple[Deployment, set[str]]:
    """Read the decorators of a class, and refuse its keywords.

    Args:
        deployment: What the bases of the class ask for.

    Returns:
        What the flow asks for, and the names of decorators that were refused.

    Emits: FC106, FC107, FC110.
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
    for node in flow.decorator_list:
        decorator = read_decorator(node, names)
        reader = READERS.get(decorator.name or "")
        if reader is not None and decorator.name is not None:
            arguments = Arguments(
                decorator=decorator.name, node=node, call=decorator.call, constants=constants, report=report
            )
            deployment = reader(arguments, deployment)
            continue
        refused.add(decorator.text)
        if decorator.name in METAFLOW_NAMES:
            message = f"this version of flowc does not compile Metaflow's `@{decorator.name}`"
        else:
            message = f"a flow cannot have the decorator `@{decorator.text}`"
        report.error("FC106", node, message, "remove it; in this version a flow's class has no decorators")
    return deployment, refused
