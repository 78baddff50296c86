"""What is wrong with a state machine, by rules that need no library of AWS.

CreateStateMachine checks some of this and reports one problem at a time; the rest fails when an execution gets there.
flowc checks its own output with it, and tests check that it finds what it should.
Source: https://states-language.net/spec.html
Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from flowc.targets.aws.batch import JOB_NAME_CHARACTERS
from flowc.targets.stepfunctions.computes import COMPUTES
from flowc.targets.stepfunctions.emit import LABEL_CHARACTERS, NAME_CHARACTERS

DEFINITION_BYTES = 1024 * 1024

BATCH_REQUIRED = frozenset({"JobDefinition", "JobName", "JobQueue"})
BATCH_PARAMETERS = BATCH_REQUIRED | {
    "ArrayProperties",
    "ContainerOverrides",
    "DependsOn",
    "Parameters",
    "PropagateTags",
    "RetryStrategy",
    "SchedulingPriorityOverride",
    "ShareIdentifier",
    "Tags",
    "Timeout",
}
"""Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html"""

OVERRIDES = frozenset({"Command", "Environment", "InstanceType", "Memory", "ResourceRequirements", "Vcpus"})
"""Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html"""

ECS_REQUIRED = frozenset({"TaskDefinition"})
ECS_PARAMETERS = ECS_REQUIRED | {
    "Cluster",
    "EnableExecuteCommand",
    "Group",
    "LaunchType",
    "NetworkConfiguration",
    "Overrides",
    "PlacementConstraints",
    "PlacementStrategy",
    "PlatformVersion",
    "PropagateTags",
}
"""Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html"""

ECS_OVERRIDES = frozenset(
    {"ContainerOverrides", "Cpu", "EphemeralStorage", "ExecutionRoleArn", "Memory", "TaskRoleArn"}
)
"""Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html"""

OVERRIDES_CHARACTERS = 8192
"""Of all that a job or task is told when it is started, as JSON; a job of Batch is a task of ECS.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
"""

LAMBDA_REQUIRED = frozenset({"FunctionName", "Payload"})
LAMBDA_PARAMETERS = LAMBDA_REQUIRED | {"ClientContext", "InvocationType", "Qualifier"}
"""Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html"""

_JOB_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{JOB_NAME_CHARACTERS - 1}}}")
_LABEL = re.compile(rf"[A-Za-z0-9_-]{{1,{LABEL_CHARACTERS}}}")

Node: TypeAlias = Mapping[str, Any]


def problems(definition: Node, size: int) -> tuple[str, ...]:
    """Everything that is wrong, a sentence each; nothing if the machine is sound.

    Args:
        definition: A state machine, parsed.
        size: Bytes of its text.
    """
    found: list[str] = []
    if size > DEFINITION_BYTES:
        found.append(f"the definition has {size:,} bytes, and Step Functions take {DEFINITION_BYTES:,}")
    names: Counter[str] = Counter()
    for scope in _scopes(definition):
        names.update(list(scope["States"]))
        found += _scope_problems(scope)
        for name, state in scope["States"].items():
            found += (f"state `{name}`: {problem}" for problem in _state_problems(name, state))
    found += (f"{count} states are named `{name}`" for name, count in names.items() if count > 1)
    return tuple(found)


def _scopes(definition: Node) -> Iterator[Node]:
    """The machine, and each branch and item processor in it, outer ones first."""
    pending = [definition]
    while pending:
        scope = pending.pop()
        yield scope
        for state in scope["States"].values():
            pending += state.get("Branches", ())
            if "ItemProcessor" in state:
                pending.append(state["ItemProcessor"])


def _successors(state: Node) -> Iterator[str]:
    if "Next" in state:
        yield state["Next"]
    if "Default" in state:
        yield state["Default"]
    for rule in (*state.get("Choices", ()), *state.get("Catch", ())):
        yield rule["Next"]


def _scope_problems(scope: Node) -> Iterator[str]:
    states = scope["States"]
    reached: set[str] = set()
    pending = [scope["StartAt"]]
    while pending:
        name = pending.pop()
        if name in reached:
            continue
        reached.add(name)
        if name in states:
            pending += _successors(states[name])
        else:
            yield f"there is no state `{name}` beside `{next(iter(states))}`"
    yield from (f"state `{name}` cannot be reached" for name in states if name not in reached)


def _state_problems(name: str, state: Node) -> Iterator[str]:
    if len(name) > NAME_CHARACTERS:
        yield f"its name has {len(name)} characters, and Step Functions take {NAME_CHARACTERS}"
    if state["Type"] not in ("Choice", "Succeed", "Fail") and ("Next" in state) == ("End" in state):
        yield "it has to have either a next state or an end"
    for retrier in state.get("Retry", ()):
        yield from _retrier_problems(retrier)
    find = _PROBLEMS.get(state.get("Resource", ""))
    if find is not None:
        yield from find(state.get("Parameters", {}))
    if state["Type"] == "Map":
        yield from _map_problems(state)


def _retrier_problems(retrier: Node) -> Iterator[str]:
    if not retrier.get("ErrorEquals"):
        yield "a retrier names no error"
    if retrier.get("IntervalSeconds", 1) < 1:
        yield "a retrier waits less than a second"
    if retrier.get("BackoffRate", 2) < 1:
        yield "a retrier has a backoff rate below 1"
    if retrier.get("MaxAttempts", 3) < 0:
        yield "a retrier has a negative number of attempts"


def _job_problems(parameters: Node) -> Iterator[str]:
    yield from _member_problems("SubmitJob", parameters, BATCH_REQUIRED, BATCH_PARAMETERS)
    overrides = parameters.get("ContainerOverrides", {})
    yield from (f"ContainerOverrides have no member `{name}`" for name in sorted(set(overrides) - OVERRIDES))
    yield from _length_problems(overrides)
    if "JobName" in parameters and not _JOB_NAME.fullmatch(parameters["JobName"]):
        yield f"`{parameters['JobName']}` is not a job name"


def _task_problems(parameters: Node) -> Iterator[str]:
    yield from _member_problems("RunTask", parameters, ECS_REQUIRED, ECS_PARAMETERS)
    overrides = parameters.get("Overrides", {})
    yield from (f"Overrides have no member `{name}`" for name in sorted(set(overrides) - ECS_OVERRIDES))
    yield from _length_problems(overrides)


def _function_problems(parameters: Node) -> Iterator[str]:
    yield from _member_problems("Invoke", parameters, LAMBDA_REQUIRED, LAMBDA_PARAMETERS)


def _member_problems(call: str, given: Node, required: frozenset[str], known: frozenset[str]) -> Iterator[str]:
    names = {name.removesuffix(".$") for name in given}
    yield from (f"{call} needs `{name}`" for name in sorted(required - names))
    yield from (f"{call} has no parameter `{name}`" for name in sorted(names - known))


def _length_problems(overrides: Node) -> Iterator[str]:
    size = len(json.dumps(overrides, separators=(",", ":")))
    if size > OVERRIDES_CHARACTERS:
        yield f"its overrides have {size:,} characters, and ECS takes {OVERRIDES_CHARACTERS:,}"


def _map_problems(state: Node) -> Iterator[str]:
    processor = state.get("ItemProcessor", {})
    config = processor.get("ProcessorConfig", {})
    distributed = config.get("Mode") == "DISTRIBUTED"
    if distributed and "ExecutionType" not in config:
        yield "a distributed Map needs an execution type"
    if not distributed and ("ItemReader" in state or "Label" in state):
        yield "only a distributed Map has a reader or a label"
    if "Label" in state and not _LABEL.fullmatch(state["Label"]):
        yield f"`{state['Label']}` is not a label"


_PROBLEMS: Mapping[str, Callable[[Node], Iterator[str]]] = {
    COMPUTES["batch"].resource: _job_problems,
    COMPUTES["ecs"].resource: _task_problems,
    COMPUTES["lambda"].resource: _function_problems,
}
"""What is wrong with the parameters of a call, by its resource."""
