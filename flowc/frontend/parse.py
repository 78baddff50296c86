"""From source to a flow's declaration. Nothing of the source is imported or run."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from flowc.diagnostics import Diagnostic, has_errors, in_order
from flowc.frontend.artifacts import class_attributes, with_accesses
from flowc.frontend.attributes import AttributeReader
from flowc.frontend.bases import Bases, Lineage
from flowc.frontend.choices import NO_CHOICES, Choices
from flowc.frontend.circles import check_circles
from flowc.frontend.class_decorators import read_class
from flowc.frontend.classes import find_flow
from flowc.frontend.config_reads import check_reads
from flowc.frontend.configs import check_uses, read_configs
from flowc.frontend.decl import FlowDecl, StepDecl
from flowc.frontend.imports import check_current, check_imports
from flowc.frontend.members import Body, member_order, read_bodies
from flowc.frontend.modules import FoundClass, Module, Modules
from flowc.frontend.parameters import ParameterReader
from flowc.frontend.policies import Added, PolicyReader
from flowc.frontend.report import Report
from flowc.frontend.scope import Scope
from flowc.frontend.siblings import Siblings
from flowc.frontend.steps import StepReader, stray_steps
from flowc.frontend.supers import link_supers
from flowc.frontend.syntax import parse_module
from flowc.ir.configs import Config
from flowc.ir.deployment import UNDEPLOYED, Deployment
from flowc.ir.steps import Parameter
from flowc.source import SourceFile, Span

_Member = TypeVar("_Member", Config, Parameter, StepDecl)


def parse_flow(
    source: SourceFile, siblings: Siblings | None = None, choices: Choices = NO_CHOICES
) -> tuple[FlowDecl | None, tuple[Diagnostic, ...]]:
    """Read the one flow of a file, with the classes that it inherits from.

    Args:
        source: The flow's file.
        siblings: Finds the modules beside it; holds the sources of those that were read, for showing diagnostics.
        choices: What the command line adds.

    Returns:
        The flow, also when there are errors in it; None when the file has no flow or several.

    Emits: FC1; FC102 only for modules beside the file.
    """
    tree, diagnostics = parse_module(source)
    if tree is None:
        return None, diagnostics
    name = os.path.splitext(os.path.basename(source.file))[0]
    siblings = siblings or Siblings(source)
    modules = Modules(name, source, tree, siblings)
    bases = Bases(modules)
    lineage = find_flow(modules, bases)
    decl = None
    refused: Mapping[str, set[str]] = {}
    if lineage is not None:
        reading = _Reading(lineage, bases, modules, siblings, choices)
        decl, refused = reading.decl(), reading.refused
    check_circles(modules)
    for module in modules.loaded:
        check_imports(module.tree, module.names, refused.get(module.name, ()), module.report)
        check_current(module.tree, module.names, module.report)
    return decl, in_order(modules.diagnostics)


@dataclass(slots=True, kw_only=True)
class _Members:
    """What has been read of a flow's members."""

    params: dict[str, Parameter] = field(default_factory=dict)
    parameters: list[tuple[Report, ParameterReader]] = field(default_factory=list)
    steps: dict[str, StepDecl] = field(default_factory=dict)


