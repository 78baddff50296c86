"""The jobs of AWS Batch: what each step's job is submitted with, and the definition that it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flowc import contract
from flowc.ir.flow import Flow
from flowc.ir.steps import Policy
from flowc.targets.aws.batch import definition_name, job_definition
from flowc.targets.stepfunctions.asl import Json, JsonObject
from flowc.targets.stepfunctions.options import StepFunctionsOptions

REGION = "States.ArrayGetItem(States.StringSplit($$.Execution.Id, ':'), 3)"
"""The state machine's own region: instances of EC2 do not tell it to a job's container.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html (an execution's id is
its ARN) and https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html (no region among the variables).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDefinition:
    """The job definition of some of a flow's tasks.

    Attributes:
        name: Holds a hash of `request`, so that equal names stand for equal definitions.
        request: What RegisterJobDefinition takes beside the name; None for a definition of the user's.
        environment: Variables that each state has to set, since the definition does not.
    """

    name: str
    request: JsonObject | None
    environment: tuple[tuple[str, str], ...]


def job_definitions(flow: Flow, options: StepFunctionsOptions) -> Mapping[str, JobDefinition]:
    """The job definition of each step, by the step's name; steps that ask for the same share one."""
    common = (
        (contract.ENV_STORE, options.store),
        (contract.ENV_FLOW, flow.name),
        (contract.ENV_CODE, options.code),
        (contract.ENV_ENGINE, "stepfunctions"),
        *options.environment,
    )
    if options.batch_job_definition is not None:
        own = JobDefinition(name=options.batch_job_definition, request=None, environment=common)
        return {step.name: own for step in flow.steps}
    has_region = any(name == "AWS_DEFAULT_REGION" for name, _ in common)
    environment: list[Json] = [
        *(variable(*pair) for pair in common),
        *([] if has_region else [computed("AWS_DEFAULT_REGION", REGION)]),
    ]
    return {step.name: _definition(flow, options, step.policy, environment) for step in flow.steps}


def _definition(flow: Flow, options: StepFunctionsOptions, policy: Policy, environment: list[Json]) -> JobDefinition:
    request = job_definition(
        policy,
        image=options.image,
        job_role=options.batch_job_role,
        execution_role=options.batch_execution_role,
        environment=environment,
    )
    name = definition_name(flow.deployed_name, request)
    return JobDefinition(name=name, request=request, environment=())


def queue(policy: Policy, options: StepFunctionsOptions) -> str:
    """The queue of a step's jobs."""
    return (policy.batch and policy.batch.queue) or options.batch_queue


def tags(policy: Policy) -> JsonObject:
    """The tags of a step's jobs, as a parameter of SubmitJob; none without any."""
    return {"Tags": dict(policy.batch.tags)} if policy.batch is not None and policy.batch.tags else {}


def variable(name: str, value: str) -> JsonObject:
    """An environment variable."""
    return {"Name": name, "Value": value}


def computed(name: str, path: str) -> JsonObject:
    """An environment variable that the state machine computes."""
    return {"Name": name, "Value.$": path}
