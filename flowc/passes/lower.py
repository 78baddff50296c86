"""Flow → Plan: what the runner needs to find a task's inputs."""

from __future__ import annotations

from typing import assert_never

from flowc.contract import PLAN, Plan, PlanParameter, PlanStep
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Region, Sequence, Switch, Task
from flowc.ir.steps import Step
from flowc.ir.walk import entry, last


def lower_plan(flow: Flow) -> Plan:
    """The plan of a flow; its steps stand in an order in which every step follows its parents."""
    steps: dict[str, PlanStep] = {}
    _lower(flow.root, (), (), steps)
    return Plan(
        contract=PLAN,
        flow=flow.name,
        module=flow.module,
        doc=flow.doc,
        start=entry(flow.root).name,
        end=last(flow.root).name,
        parameters=tuple(
            PlanParameter(name=p.name, type=p.type.value, default=p.default, required=p.required, help=p.help)
            for p in flow.params
        ),
        steps=steps,
    )


def _lower(region: Region, parents: tuple[str, ...], within: tuple[str, ...], steps: dict[str, PlanStep]) -> str:
    """Add a region's steps; returns the name of its last one."""

    def add(
        step: Step,
        parents: tuple[str, ...],
        join: str | None = None,
        split: str | None = None,
        foreach: str | None = None,
    ) -> None:
        catch = step.policy.catch
        steps[step.name] = PlanStep(
            name=step.name,
            parents=parents,
            within=within,
            join=join,
            split=split,
            foreach=foreach,
            retries=step.policy.retries,
            environment=step.policy.environment,
            timeout_s=step.policy.timeout_s,
            catch=catch is not None,
            catch_var=None if catch is None else catch.var,
            print_exception=catch is None or catch.print_exception,
        )

    match region:
        case Task(step=step):
            add(step, parents)
            return step.name
        case Sequence(body=body):
            for part in body:
                parents = (_lower(part, parents, within, steps),)
            return parents[0]
        case Parallel(split=split, branches=branches, join=join):
            add(split, parents)
            ends = tuple(_lower(b, (split.name,), within, steps) for b in branches)
            add(join, ends, join="branches", split=split.name)
            return join.name
        case Foreach(split=split, items=items, body=body, join=join):
            add(split, parents, foreach=items)
            end = _lower(body, (split.name,), (*within, split.name), steps)
            add(join, (end,), join="foreach", split=split.name)
            return join.name
        case Switch() | Loop():
            # `structure_graph` makes none: the frontend refuses the transitions that would lead to them
            raise AssertionError("a plan of this contract version has no switches and loops")
        case _:
            assert_never(region)
