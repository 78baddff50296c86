"""What steps run on: one of `COMPUTES` for each, chosen by its decorator or by the setting `compute`."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.ir.flow import Flow
from flowc.ir.steps import Step
from flowc.targets.stepfunctions.computes.base import Compute
from flowc.targets.stepfunctions.computes.batch import Jobs
from flowc.targets.stepfunctions.computes.ecs import Tasks
from flowc.targets.stepfunctions.computes.lambda_ import Functions
from flowc.targets.stepfunctions.options import StepFunctionsOptions

COMPUTES: Mapping[str, type[Compute]] = {c.name: c for c in (Jobs, Tasks, Functions)}
"""By the names that the setting `compute` takes."""


def compute_name(step: Step, options: StepFunctionsOptions) -> str:
    """The name of what a step runs on."""
    return Jobs.name if step.policy.batch is not None else options.compute


def computes_of(flow: Flow, options: StepFunctionsOptions) -> tuple[Compute, ...]:
    """What the steps of a flow run on, in the order of `COMPUTES`, each with its steps.

    Args:
        flow: The flow.
        options: `compute` is a key of `COMPUTES`.
    """
    steps: dict[str, list[Step]] = {}
    for step in flow.steps:
        steps.setdefault(compute_name(step, options), []).append(step)
    return tuple(
        compute(flow=flow, options=options, steps=tuple(steps[name]))
        for name, compute in COMPUTES.items()
        if name in steps
    )
