"""Which class of a file is its flow."""

from __future__ import annotations

import ast

from flowc.frontend.imports import Names
from flowc.frontend.policies import read_decorator
from flowc.frontend.report import Report
from flowc.frontend.vocabulary import NAMES, listed


def find_flow(tree: ast.Module, names: Names, report: Report) -> ast.ClassDef | None:
    """The one class at the top level of the file that has `FlowSpec` as a base.

    Emits: FC103, FC104, FC110.
    """
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    flows = [node for node in classes if any(is_flow_spec(base, names) for base in node.bases)]
    heirs = _heirs(classes, flows)
    if heirs:
        for heir, base in heirs:
            report.error(
                "FC110",
                base,
                f"this version of flowc does not compile flows that inherit from other flows: `{heir.name}`",
                "put all steps into one class, with `FlowSpec` as its only base",
            )
        return None
    if len(flows) > 1:
        report.error(
            "FC104",
            report.name_span(flows[1]),
            f"the file has {len(flows)} flows: {listed(f.name for f in flows)}",
            "put each flow into a file of its own",
            *(report.label(report.name_span(f)) for i, f in enumerate(flows) if i != 1),
        )
        return None
    if not flows:
        _without_flow(tree, classes, names, report)
        return None
    _check_imported(flows[0], names, report)
    return flows[0]


def is_flow_spec(base: ast.expr, names: Names) -> bool:
    """Whether a base class is flowc's, or would be if it were imported."""
    return names.resolve(base) == "FlowSpec" or names.is_missing(base) == "FlowSpec"


def lacks_import(flow: ast.ClassDef, names: Names) -> bool:
    """Whether the flow's base is not imported."""
    return any(names.is_missing(base) == "FlowSpec" for base in flow.bases)


def _check_imported(flow: ast.ClassDef, names: Names, report: Report) -> None:
    for base in flow.bases:
        if names.is_missing(base) == "FlowSpec":
            used = {node.id for node in ast.walk(flow) if isinstance(node, ast.Name)}
            needed = sorted(n for n in used & NAMES if n not in names.bound)
            report.error(
                "FC103",
                base,
                "`FlowSpec` is not imported from flowc or metaflow",
                f"add `from flowc import {', '.join(needed)}`",
            )


def _heirs(classes: list[ast.ClassDef], flows: list[ast.ClassDef]) -> list[tuple[ast.ClassDef, ast.expr]]:
    known = {flow.name for flow in flows}
    found: list[tuple[ast.ClassDef, ast.expr]] = []
    for node in classes:
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in known:
                known.add(node.name)
                found.append((node, base))
    return found


def _without_flow(tree: ast.Module, classes: list[ast.ClassDef], names: Names, report: Report) -> None:
    inner = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(is_flow_spec(base, names) for base in node.bases)
    ]
    for node in inner:
        report.error(
            "FC103",
            report.name_span(node),
            f"the flow `{node.name}` does not stand at the top level of the file",
            "move the class out of what it stands in",
        )
    stepped = [node for node in classes if not inner and _has_steps(node, names)]
    for node in stepped:
        report.error(
            "FC103",
            report.name_span(node),
            f"class `{node.name}` has steps, but is not a flow",
            f"write `class {node.name}(FlowSpec):`, and `from flowc import FlowSpec`",
        )
    if not inner and not stepped:
        report.error(
            "FC103",
            None,
            f"`{report.source.file}` has no flow",
            "a flow is a class with `FlowSpec` as its base: `from flowc import FlowSpec, step`",
        )


def _has_steps(node: ast.ClassDef, names: Names) -> bool:
    return any(
        read_decorator(decorator, names).name == "step"
        for method in node.body
        if isinstance(method, ast.FunctionDef)
        for decorator in method.decorator_list
    )