class _Reading:
    """Reads the classes of one flow.

    Attributes:
        refused: For each module, the names that were refused where they are used.
    """

    def __init__(self, lineage: Lineage, bases: Bases, modules: Modules, siblings: Siblings, choices: Choices) -> None:
        self._lineage = lineage
        self._choices = choices
        bodies, self._callables = link_supers(read_bodies(lineage), bases, modules)
        self._configs = read_configs(bodies, modules, siblings, choices, _name_span(lineage.classes[0]))
        self._bodies = tuple(replace(body, constants=self._configs.within(body)) for body in bodies)
        self._modules = modules
        self._main = modules.main
        self._policies: dict[str, PolicyReader] = {}
        self._additions = self._added()
        self._deployment = UNDEPLOYED
        self.refused: dict[str, set[str]] = {}

    def decl(self) -> FlowDecl:
        """The flow."""
        members = _Members()
        for body in reversed(self._bodies):
            self._read(body, members)
        self._read_strays(members)
        _check_parameter_names(members.parameters)
        places = member_order(self._bodies)
        steps: Mapping[str, StepDecl] = members.steps
        if not has_errors(self._modules.diagnostics):
            steps = with_accesses(steps, self._bodies, self._callables, self._modules)
        flow = self._lineage.classes[0]
        helpers = sorted((m.node.name for b in self._bodies for m in b.methods), key=lambda name: places[name])
        return FlowDecl(
            name=flow.node.name,
            doc=ast.get_docstring(flow.node) or "",
            file=self._main.report.source.file,
            module=self._main.name,
            params=_sorted(members.params, places),
            configs=_sorted(self._configs.configs, places),
            steps=_sorted(steps, places),
            attributes=class_attributes(self._bodies),
            helpers=tuple(dict.fromkeys(name for name in helpers if name not in members.steps)),
            deployment=self._chosen(_name_span(flow)),
            complete=self._lineage.complete,
            span=_name_span(flow),
        )

    def _added(self) -> Sequence[Added]:
        """The decorators that the command line adds to the steps."""
        if not self._choices.decorators:
            return ()
        from flowc.frontend.additions import read_additions

        additions, diagnostics = read_additions(self._choices.decorators)
        self._main.report.diagnostics += diagnostics
        return additions

    def _chosen(self, flow: Span) -> Deployment:
        """What the classes ask for, with what the command line adds."""
        choices = self._choices
        if self._deployment.project is None and not (choices.branch is not None or choices.production or choices.tags):
            return self._deployment
        from flowc.frontend.projects import chosen

        deployment, diagnostics = chosen(self._deployment, choices, flow)
        self._main.report.diagnostics += diagnostics
        return deployment

    def _read(self, body: Body, members: _Members) -> None:
        """Read what counts of one class."""
        module = body.cls.module
        report, constants = module.report, body.constants
        folder = os.path.dirname(self._main.report.source.file)
        scope = Scope(body, self._modules)
        parameters = ParameterReader(body.names, constants, report, scope, folder)
        attributes = AttributeReader(body.names, parameters, report)
        policies = self._policy_reader(body)
        refused = self.refused.setdefault(module.name, set())
        self._deployment, unknown = read_class(body.cls, body.names, self._configs.above(body), self._deployment)
        refused |= unknown
        attributes.read(body.statements)
        check_uses(body)
        check_reads(body, self._configs.states)
        reader = StepReader(policies, module.constants, report, self._callables, scope)
        steps = {step.name: step for step in reader.read(body.methods)}
        _check_attribute_names(parameters, attributes, steps, {m.node.name for m in body.methods}, report)
        members.params |= {p.name: p for p in parameters.params}
        members.parameters.append((report, parameters))
        members.steps |= steps
        refused |= policies.reported | attributes.reported

    def _read_strays(self, members: _Members) -> None:
        """Steps that stand where none is looked for."""
        by_module: dict[str, list[Body]] = {}
        for body in self._bodies:
            by_module.setdefault(body.cls.module.name, []).append(body)
        for bodies in by_module.values():
            module = bodies[0].cls.module
            classes: list[ast.stmt] = [body.cls.node for body in bodies]
            roots = module.tree.body if module is self._main else classes
            scope, policies = Scope(bodies[0], self._modules), self._policy_reader(bodies[0])
            reader = StepReader(policies, module.constants, module.report, self._callables, scope)
            for node, where in stray_steps(roots, classes, bodies[0].names):
                members.steps.setdefault(node.name, reader.stray(node, where, bodies[0].names))

    def _policy_reader(self, body: Body) -> PolicyReader:
        """One for each file: what it reports once, it reports once a file."""
        module: Module = body.cls.module
        if module.name not in self._policies:
            self._policies[module.name] = PolicyReader(body.names, module.constants, module.report, self._additions)
        return self._policies[module.name].within(body.constants)


def _name_span(cls: FoundClass) -> Span:
    return cls.module.report.name_span(cls.node)


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
            noun = parameters.nouns[attribute.id]
            message = f"a {noun} cannot be called `{attribute.id}`: there is a {what} of this name"
            report.error("FC114", attribute, message, "rename one of the two")
    for name, attribute in attributes.plain.items():
        if name in steps:
            label = report.label(steps[name].span, "the step")
            report.error("FC108", attribute, f"`{name}` is an attribute and a step", "rename one of the two", label)


def _check_parameter_names(read: Iterable[tuple[Report, ParameterReader]]) -> None:
    """Parameters of different classes whose names differ in case only."""
    first: dict[str, tuple[Report, ast.Name]] = {}
    for report, parameters in read:
        for key, attribute in parameters.attributes.items():
            before, other = first.setdefault(key, (report, attribute))
            if other is not attribute:
                report.error(
                    "FC114",
                    attribute,
                    f"{parameters.nouns[attribute.id]}s `{other.id}` and `{attribute.id}` differ in case only",
                    "rename one of them",
                    before.label(other, "the first one"),
                )


def _sorted(members: Mapping[str, _Member], places: Mapping[str, int]) -> tuple[_Member, ...]:
    """In the order of the classes; steps that stand in no class's body last."""
    return tuple(members[name] for name in sorted(members, key=lambda name: places.get(name, len(places))))
