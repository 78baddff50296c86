"""What the Step Functions target needs to know beside the flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from flowc.targets.base import CompileOptions, Setting

COMPUTE_NAMES = ("batch", "ecs", "lambda")
"""What steps can run on, by the names that the setting `compute` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFunctionsOptions(CompileOptions):
    """Options of the Step Functions target.

    Attributes:
        compute: What steps run on that do not say it: one of `COMPUTE_NAMES`.
        max_concurrency: A whole number: how many items of a foreach are under way at a time; None for as many as
            an account's quotas allow by default.
        batch_queue: Name or ARN of the job queue.
        batch_job_role: ARN of the role that tasks run with, which may read and write the store; None for the role of
            the instances.
        batch_execution_role: ARN of the role that pulls the image and writes logs; None where instances do that.
        batch_job_definition: Name or ARN of a job definition to use as it is; None: the state machine registers one.
        ecs_cluster: Name or ARN of the cluster.
        ecs_launch_type: `FARGATE` or `EC2`.
        ecs_subnets: Ids of the tasks' subnets, separated by commas; None on EC2 for the machines' network.
        ecs_security_groups: Ids of their security groups, separated by commas; None for the default one.
        ecs_public_ip: `true` where tasks get an address of their own, as they need in a public subnet, or `false`.
        ecs_task_role: ARN of the role that tasks run with; None for the role of the instances.
        ecs_execution_role: ARN of the role that pulls the image and writes logs; Fargate needs one.
        ecs_task_definition: Family or ARN of a task definition to use as it is, whose container is called `flow`; None:
            the state machine registers what is missing.
        ecs_log_group: The group in CloudWatch that the output goes to.
        lambda_role: ARN of the role that functions run with, which may read and write the store and write logs.
        lambda_function: Name or ARN of a function to use as it is; None: the state machine creates what is missing.
        state_machine: ARN of the state machine that a schedule starts, with a version or alias if wished; None if it
            is not known yet.
        schedule_role: ARN of the role that a schedule starts it with; None if it is not known yet.
    """

    compute: str = "batch"
    max_concurrency: str | None = None
    batch_queue: str = "flowc"
    batch_job_role: str | None = None
    batch_execution_role: str | None = None
    batch_job_definition: str | None = None
    ecs_cluster: str = "flowc"
    ecs_launch_type: str = "FARGATE"
    ecs_subnets: str | None = None
    ecs_security_groups: str | None = None
    ecs_public_ip: str = "false"
    ecs_task_role: str | None = None
    ecs_execution_role: str | None = None
    ecs_task_definition: str | None = None
    ecs_log_group: str = "/flowc"
    lambda_role: str | None = None
    lambda_function: str | None = None
    state_machine: str | None = None
    schedule_role: str | None = None


SETTINGS = (
    Setting(
        name="compute",
        help=f"What steps run on that do not say it: {', '.join(COMPUTE_NAMES[:-1])} or {COMPUTE_NAMES[-1]}.",
        default="batch",
    ),
    Setting(
        name="max_concurrency",
        help="Items of a foreach that are under way at a time.",
        default=None,
    ),
    Setting(name="batch_queue", help="Name or ARN of the AWS Batch job queue.", default="flowc"),
    Setting(name="batch_job_role", help="ARN of the IAM role that jobs run with.", default=None),
    Setting(
        name="batch_execution_role",
        help="ARN of the IAM role that pulls the image and writes logs.",
        default=None,
    ),
    Setting(
        name="batch_job_definition",
        help="Name or ARN of an existing job definition, instead of one that the state machine registers.",
        default=None,
    ),
    Setting(name="ecs_cluster", help="Name or ARN of the ECS cluster.", default="flowc"),
    Setting(name="ecs_launch_type", help="What tasks of ECS run on: FARGATE or EC2.", default="FARGATE"),
    Setting(name="ecs_subnets", help="Ids of the subnets of ECS tasks, separated by commas.", default=None),
    Setting(
        name="ecs_security_groups",
        help="Ids of the security groups of ECS tasks, separated by commas.",
        default=None,
    ),
    Setting(
        name="ecs_public_ip",
        help="Whether ECS tasks get a public address, as they need in a public subnet: true or false.",
        default="false",
        is_flag=True,
    ),
    Setting(name="ecs_task_role", help="ARN of the IAM role that ECS tasks run with.", default=None),
    Setting(
        name="ecs_execution_role",
        help="ARN of the IAM role that pulls the image and writes logs for ECS tasks.",
        default=None,
    ),
    Setting(
        name="ecs_task_definition",
        help="Family or ARN of an existing task definition, instead of those that the state machine registers.",
        default=None,
    ),
    Setting(name="ecs_log_group", help="Group in CloudWatch for the output of ECS tasks.", default="/flowc"),
    Setting(name="lambda_role", help="ARN of the IAM role that Lambda functions run with.", default=None),
    Setting(
        name="lambda_function",
        help="Name or ARN of an existing Lambda function, instead of those that the state machine creates.",
        default=None,
    ),
    Setting(name="state_machine", help="ARN of the state machine, for its schedule.", default=None),
    Setting(name="schedule_role", help="ARN of the IAM role that the schedule starts it with.", default=None),
)


class S3Location(NamedTuple):
    """A store in S3: a bucket and what its keys begin with, empty or ending in a slash."""

    bucket: str
    prefix: str


def s3_location(store: str) -> S3Location | None:
    """The place that a store's URL names; None if it is not a URL of S3."""
    scheme, separator, rest = store.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not separator or not bucket:
        return None
    prefix = prefix.strip("/")
    return S3Location(bucket, f"{prefix}/" if prefix else "")
