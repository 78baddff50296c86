"""The jobs of AWS Batch: what a definition of jobs says, and what a job is submitted with.

A job can have resources, a queue, an environment and tags of its own. Everything else stands in its definition, the
image as well; so there is one definition for each kind of container that a flow's steps ask for.

Keys are written as Step Functions have them (`ContainerProperties`); `in_python` has them as boto3 does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from flowc import contract
from flowc.ir.steps import Policy, Step
from flowc.targets.aws.names import safe, shortened
from flowc.targets.base import plain

if TYPE_CHECKING:
    from flowc.ir.compute import Batch

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]

JOB_NAME_CHARACTERS = 128
"""Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html"""

FREE = frozenset({"Options", "Tags", "Parameters"})
"""Keys of objects whose own keys are names that somebody has chosen."""


def in_python(value: Json) -> Json:
    """A request as boto3 takes it: with keys that begin with a small letter."""
    match value:
        case dict():
            return {
                f"{key[:1].lower()}{key[1:]}": item if key in FREE else in_python(item) for key, item in value.items()
            }
        case list():
            return [in_python(item) for item in value]
        case _:
            return value


def job_definition(
    policy: Policy, *, image: str, job_role: str | None, execution_role: str | None, environment: list[Json]
) -> JsonObject:
    """What RegisterJobDefinition takes beside the name, for the jobs of a step.

    Args:
        policy: The step's; what it says itself comes before the other arguments.
        image: The container's image.
        job_role: ARN of the role that the task has.
        execution_role: ARN of the role that pulls the image and writes logs.
        environment: Variables of all jobs.
    """
    batch = policy.batch
    job_role = (batch and batch.job_role) or job_role
    execution_role = (batch and batch.execution_role) or execution_role
    container: JsonObject = {
        "Image": (batch and batch.image) or image,
        "Command": list(contract.RUNNER),
        **({"JobRoleArn": job_role} if job_role is not None else {}),
        **({"ExecutionRoleArn": execution_role} if execution_role is not None else {}),
        "Environment": environment,
        "ResourceRequirements": resources(Policy()),
    }
    linux = linux_parameters(policy)
    if linux:
        container["LinuxParameters"] = linux
    request: JsonObject = {"Type": "container", "ContainerProperties": container}
    if batch is not None:
        container |= storage(batch)
        request |= platform(batch, container)
        if batch.tags:
            request["PropagateTags"] = True  # to the task of ECS; Step Functions do not let a job say it
    return request


def definition_name(flow: str, request: JsonObject) -> str:
    """The name of a job definition: it holds a hash of the request, so that equal names are equal definitions."""
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:12]
    return f"flowc-{safe(flow)[: JOB_NAME_CHARACTERS - 19]}-{digest}"


def linux_parameters(policy: Policy) -> JsonObject:
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


def storage(batch: Batch) -> JsonObject:
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


def platform(batch: Batch, container: JsonObject) -> JsonObject:
    """Only Fargate has a disk of a certain size, so that asking for one asks for Fargate.

    Source: https://docs.aws.amazon.com/batch/latest/userguide/fargate.html
    """
    if batch.ephemeral_storage_gib is None:
        return {}
    container["EphemeralStorage"] = {"SizeInGiB": batch.ephemeral_storage_gib}
    container["NetworkConfiguration"] = {"AssignPublicIp": "ENABLED"}
    return {"PlatformCapabilities": ["FARGATE"]}


def changes_definition(step: Step) -> bool:
    """Whether a step asks for what only a job definition can give."""
    batch = step.policy.batch
    if step.policy.shared_memory_mib is not None:
        return True
    if batch is None:
        return False
    in_definition = (batch.image, batch.job_role, batch.execution_role, batch.ephemeral_storage_gib)
    return any(v is not None for v in in_definition) or bool(linux_parameters(step.policy) or storage(batch))


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
