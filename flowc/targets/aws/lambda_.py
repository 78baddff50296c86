"""The functions of Lambda: what one is created with, and what a step's task can have in it.

Keys are written as Step Functions and boto3 have them (`FunctionName`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from flowc import contract
from flowc.diagnostics import Diagnostic, Label, Severity
from flowc.ir.steps import Policy, Step
from flowc.targets.aws.batch import JsonObject
from flowc.targets.aws.names import safe
from flowc.targets.base import plain

NAME_CHARACTERS = 64
"""Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""

TIMEOUT_S = 900
MEMORY_MIB = range(128, 10_240 + 1)
DISK_MIB = range(512, 10_240 + 1)
"""Of `/tmp`.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

MIB_OF_A_CPU = 1769
"""A function has a virtual CPU for so much memory.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

_ECR = re.compile(r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/\S+")


def is_in_ecr(image: str) -> bool:
    """Whether an image's name is one of ECR's, the only registry that functions are made from."""
    return _ECR.fullmatch(image) is not None


def function(policy: Policy, *, image: str, role: str) -> JsonObject:
    """What CreateFunction takes beside the name, for the tasks of a step.

    Args:
        policy: The step's.
        image: The container's image, in ECR.
        role: ARN of the role that the task has.
    """
    disk: JsonObject = {} if policy.disk_mib is None else {"EphemeralStorage": {"Size": _disk(policy.disk_mib)}}
    python, module_flag, module = contract.LAMBDA_RUNNER
    return {
        "PackageType": "Image",
        "Code": {"ImageUri": image},
        # both, whatever the image has: one that is not given is the image's
        "ImageConfig": {"EntryPoint": [python, module_flag], "Command": [module]},
        "Role": role,
        "Timeout": TIMEOUT_S,
        "MemorySize": policy.memory_mib,
        **disk,
    }


def function_name(flow: str, request: JsonObject) -> str:
    """The name of a function: it holds a hash of the request, so that equal names are equal functions."""
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:12]
    return f"flowc-{safe(flow)[: NAME_CHARACTERS - 19]}-{digest}"


def _disk(asked_mib: int) -> int:
    return max(DISK_MIB.start, asked_mib)


def check_function(step: Step, *, function: str | None) -> Iterator[Diagnostic]:
    """What keeps a step's tasks in Lambda from having what the step asks for.

    Args:
        step: One whose tasks run in Lambda.
        function: The function that has to be used; None for one of its own.

    Emits: FC403, FC404, FC408.
    """
    policy, here = step.policy, Label(span=step.span, text="this step")
    lacking = {"GPUs": policy.gpu, "shared memory": policy.shared_memory_mib}
    refused = [what for what, is_wanted in lacking.items() if is_wanted]
    if refused:
        yield Diagnostic(
            code="FC403",
            message=f"a function of Lambda has no {', no '.join(refused)}",
            help="let the step run on AWS Batch: `@batch`",
            primary=here,
        )
    if policy.timeout_s is not None and policy.timeout_s > TIMEOUT_S:
        yield Diagnostic(
            code="FC404",
            message=f"a function of Lambda runs for {TIMEOUT_S} s, and the step may run for {plain(policy.timeout_s)}",
            help="give it less time, or let it run on AWS Batch: `@batch`",
            primary=here,
        )
    if function is None:
        yield from _size_problems(policy, here)
    elif any(r.cpu or r.memory_mib or r.disk_mib for r in policy.requests):
        yield Diagnostic(
            code="FC408",
            message="the step asks for resources, and the function to use has those that it was created with",
            help="leave --lambda-function out: the state machine creates what the steps need",
            primary=here,
            severity=Severity.WARNING,
        )


def _size_problems(policy: Policy, here: Label) -> Iterator[Diagnostic]:
    # a smaller disk is part of the smallest
    sizes = (("memory", policy.memory_mib, MEMORY_MIB), ("disk", policy.disk_mib, range(DISK_MIB.stop)))
    for what, asked, possible in sizes:
        if asked is not None and asked not in possible:
            bound, limit = ("at most", possible[-1]) if asked > possible[-1] else ("at least", possible[0])
            yield Diagnostic(
                code="FC404",
                message=f"a function of Lambda has {bound} {limit} MiB of {what}, and the step asks for {asked}",
                help=f"ask for {bound} `@resources({what}={limit})`, or let it run on AWS Batch: `@batch`",
                primary=here,
            )
    asks_for_cpus = any(request.cpu is not None for request in policy.requests)
    needed = round(policy.cpu * MIB_OF_A_CPU)
    if asks_for_cpus and needed > policy.memory_mib:
        can = needed < MEMORY_MIB.stop
        ask = f"ask for as much: `@resources(memory={needed})`" if can else "let it run on AWS Batch: `@batch`"
        yield Diagnostic(
            code="FC403",
            message=f"a function of Lambda with {plain(policy.cpu)} CPUs has {needed} MiB of memory, and the step asks "
            f"for {policy.memory_mib}",
            help=ask,
            primary=here,
        )
