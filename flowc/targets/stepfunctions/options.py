"""What the Step Functions target needs to know beside the flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from flowc.targets.base import CompileOptions, Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFunctionsOptions(CompileOptions):
    """Options of the Step Functions target.

    Attributes:
        batch_queue: Name or ARN of the job queue.
        batch_job_role: ARN of the role that tasks run with, which may read and write the store; None for the role of
            the instances.
        batch_execution_role: ARN of the role that pulls the image and writes logs; None where instances do that.
        batch_job_definition: Name or ARN of a job definition to use as it is; None: the state machine registers one.
        state_machine: ARN of the state machine that a schedule starts, with a version or alias if wished; None if it
            is not known yet.
        schedule_role: ARN of the role that a schedule starts it with; None if it is not known yet.
    """

    batch_queue: str = "flowc"
    batch_job_role: str | None = None
    batch_execution_role: str | None = None
    batch_job_definition: str | None = None
    state_machine: str | None = None
    schedule_role: str | None = None


SETTINGS = (
    Setting(name="batch_queue", help="Name or ARN of the AWS Batch job queue.", default="flowc"),
    Setting(name="batch_job_role", help="ARN of the IAM role that tasks run with.", default=None),
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
