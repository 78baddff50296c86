"""Jobs of AWS Batch, by `batch:submitJob.sync`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from flowc import contract
from flowc.diagnostics import Diagnostic
from flowc.ir.steps import Step
from flowc.targets.aws.batch import definition_name, job_definition, job_name, resources
from flowc.targets.aws.checks import check_job
from flowc.targets.aws.settings import check_forms
from flowc.targets.stepfunctions import asl
from flowc.targets.stepfunctions.asl import JsonObject, with_paths
from flowc.targets.stepfunctions.computes.base import REGION, Compute, Registration, Variables, listed

REGISTRATION = Registration(
    what="job",
    find="arn:aws:states:::aws-sdk:batch:describeJobDefinitions",
    found="JobDefinitions",
    register="arn:aws:states:::aws-sdk:batch:registerJobDefinition",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs(Compute):
    """Jobs of AWS Batch."""

    name: ClassVar[str] = "batch"
    resource: ClassVar[str] = "arn:aws:states:::batch:submitJob.sync"
    # a job that ran and failed is States.TaskFailed
    busy: ClassVar[tuple[str, ...]] = ("Batch.AWSBatchException", "Batch.ServerException")

    def definitions(self) -> dict[str, JsonObject]:
        if self.options.batch_job_definition is not None:
            return {}
        return dict(map(self._definition, self.steps))

    def making(self, name: str, request: JsonObject, *, number: int, following: str) -> tuple[asl.State, ...]:
        query: JsonObject = {"JobDefinitionName": name, "Status": "ACTIVE", "MaxResults": 1}
        named: JsonObject = {"JobDefinitionName": name, **request}
        return REGISTRATION.states(number, following, query=query, request=named)

    def parameters(self, step: Step, variables: Variables) -> JsonObject:
        own = self.options.batch_job_definition
        batch = step.policy.batch
        overrides: JsonObject = {
            **({} if own is None else {"Command": list(contract.RUNNER)}),
            "Environment": listed(variables if own is None else (*self.common, *variables)),
            "ResourceRequirements": resources(step.policy),
        }
        return {
            "JobName": job_name(self.flow.deployed_name, step.name),
            "JobQueue": (batch and batch.queue) or self.options.batch_queue,
            "JobDefinition": self._definition(step)[0] if own is None else own,
            **({"Tags": dict(batch.tags)} if batch is not None and batch.tags else {}),
            "ContainerOverrides": overrides,
        }

    def check_options(self) -> Iterator[Diagnostic]:
        fields = ("queue", "job_definition", "job_role", "execution_role")
        yield from check_forms({f"batch_{name}": getattr(self.options, f"batch_{name}") for name in fields})

    def check_step(self, step: Step) -> Iterator[Diagnostic]:
        yield from check_job(
            step,
            execution_role=self.options.batch_execution_role,
            definition=self.options.batch_job_definition,
            registers="the state machine",
        )

    def _definition(self, step: Step) -> tuple[str, JsonObject]:
        common = self.common
        if all(name != "AWS_DEFAULT_REGION" for name, _ in common):
            common = (*common, ("AWS_DEFAULT_REGION", REGION))
        request = job_definition(
            step.policy,
            image=self.options.image,
            job_role=self.options.batch_job_role,
            execution_role=self.options.batch_execution_role,
            environment=listed(common),
        )
        request = with_paths(request)  # type: ignore[assignment]
        return definition_name(self.flow.deployed_name, request), request
