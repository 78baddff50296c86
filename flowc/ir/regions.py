"""Regions: the tree of what runs after, beside and inside what.

Every step stands in exactly one region. A consumer is one `match` over `Region` that ends in `assert_never`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flowc.ir.steps import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One step that just runs."""

    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """Regions one after the other.

    Attributes:
        body: In order; empty only where an arm of a switch goes straight to the meeting step.
    """

    body: tuple[Region, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """`self.next(self.a, self.b)`: all branches run, then the join.

    Attributes:
        split: Runs first.
        branches: Two or more, in the order in which `split` names them; never empty.
        join: Runs once when all branches have ended; its inputs are in the order of `branches`.
    """

    split: Step
    branches: tuple[Sequence, ...]
    join: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreach:
    """`self.next(self.a, foreach="xs")`: the body runs once for each item, then the join.

    Attributes:
        split: Runs first and makes the items.
        items: The artifact of `split` that is iterated.
        body: Never empty.
        join: Runs once when all items have ended; its inputs are in the order of the items.
    """

    split: Step
    items: str
    body: Sequence
    join: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """`self.next({"k": self.a, ...}, condition="v")`: one arm runs.

    Attributes:
        decider: Runs first and chooses.
        on: The artifact whose value chooses.
        cases: Key and arm, in source order; several keys may share an arm.
        merge: The step at which the arms meet; it is not a join, and not part of this region.
    """

    decider: Step
    on: str
    cases: tuple[tuple[str, Sequence], ...]
    merge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A switch back to a step that dominates it: the body runs again until the decider leaves.

    Attributes:
        body: From the step that is returned to, up to but without the decider; empty for a step that repeats itself.
        decider: Ends each iteration.
        on: The artifact whose value decides.
        repeat: The values that start another iteration.
        exit: Where the other values lead: a switch that shares the decider when there are several ways out.
    """

    body: Sequence
    decider: Step
    on: str
    repeat: tuple[str, ...]
    exit: Switch | None


Region: TypeAlias = Task | Sequence | Parallel | Foreach | Switch | Loop
