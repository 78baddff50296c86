"""All passes that need nothing but the source, in order."""

from __future__ import annotations

from flowc.diagnostics import Diagnostic, has_errors, in_order
from flowc.frontend import parse_flow
from flowc.ir.flow import Flow
from flowc.ir.graph import Graph
from flowc.ir.regions import Sequence
from flowc.passes.resolve import resolve_graph
from flowc.passes.structure import structure_graph
from flowc.source import SourceFile


def analyse(source: SourceFile) -> tuple[Flow | None, tuple[Diagnostic, ...]]:
    """Read a flow and find its structure.

    Returns:
        The flow, if there is no error; and everything that was found, sorted.

    Emits: FC1, FC2.
    """
    decl, diagnostics = parse_flow(source)
    if decl is None:
        return None, diagnostics
    graph, from_names = resolve_graph(decl)
    root, from_structure = structure_graph(graph)
    diagnostics = in_order((*diagnostics, *from_names, *from_structure))
    if root is None or has_errors(diagnostics):
        return None, diagnostics
    return _flow(graph, root), diagnostics


def _flow(graph: Graph, root: Sequence) -> Flow:
    return Flow(
        name=graph.name,
        doc=graph.doc,
        file=graph.file,
        module=graph.module,
        params=graph.params,
        steps=tuple(node.step for node in graph.nodes.values()),
        root=root,
        span=graph.span,
    )
