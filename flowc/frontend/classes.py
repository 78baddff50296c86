"""Which class of a file is its flow."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from flowc.frontend.bases import FLOW_SPEC, Bases, Lineage
from flowc.frontend.imports import Names
from flowc.frontend.modules import FoundClass, Module, Modules
from flowc.frontend.policies import read_decorator
from flowc.frontend.vocabulary import NAMES, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A class at the top level of the flow's file."""

    cls: FoundClass
    lineage: Lineage

    @property
    def name(self) -> str:
        return self.cls.node.name


def find_flow(modules: Modules, bases: Bases) -> Lineage | None:
    """The flow among the classes at the top level of the flow's file.

    It is the one that the file runs under `if __name__ == "__main__"`, as for Metaflow; without that, the one that no
    other flow of the file inherits from.

    Emits: FC103, FC104, FC110, FC119, FC130.
    """
    main = modules.main
    classes = [FoundClass(module=main, node=node) for node in main.tree.body if isinstance(node, ast.ClassDef)]
    candidates = [_Candidate(cls=cls, lineage=bases.lineage(cls)) for cls in classes]
    flows = [candidate for candidate in candidates if candidate.lineage.is_flow]
    if not flows:
        _without_flow(main, candidates, unread=bool(modules.unreadable))
        return None
    chosen = _chosen(main.tree, flows)
    if len(chosen) > 1:
        _several(main, chosen)
        return None
    lineage = chosen[0].lineage
    main.report.diagnostics += lineage.problems
    for cls in lineage.classes:
        _check_imported(cls)
    return lineage


def lacks_import(cls: FoundClass) -> bool:
    """Whether the class's base `FlowSpec` is not imported."""
    return any(cls.module.names.is_missing(base) == FLOW_SPEC for base in cls.node.bases)


def _chosen(tree: ast.Module, flows: list[_Candidate]) -> list[_Candidate]:
    run = _names_run(tree)
    chosen = [flow for flow in flows if flow.name in run]
    if len(chosen) == 1:
        return chosen
    inherited = {id(cls.node) for flow in flows for cls in flow.lineage.classes[1:]}
    return [flow for flow in flows if id(flow.cls.node) not in inherited]


def _names_run(tree: ast.Module) -> set[str]:
    """What is called, without arguments, under `if __name__ == "__main__"`."""
    blocks = [
        node
        for node in tree.body
        if isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test))
    ]
    return {
        node.func.id
        for block in blocks
        for statement in block.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args
    }


def _several(main: Module, flows: list[_Candidate]) -> None:
    report = main.report
    report.error(
        "FC104",
        report.name_span(flows[1].cls.node),
        f"the file has {len(flows)} flows: {listed(f.name for f in flows)}",
        "put each flow into a file of its own, or end the file with the one that it stands for: "
        f'`if __name__ == "__main__": {flows[-1].name}()`',
        *(report.label(report.name_span(f.cls.node)) for i, f in enumerate(flows) if i != 1),
    )


def _check_imported(cls: FoundClass) -> None:
    names, report = cls.module.names, cls.module.report
    for base in cls.node.bases:
        if names.is_missing(base) == FLOW_SPEC:
            used = {node.id for node in ast.walk(cls.node) if isinstance(node, ast.Name)}
            needed = sorted(n for n in used & NAMES if n not in names.bound)
            report.error(
                "FC103",
                base,
                "`FlowSpec` is not imported from flowc or metaflow",
                f"add `from flowc import {', '.join(needed)}`",
            )


def _without_flow(main: Module, candidates: list[_Candidate], *, unread: bool) -> None:
    report, names = main.report, main.names
    inner = [
        node
        for node in ast.walk(main.tree)
        if isinstance(node, ast.ClassDef) and any(_is_flow_spec(base, names) for base in node.bases)
    ]
    for node in inner:
        report.error(
            "FC103",
            report.name_span(node),
            f"the flow `{node.name}` does not stand at the top level of the file",
            "move the class out of what it stands in",
        )
    stepped = [c for c in candidates if not inner and _has_steps(c.cls.node, names)]
    for candidate in stepped:
        bases = {ast.unparse(base).rpartition(".")[2] for base in candidate.cls.node.bases}
        if not candidate.lineage.complete and FLOW_SPEC not in bases:
            report.diagnostics += candidate.lineage.problems
        else:
            report.error(
                "FC103",
                report.name_span(candidate.cls.node),
                f"class `{candidate.name}` has steps, but is not a flow",
                f"write `class {candidate.name}(FlowSpec):`, and `from flowc import FlowSpec`",
            )
    if not inner and not stepped and not unread:
        report.error(
            "FC103",
            None,
            f"`{report.source.file}` has no flow",
            "a flow is a class with `FlowSpec` as its base: `from flowc import FlowSpec, step`",
        )


def _is_flow_spec(base: ast.expr, names: Names) -> bool:
    """Whether a base class is flowc's, or would be if it were imported."""
    return FLOW_SPEC in (names.resolve(base), names.is_missing(base))


def _has_steps(node: ast.ClassDef, names: Names) -> bool:
    return any(
        read_decorator(decorator, names).name == "step"
        for method in node.body
        if isinstance(method, ast.FunctionDef)
        for decorator in method.decorator_list
    )
