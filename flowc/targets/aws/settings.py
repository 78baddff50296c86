"""What settings about AWS look like: the same ones of every target that has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flowc.diagnostics import Diagnostic
from flowc.targets.aws import ecs

_NAME = (re.compile(r"[^\s{]+"), "a name or ARN")
_ROLE = (re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[^\s{]+"), "arn:aws:iam::123456789012:role/NAME")
_ID = r"[a-z]+-[0-9a-f]+"
_IDS = re.compile(rf"{_ID}(\s*,\s*{_ID})*")

# Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_FUNCTION = re.compile(r"[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]{1,128})?|arn:aws[a-z-]*:lambda:\S+")

_FORMS = {
    "batch_queue": _NAME,
    "batch_job_definition": _NAME,
    "batch_job_role": _ROLE,
    "batch_execution_role": _ROLE,
    "ecs_cluster": _NAME,
    "ecs_launch_type": (re.compile("|".join(ecs.LAUNCH_TYPES)), " or ".join(ecs.LAUNCH_TYPES)),
    "ecs_subnets": (_IDS, "the ids of subnets, separated by commas"),
    "ecs_security_groups": (_IDS, "the ids of groups, separated by commas"),
    "ecs_public_ip": (re.compile("true|false"), "true or false"),
    "ecs_task_role": _ROLE,
    "ecs_execution_role": _ROLE,
    "ecs_task_definition": (re.compile(r"[^\s{]+"), "a family, or an ARN"),
    "ecs_log_group": (re.compile(r"[A-Za-z0-9_./#-]{1,512}"), "the name of a group in CloudWatch"),
    "lambda_role": _ROLE,
    "lambda_function": (_FUNCTION, "a name or ARN"),
    "schedule_role": _ROLE,
}
"""By the names of settings: what a value looks like, as a pattern and in words."""


def check_forms(values: Mapping[str, str | None]) -> Iterator[Diagnostic]:
    """Values that are not of their form.

    Args:
        values: By the names of settings; None for what is not set.

    Emits: FC001.
    """
    for name, value in values.items():
        pattern, meant = _FORMS[name]
        if value is not None and not pattern.fullmatch(value):
            yield Diagnostic(
                code="FC001", message=f"`{value}` is not what --{name.replace('_', '-')} takes", help=f"give {meant}"
            )


def check_fargate(
    *, launch_type: str, subnets: str | None, execution_role: str | None, definition: str | None
) -> Iterator[Diagnostic]:
    """What tasks of ECS on Fargate cannot be without.

    Args:
        launch_type: `FARGATE` or `EC2`.
        subnets: Ids of the tasks' subnets; None where they are not given.
        execution_role: ARN of the role that pulls the image and writes logs, likewise.
        definition: A task definition of the user's, which has a role of its own.

    Emits: FC001.
    """
    needed = {"ecs-subnets": subnets, **({} if definition is not None else {"ecs-execution-role": execution_role})}
    for flag, value in needed.items():
        if value is None and launch_type == ecs.FARGATE:
            yield Diagnostic(
                code="FC001",
                message=f"tasks on Fargate need --{flag}",
                help="give it, or use machines of EC2: --ecs-launch-type EC2",
            )
