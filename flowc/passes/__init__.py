"""Passes: from a declaration to a flow whose structure is known."""

from flowc.passes.analyse import analyse
from flowc.passes.resolve import resolve_graph
from flowc.passes.structure import structure_graph

__all__ = ["analyse", "resolve_graph", "structure_graph"]
