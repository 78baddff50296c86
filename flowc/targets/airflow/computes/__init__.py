"""What steps run on: one of `COMPUTES` for each, chosen by its decorator or by the setting `compute`."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.ir.flow import Flow
from flowc.ir.steps import Step
from flowc.targets.airflow.computes.base import Compute
from flowc.targets.airflow.computes.batch import Jobs
from flowc.targets.airflow.computes.docker import Containers
from flowc.targets.airflow.computes.ecs import Tasks
from flowc.targets.airflow.computes.kubernetes import Pods
from flowc.targets.airflow.computes.local import Processes
from flowc.targets.airflow.options import AirflowOptions

COMPUTES: Mapping[str, type[Compute]] = {c.name: c for c in (Pods, Containers, Jobs, Tasks, Processes)}
"""By the names that the setting `compute` takes."""


def compute_name(step: Step, options: AirflowOptions) -> str:
    """The name of what a step runs on."""
    if step.policy.kubernetes is not None:
        return "kubernetes"
    if step.policy.batch is not None:
        return "batch"
    return options.compute


def computes_of(flow: Flow, options: AirflowOptions) -> tuple[Compute, ...]:
    """What the steps of a flow run on, in the order of `COMPUTES`, each with its steps."""
    steps: dict[str, list[Step]] = {}
    for step in flow.steps:
        steps.setdefault(compute_name(step, options), []).append(step)
    return tuple(
        compute(flow=flow, options=options, steps=tuple(steps[name]))
        for name, compute in COMPUTES.items()
        if name in steps
    )
