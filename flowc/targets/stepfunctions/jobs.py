"""The jobs of AWS Batch: what each step's job is submitted with, and the definitions that jobs are made from.

A job can have resources, a queue, an environment and tags of its own. Everything else stands in its definition, the
image as well; so there is one definition for each kind of container that a flow's steps ask for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc import contract
from flowc.ir.flow import Flow
from flowc.ir.steps import Policy, Step
from flowc.targets.base import plain
from flowc.targets.stepfunctions.asl import Json, JsonObject
from flowc.targets.stepfunctions.names import safe, shortened
from flowc.targets.stepfunctions.options import StepFunctionsOptions

if TYPE_CHECKING:
    from flowc.ir.compute import Batch

JOB_NAME_CHARACTERS = 128
"""Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html"""

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
    batch = policy.batch
    job_role = (batch and batch.job_role) or options.batch_job_role
    execution_role = (batch and batch.execution_role) or options.batch_execution_role
    container: JsonObject = {
        "Image": (batch and batch.image) or options.image,
        "Command": list(contract.RUNNER),
        **({"JobRoleArn": job_role} if job_role is not None else {}),
        **({"ExecutionRoleArn": execution_role} if execution_role is not None else {}),
        "Environment": environment,
        "ResourceRequirements": resources(Policy()),
    }
    linux = _linux(policy)
    if linux:
        container["LinuxParameters"] = linux
    request: JsonObject = {"Type": "container", "ContainerProperties": container}
    if batch is not None:
        container |= _storage(batch)
        request |= _platform(batch, container)
        if batch.tags:
            request["PropagateTags"] = True  # to the task of ECS; Step Functions do not let a job say it
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:12]
    name = f"flowc-{safe(flow.deployed_name)[: JOB_NAME_CHARACTERS - 19]}-{digest}"
    return JobDefinition(name=name, request=request, environment=())


def _linux(policy: Policy) -> JsonObject:
    """What the machine's Docker is told.

    Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_LinuxParameters.html
    """
    found: JsonObject = {}
    if policy.shared_memory_mib is not None:
        found["SharedMemorySize"] = policy.shared_memory_mib
    batch = policy.batch
    if batch is None:
        return found
    if batch.max_swap_mib is not None:
        found["MaxSwap"] = batch.max_swap_mib
    if batch.swappiness is not None:
        found["Swappiness"] = batch.swappiness
    if batch.tmpfs is not None:
        tmpfs: JsonObject = {"ContainerPath": batch.tmpfs.path, "Size": batch.tmpfs.size(policy.memory_mib)}
        if batch.tmpfs.options:
            tmpfs["MountOptions"] = list(batch.tmpfs.options)
        found["Tmpfs"] = [tmpfs]
    if batch.devices:
        permissions: list[Json] = ["READ", "WRITE"]
        found["Devices"] = [
            {"HostPath": device, "ContainerPath": device, "Permissions": permissions} for device in batch.devices
        ]
    return found


def _storage(batch: Batch) -> JsonObject:
    """What is mounted, and where the output goes."""
    volumes = list(_volumes(batch))
    found: JsonObject = {}
    if volumes:
        found["Volumes"] = [{"Name": name, **source} for name, _, source in volumes]
        found["MountPoints"] = [{"SourceVolume": name, "ContainerPath": path} for name, path, _ in volumes]
    if batch.log_driver is not None:
        options: JsonObject = dict(batch.log_options)
        found["LogConfiguration"] = {"LogDriver": batch.log_driver, **({"Options": options} if options else {})}
    return found


def _volumes(batch: Batch) -> Iterator[tuple[str, str, JsonObject]]:
    """The name of each volume, its path in the container, and what it is."""
    for number, path in enumerate(batch.host_volumes):
        yield f"host-{number}", path, {"Host": {"SourcePath": path}}
    for system, path in batch.efs_volumes:
        source: JsonObject = {"FileSystemId": system, "TransitEncryption": "ENABLED"}
        yield system, path, {"EfsVolumeConfiguration": source}


def _platform(batch: Batch, container: JsonObject) -> JsonObject:
    """Only Fargate has a disk of a certain size, so that asking for one asks for Fargate.

    Source: https://docs.aws.amazon.com/batch/latest/userguide/fargate.html
    """
    if batch.ephemeral_storage_gib is None:
        return {}
    container["EphemeralStorage"] = {"SizeInGiB": batch.ephemeral_storage_gib}
    container["NetworkConfiguration"] = {"AssignPublicIp": "ENABLED"}
    return {"PlatformCapabilities": ["FARGATE"]}


def queue(policy: Policy, options: StepFunctionsOptions) -> str:
    """The queue of a step's jobs."""
    return (policy.batch and policy.batch.queue) or options.batch_queue


def tags(policy: Policy) -> JsonObject:
    """The tags of a step's jobs, as a parameter of SubmitJob; none without any."""
    return {"Tags": dict(policy.batch.tags)} if policy.batch is not None and policy.batch.tags else {}


def changes_definition(step: Step) -> bool:
    """Whether a step asks for what only a job definition can give."""
    batch = step.policy.batch
    if step.policy.shared_memory_mib is not None:
        return True
    if batch is None:
        return False
    in_definition = (batch.image, batch.job_role, batch.execution_role, batch.ephemeral_storage_gib)
    return any(v is not None for v in in_definition) or bool(_linux(step.policy) or _storage(batch))


def variable(name: str, value: str) -> JsonObject:
    """An environment variable."""
    return {"Name": name, "Value": value}


def computed(name: str, path: str) -> JsonObject:
    """An environment variable that the state machine computes."""
    return {"Name": name, "Value.$": path}


def resources(policy: Policy) -> list[Json]:
    """What a job asks of its machine."""
    gpu: list[Json] = [{"Type": "GPU", "Value": str(policy.gpu)}] if policy.gpu else []
    return [
        {"Type": "VCPU", "Value": plain(policy.cpu)},
        {"Type": "MEMORY", "Value": str(policy.memory_mib)},
        *gpu,
    ]


def job_name(flow: str, step: str) -> str:
    """What a step's jobs are called; begins with a letter or digit."""
    return shortened(safe(f"{flow}-{step}").lstrip("-_") or "flow", JOB_NAME_CHARACTERS)
