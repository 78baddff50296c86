"""All passes that need nothing but the source, in order."""

from __future__ import annotations

from flowc.diagnostics import Diagnostic, has_errors, in_order
from flowc.frontend import NO_CHOICES, Choices, Siblings, parse_flow
from flowc.ir.flow import Flow
from flowc.ir.graph import Graph
from flowc.ir.regions import Sequence
from flowc.passes.catches import check_catches
from flowc.passes.compute import check_compute
from flowc.passes.dataflow import check_dataflow
from flowc.passes.resolve import resolve_graph
from flowc.passes.schedules import check_schedule
from flowc.passes.structure import structure_graph
from flowc.passes.suppress import suppress
from flowc.source import SourceFile


def analyse(
    source: SourceFile, siblings: Siblings | None = None, choices: Choices = NO_CHOICES
) -> tuple[Flow | None, tuple[Diagnostic, ...]]:
    """Read a flow, find its structure, and check what its steps read.

    Args:
        source: The flow's file.
        siblings: Finds the modules beside it; holds the sources of those that were read, for showing diagnostics.
        choices: What the command line adds.

    Returns:
        The flow, if there is no error; and everything that was found and not silenced, sorted.

    Emits: FC002, FC1, FC2, FC3.
    """
    siblings = siblings or Siblings(source)
    flow, diagnostics = _analyse(source, siblings, choices)
    found = suppress(diagnostics, siblings.sources.values(), source.file, complete=flow is not None)
    return None if has_errors(found) else flow, in_order(found)


def _analyse(source: SourceFile, siblings: Siblings, choices: Choices) -> tuple[Flow | None, tuple[Diagnostic, ...]]:
    """The flow, if nothing was found that keeps its data flow from being checked."""
    decl, diagnostics = parse_flow(source, siblings, choices)
    if decl is None:
        return None, diagnostics
    graph, from_names = resolve_graph(decl)
    root, from_structure = structure_graph(graph)
    diagnostics = (*diagnostics, *from_names, *from_structure)
    if root is None or has_errors(diagnostics):
        return None, diagnostics
    flow = _flow(graph, root)
    return flow, (
        *diagnostics,
        *check_catches(flow),
        *check_compute(flow),
        *check_schedule(flow),
        *check_dataflow(flow),
    )


def _flow(graph: Graph, root: Sequence) -> Flow:
    return Flow(
        name=graph.name,
        doc=graph.doc,
        file=graph.file,
        module=graph.module,
        params=graph.params,
        configs=graph.configs,
        steps=tuple(node.step for node in graph.nodes.values()),
        root=root,
        span=graph.span,
        attributes=graph.attributes,
        deployment=graph.deployment,
    )
