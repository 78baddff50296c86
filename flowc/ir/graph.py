"""The flat form of a flow: steps and the edges between them, names resolved, structure not yet found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flowc.ir.configs import Config
from flowc.ir.deployment import UNDEPLOYED, Deployment
from flowc.ir.steps import Parameter, Step
from flowc.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """`self.next(self.a)`."""

    target: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """`self.next(self.a, self.b)`; two or more targets."""

    targets: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeachSplit:
    """`self.next(self.a, foreach="xs")`."""

    target: str
    items: str
    span: Span


Transition: TypeAlias = Linear | Split | ForeachSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A step in the graph.

    Attributes:
        transition: Where it leads; None for the end step, and for a step whose transition is in error.
        is_join: It takes `inputs`.
        broken: Its transition is in error: what follows from it is not reported again.
    """

    step: Step
    transition: Transition | None
    is_join: bool
    broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """All steps of a flow by name, in source order.

    Attributes:
        attributes: Names that every object of the class has without an assignment in a step.
        deployment: What the decorators of the class ask for.
        start: The start step's name; None when there is none.
        end: The end step's name; None when there is none.
    """

    name: str
    doc: str
    file: str
    module: str
    params: tuple[Parameter, ...]
    nodes: Mapping[str, Node]
    start: str | None
    end: str | None
    span: Span
    attributes: tuple[str, ...] = ()
    configs: tuple[Config, ...] = ()
    deployment: Deployment = UNDEPLOYED


def targets(transition: Transition | None) -> tuple[str, ...]:
    """The steps that a transition names, in order."""
    match transition:
        case None:
            return ()
        case Linear(target=target) | ForeachSplit(target=target):
            return (target,)
        case Split(targets=names):
            return names
