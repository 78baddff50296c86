"""Flow → Plan: what the runner needs to find a task's inputs."""

from __future__ import annotations

import json
from typing import assert_never

from flowc._version import __version__
from flowc.contract import PLAN, Plan, PlanCard, PlanConfig, PlanParameter, PlanProject, PlanSecret, PlanStep
from flowc.ir.configs import Config
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Region, Sequence, Switch, Task
from flowc.ir.steps import Card, Parameter, Secret, Step
from flowc.ir.walk import entry, last


def lower_plan(flow: Flow) -> Plan:
    """The plan of a flow; its steps stand in an order in which every step follows its parents."""
    steps: dict[str, PlanStep] = {}
    project = flow.deployment.project
    _lower(flow.root, (), (), steps)
    return Plan(
        contract=PLAN,
        flow=flow.name,
        module=flow.module,
        doc=flow.doc,
        start=entry(flow.root).name,
        end=last(flow.root).name,
        parameters=tuple(map(_parameter, flow.params)),
        steps=steps,
        configs=tuple(map(_config, flow.configs)),
        project=None if project is None else PlanProject(name=project.name, branch=project.branch),
        flowc=__version__,
    )


def _config(config: Config) -> PlanConfig:
    # in the order of its keys, which a step sees
    value = None if config.deferred else json.dumps(config.value, ensure_ascii=False, separators=(",", ":"))
    return PlanConfig(name=config.name, value=value, deferred=config.deferred, text=config.text)


def _parameter(parameter: Parameter) -> PlanParameter:
    return PlanParameter(
        name=parameter.name,
        type=parameter.type.value,
        default=parameter.default,
        required=parameter.required,
        help=parameter.help,
        deferred=parameter.deferred,
        separator=parameter.separator,
        encoding=parameter.encoding,
        file=None if parameter.file is None else dict(parameter.file.record),
    )


def _secret(secret: Secret) -> PlanSecret:
    return PlanSecret(
        id=secret.id, role=secret.role, region=secret.region, json=secret.is_json, variable=secret.variable
    )


def _card(card: Card) -> PlanCard:
    return PlanCard(
        type=card.type,
        id=card.id,
        options=dict(card.options),
        customize=card.customize,
        refresh_interval_s=card.refresh_interval_s,
        save_errors=card.save_errors,
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
        catch, secrets, tmpfs = step.policy.catch, step.policy.secrets, step.policy.tmpfs
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
            secrets=() if secrets is None else tuple(map(_secret, secrets.sources)),
            secrets_override=secrets is not None and secrets.allow_override,
            cards=tuple(map(_card, step.policy.cards)),
            tempdir=None if tmpfs is None else tmpfs.path,
            tempdir_by_name=tmpfs is not None and not tmpfs.is_temporary,
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
