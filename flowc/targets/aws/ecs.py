"""The tasks of ECS: what a definition of tasks says, and what a step's task can have.

Keys are written as Step Functions have them (`ContainerDefinitions`); `flowc.targets.aws.batch.in_python` has them as
boto3 does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from flowc import contract
from flowc.diagnostics import Diagnostic, Label, Severity
from flowc.ir.steps import Policy, Step
from flowc.targets.aws import fargate
from flowc.targets.aws.batch import Json, JsonObject, changes_definition
from flowc.targets.aws.names import safe
from flowc.targets.base import plain

CONTAINER = "flow"
"""The name of a task's container."""

STREAM_PREFIX = "flowc"
"""What the names of streams in CloudWatch begin with."""

FAMILY_CHARACTERS = 255
"""Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html"""

FARGATE = "FARGATE"
LAUNCH_TYPES = (FARGATE, "EC2")


def task_definition(
    policy: Policy,
    *,
    image: str,
    launch_type: str,
    network_mode: str,
    task_role: str | None,
    execution_role: str | None,
    log_group: str,
    region: str,
    environment: tuple[tuple[str, str], ...] = (),
) -> JsonObject:
    """What RegisterTaskDefinition takes beside the family, for the tasks of a step.

    CPUs, memory and disk are said anew when a task is started.

    Args:
        policy: The step's.
        image: The container's image.
        launch_type: `FARGATE` or `EC2`.
        network_mode: `awsvpc` on Fargate.
        task_role: ARN of the role that the task has.
        execution_role: ARN of the role that pulls the image and writes logs.
        log_group: The group in CloudWatch that the output goes to.
        region: Where that is.
        environment: Variables of all tasks.
    """
    gpu: list[Json] = [{"Type": "GPU", "Value": str(policy.gpu)}] if policy.gpu else []
    options: JsonObject = {
        "awslogs-group": log_group,
        "awslogs-region": region,
        "awslogs-stream-prefix": STREAM_PREFIX,
        "awslogs-create-group": "true",
    }
    variables: list[Json] = [{"Name": name, "Value": value} for name, value in environment]
    if all(name != "AWS_DEFAULT_REGION" for name, _ in environment):
        variables.append({"Name": "AWS_DEFAULT_REGION", "Value": region})
    container: JsonObject = {
        "Name": CONTAINER,
        "Image": image,
        "Command": list(contract.RUNNER),
        "Essential": True,
        "Environment": variables,
        "LogConfiguration": {"LogDriver": "awslogs", "Options": options},
        **({"ResourceRequirements": gpu} if gpu else {}),
    }
    if policy.shared_memory_mib is not None:
        container["LinuxParameters"] = {"SharedMemorySize": policy.shared_memory_mib}
    return {
        "RequiresCompatibilities": [launch_type],
        "NetworkMode": network_mode,
        **size(Policy(), launch_type),
        **({"TaskRoleArn": task_role} if task_role is not None else {}),
        **({"ExecutionRoleArn": execution_role} if execution_role is not None else {}),
        "ContainerDefinitions": [container],
    }


def family(flow: str, request: JsonObject) -> str:
    """The name of a task definition: it holds a hash of the request, so that equal names are equal definitions."""
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:12]
    return f"flowc-{safe(flow)[: FAMILY_CHARACTERS - 19]}-{digest}"


def size(policy: Policy, launch_type: str) -> JsonObject:
    """What a task asks of its machine: as a definition has it, and as what overrides it."""
    found: JsonObject = {"Cpu": plain(round(policy.cpu * fargate.UNITS)), "Memory": str(policy.memory_mib)}
    disk = policy.disk_mib
    if launch_type == FARGATE and disk is not None and disk > fargate.USUAL_DISK_GIB * fargate.GIB:
        found["EphemeralStorage"] = {"SizeInGiB": fargate.disk_gib(disk)}
    return found


def check_task(step: Step, *, launch_type: str, definition: str | None, registers: str) -> Iterator[Diagnostic]:
    """What keeps a step's tasks on ECS from having what the step asks for.

    Args:
        step: One whose tasks run on ECS.
        launch_type: `FARGATE` or `EC2`.
        definition: The task definition that has to be used; None for one of its own.
        registers: What makes such definitions, for a message.

    Emits: FC403, FC408.
    """
    here = Label(span=step.span, text="this step")
    if definition is not None and (step.policy.gpu or changes_definition(step)):
        yield Diagnostic(
            code="FC403",
            message="the step asks for what only a task definition can give, and the one to use is given",
            help=f"leave --ecs-task-definition out: {registers} registers what the steps need",
            primary=here,
        )
    if launch_type == FARGATE:
        yield from _fargate_problems(step, here)
    elif step.policy.disk_mib is not None:
        yield Diagnostic(
            code="FC408",
            message=f"ECS gives tasks on EC2 no disk of their own: {step.policy.disk_mib} MiB are not asked for",
            help="see that the machines of the cluster have them, or use Fargate: --ecs-launch-type FARGATE",
            primary=here,
            severity=Severity.WARNING,
        )


def _fargate_problems(step: Step, here: Label) -> Iterator[Diagnostic]:
    policy = step.policy
    yield from fargate.check_pair(step, instead="use EC2: --ecs-launch-type EC2")
    lacking = {"GPUs": policy.gpu, "shared memory of a certain size": policy.shared_memory_mib}
    refused = [what for what, is_wanted in lacking.items() if is_wanted]
    if refused:
        yield Diagnostic(
            code="FC403",
            message=f"Fargate has no {', no '.join(refused)}",
            help="use machines of EC2 that have them: --ecs-launch-type EC2",
            primary=here,
        )
    if policy.disk_mib is not None and policy.disk_mib > fargate.MAX_DISK_GIB * fargate.GIB:
        yield Diagnostic(
            code="FC403",
            message=f"a disk on Fargate has at most {fargate.MAX_DISK_GIB} GiB, and {policy.disk_mib} MiB are wanted",
            help=f"ask for at most `@resources(disk={fargate.MAX_DISK_GIB * fargate.GIB})`",
            primary=here,
        )
