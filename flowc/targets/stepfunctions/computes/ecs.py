"""Tasks of ECS, on Fargate or on machines of EC2, by `ecs:runTask.sync`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from flowc import contract
from flowc.diagnostics import Diagnostic
from flowc.ir.steps import Step
from flowc.targets.aws import ecs
from flowc.targets.aws.settings import check_fargate, check_forms
from flowc.targets.stepfunctions import asl
from flowc.targets.stepfunctions.asl import Json, JsonObject, Path, with_paths
from flowc.targets.stepfunctions.computes.base import REGION, Compute, Registration, Variables, listed

REGISTRATION = Registration(
    what="task",
    find="arn:aws:states:::aws-sdk:ecs:listTaskDefinitions",
    found="TaskDefinitionArns",
    register="arn:aws:states:::aws-sdk:ecs:registerTaskDefinition",
)

ATTEMPT = Path(asl.format_string("{}.{}", "$$.State.EnteredTime", "$$.State.RetryCount"))
"""Names an attempt: a task of ECS does not know its own id before it has asked for it.

The time is that of the state, so that a redriven execution has another one.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks(Compute):
    """Tasks of ECS."""

    name: ClassVar[str] = "ecs"
    resource: ClassVar[str] = "arn:aws:states:::ecs:runTask.sync"
    # a task that ran and failed is States.TaskFailed
    busy: ClassVar[tuple[str, ...]] = ("ECS.AmazonECSException", "ECS.ServerException", "AmazonECS.Unknown")

    def definitions(self) -> dict[str, JsonObject]:
        if self.options.ecs_task_definition is not None:
            return {}
        return dict(map(self._definition, self.steps))

    def making(self, name: str, request: JsonObject, *, number: int, following: str) -> tuple[asl.State, ...]:
        query: JsonObject = {"FamilyPrefix": name, "Status": "ACTIVE", "MaxResults": 1}
        return REGISTRATION.states(number, following, query=query, request={"Family": name, **request})

    def parameters(self, step: Step, variables: Variables) -> JsonObject:
        own = self.options.ecs_task_definition
        variables = ((contract.ENV_ATTEMPT, ATTEMPT), *variables)
        container: JsonObject = {
            "Name": ecs.CONTAINER,
            **({} if own is None else {"Command": list(contract.RUNNER)}),
            "Environment": listed(variables if own is None else (*self.common, *variables)),
        }
        overrides: JsonObject = {
            "ContainerOverrides": [container],
            **ecs.size(step.policy, self.options.ecs_launch_type),
        }
        return {
            "Cluster": self.options.ecs_cluster,
            "LaunchType": self.options.ecs_launch_type,
            "TaskDefinition": self._definition(step)[0] if own is None else own,
            **self._network(),
            "Overrides": overrides,
        }

    def _network(self) -> JsonObject:
        options = self.options
        if options.ecs_subnets is None:
            return {}
        network: JsonObject = {"Subnets": _split(options.ecs_subnets)}
        if options.ecs_security_groups is not None:
            network["SecurityGroups"] = _split(options.ecs_security_groups)
        if options.ecs_launch_type == ecs.FARGATE:
            network["AssignPublicIp"] = "ENABLED" if options.ecs_public_ip == "true" else "DISABLED"
        return {"NetworkConfiguration": {"AwsvpcConfiguration": network}}

    def check_options(self) -> Iterator[Diagnostic]:
        options = self.options
        names = ("cluster", "launch_type", "subnets", "security_groups", "public_ip", "task_role", "execution_role")
        fields = (*names, "task_definition", "log_group")
        yield from check_forms({f"ecs_{name}": getattr(options, f"ecs_{name}") for name in fields})
        yield from check_fargate(
            launch_type=options.ecs_launch_type,
            subnets=options.ecs_subnets,
            execution_role=options.ecs_execution_role,
            definition=options.ecs_task_definition,
        )
        if options.ecs_launch_type == "EC2" and options.ecs_public_ip == "true":
            yield Diagnostic(
                code="FC001",
                message="only tasks on Fargate get a public address",
                help="leave --ecs-public-ip out: on EC2 the machines of the cluster need a way to the outside",
            )

    def check_step(self, step: Step) -> Iterator[Diagnostic]:
        yield from ecs.check_task(
            step,
            launch_type=self.options.ecs_launch_type,
            definition=self.options.ecs_task_definition,
            registers="the state machine",
        )

    def _definition(self, step: Step) -> tuple[str, JsonObject]:
        options = self.options
        request = ecs.task_definition(
            step.policy,
            image=options.image,
            launch_type=options.ecs_launch_type,
            network_mode="bridge" if options.ecs_subnets is None else "awsvpc",
            task_role=options.ecs_task_role,
            execution_role=options.ecs_execution_role,
            log_group=options.ecs_log_group,
            region=REGION,
            environment=self.common,
        )
        request = with_paths(request)  # type: ignore[assignment]
        return ecs.family(self.flow.deployed_name, request), request


def _split(ids: str) -> list[Json]:
    return [word.strip() for word in ids.split(",")]
