"""From source to a flow's declaration. Nothing of the source is imported or run."""

from __future__ import annotations

import ast
import os

from flowc.diagnostics import Diagnostic, in_order
from flowc.frontend.attributes import AttributeReader
from flowc.frontend.classes import find_flow, is_flow_spec, lacks_import
from flowc.frontend.constants import read_constants
from flowc.frontend.decl import FlowDecl, StepDecl
from flowc.frontend.imports import Names, check_imports, read_names
from flowc.frontend.parameters import ParameterReader
from flowc.frontend.policies import PolicyReader, read_decorator
from flowc.frontend.report import Report
from flowc.frontend.steps import StepReader, read_method, stray_steps
from flowc.frontend.syntax import parse_module
from flowc.frontend.vocabulary import METAFLOW_NAMES
from flowc.source import SourceFile


def parse_flow(source: SourceFile) -> tuple[FlowDecl | None, tuple[Diagnostic, ...]]:
    """Read the one flow of a file.

    Returns:
        The flow, also when there are errors in it; None when the file has no flow or several.

    Emits: FC1, all but FC102.
    """
    tree, diagnostics = parse_module(source)
    if tree is None:
        return None, diagnostics
    report = Report(source)
    names = read_names(tree, report)
    flow = find_flow(tree, names, report)
    decl, reported = None, set[str]()
    if flow is not None:
        if lacks_import(flow, names):
            names = names.with_all_names()
        decl, reported = _read_flow(tree, flow, names, report)
    check_imports(tree, names, reported, report)
    return decl, in_order(report.diagnostics)


def _read_flow(tree: ast.Module, flow: ast.ClassDef, names: Names, report: Report) -> tuple[FlowDecl, set[str]]:
    """The flow, and the names that were refused where they are used."""
    constants = read_constants(tree)
    policies = PolicyReader(names, constants, report)
    parameters = ParameterReader(names, constants, report)
    attributes = AttributeReader(names, parameters, report)
    reader = StepReader(policies, constants, report)
    complete = _check_bases(flow, names, report)
    refused = _check_class_decorators(flow, names, report)
    attributes.read(flow.body)
    methods = [
        read_method(node, names) for node in flow.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    steps = {step.name: step for step in reader.read(methods)}
    for node, where in stray_steps(tree, flow, names):
        steps.setdefault(node.name, reader.stray(node, where, names))
    _check_attribute_names(parameters, attributes, steps, {m.node.name for m in methods}, report)
    decl = FlowDecl(
        name=flow.name,
        doc=ast.get_docstring(flow) or "",
        file=report.source.file,
        module=os.path.splitext(os.path.basename(report.source.file))[0],
        params=tuple(parameters.params),
        steps=tuple(steps.values()),
        helpers=tuple(dict.fromkeys(m.node.name for m in methods if m.node.name not in steps)),
        complete=complete,
        span=report.name_span(flow),
    )
    return decl, refused | policies.reported | attributes.reported


def _check_bases(flow: ast.ClassDef, names: Names, report: Report) -> bool:
    """Whether all bases are known."""
    others = [base for base in flow.bases if not is_flow_spec(base, names)]
    for base in others:
        report.error(
            "FC110",
            base,
            f"this version of flowc does not compile flows with further bases: `{ast.unparse(base)}`",
            "put the steps and methods of the base into the flow's class",
        )
    for keyword in flow.keywords:
        report.error(
            "FC110",
            keyword,
            f"the class of a flow cannot have keywords: `{ast.unparse(keyword)}`",
            f"write `class {flow.name}(FlowSpec):`",
        )
    return not others


def _check_class_decorators(flow: ast.ClassDef, names: Names, report: Report) -> set[str]:
    refused: set[str] = set()
    for node in flow.decorator_list:
        decorator = read_decorator(node, names)
        refused.add(decorator.text)
        if decorator.name in METAFLOW_NAMES:
            message = f"this version of flowc does not compile Metaflow's `@{decorator.name}`"
        else:
            message = f"a flow cannot have the decorator `@{decorator.text}`"
        report.error("FC106", node, message, "remove it; in this version a flow's class has no decorators")
    return refused


def _check_attribute_names(
    parameters: ParameterReader,
    attributes: AttributeReader,
    steps: dict[str, StepDecl],
    methods: set[str],
    report: Report,
) -> None:
    for attribute in parameters.attributes.values():
        if attribute.id in methods:
            what = "step" if attribute.id in steps else "method"
            message = f"a parameter cannot be called `{attribute.id}`: there is a {what} of this name"
            report.error("FC114", attribute, message, "rename one of the two")
    for name, attribute in attributes.plain.items():
        if name in steps:
            label = report.label(steps[name].span, "the step")
            report.error("FC108", attribute, f"`{name}` is an attribute and a step", "rename one of the two", label)
