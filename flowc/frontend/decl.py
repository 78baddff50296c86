"""What a file declares: one flow, its parameters and its steps; where they lead is not looked up yet."""

from __future__ import annotations

from dataclasses import dataclass

from flowc.ir.accesses import Access
from flowc.ir.configs import Config
from flowc.ir.deployment import Deployment
from flowc.ir.steps import Parameter, Policy
from flowc.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDecl:
    """`self.name` as an argument of `self.next`."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionDecl:
    """A `self.next(...)` of a form that this version compiles.

    Attributes:
        targets: In order; empty only in the end step, where a transition is an error anyway.
        items: The artifact of `foreach=`; then there is one target.
        span: The whole call.
    """

    targets: tuple[TargetDecl, ...]
    items: str | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDecl:
    """A method that is a step.

    Attributes:
        takes_inputs: It has a second positional argument: a join.
        starts: It is marked `@step(start=True)`.
        ends: It is marked `@step(end=True)`.
        transition: None when there is none, or when it is in error.
        broken: Where it leads is not known: its error is reported already.
        reads: Artifacts loaded from `self`, sorted; methods of the class are followed.
        writes: Artifacts assigned on `self`, sorted; methods of the class are followed.
        accesses: What it does to artifacts, in an order in which it may happen; empty while there are errors.
        span: The name in the `def`.
    """

    name: str
    doc: str
    policy: Policy
    takes_inputs: bool
    starts: bool
    ends: bool
    transition: TransitionDecl | None
    broken: bool
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    span: Span
    accesses: tuple[Access, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDecl:
    """A flow class.

    Attributes:
        file: The path as the user gave it.
        module: The file's stem.
        params: In source order, those of bases first, without those in error.
        configs: The same.
        steps: In source order, those of bases first; each name once, with those in error (`StepDecl.broken`).
        helpers: Names of its methods that are not steps, inherited ones too.
        attributes: Names that the bodies of its classes bind, without methods, sorted.
        deployment: What the decorators of its classes ask for.
        complete: False when bases that are not read (their error is reported) may add steps.
        span: The name in the `class`.
    """

    name: str
    doc: str
    file: str
    module: str
    params: tuple[Parameter, ...]
    configs: tuple[Config, ...]
    steps: tuple[StepDecl, ...]
    helpers: tuple[str, ...]
    attributes: tuple[str, ...]
    deployment: Deployment
    complete: bool
    span: Span
