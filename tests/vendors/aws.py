"""Requests to AWS against botocore's models, and against limits that are only documented.

botocore's own validation knows types, required members and minimal lengths. Enumerations, patterns and maximal lengths
stand in the models too, and are looked at here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator

OVERRIDES_CHARACTERS = 8192
"""Of what a task or a job is told when it starts, as JSON.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
"""

PAYLOAD_BYTES = 262_144
"""Of an invocation by Step Functions.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

MAX_TAGS = 50
"""Source: https://docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html"""


class Unknown(str):
    """A text that is only known when the request is made."""


@lru_cache
def operation(service: str, name: str) -> OperationModel:
    """An operation by its name in Python's style or in Step Functions': `SubmitJob` or `submitJob`."""
    return botocore.session.get_session().get_service_model(service).operation_model(f"{name[0].upper()}{name[1:]}")


def problems(service: str, name: str, request: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with a request, a sentence each."""
    model = operation(service, name)
    report = ParamValidator().validate(dict(request), model.input_shape)
    found = [report.generate_report()] if report.has_errors() else []
    found += _values(request, model.input_shape, "")
    rules = RULES.get((service, model.name))
    if rules is not None and not found:
        found += rules(request)
    return [f"{service}:{model.name}: {problem}" for problem in found]


def _values(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """What is not among a model's enumerations, or does not have its length or pattern."""
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            for key in value.keys() & shape.members.keys():
                yield from _values(value[key], shape.members[key], f"{path}.{key}")
        case ListShape() if isinstance(value, list | tuple):
            yield from _length(len(value), shape, path)
            for number, item in enumerate(value):
                yield from _values(item, shape.member, f"{path}[{number}]")
        case MapShape() if isinstance(value, Mapping):
            yield from _length(len(value), shape, path)
            for key, item in value.items():
                yield from _values(key, shape.key, f"{path}.{key}")
                yield from _values(item, shape.value, f"{path}.{key}")
        case _ if isinstance(value, int) and value > shape.metadata.get("max", value):
            yield f"{path} is {value}, and at most {shape.metadata['max']} is allowed"
        case _ if isinstance(value, str) and not isinstance(value, Unknown):
            yield from _text(value, shape, path)
        case _:
            pass


def _text(value: str, shape: Shape, path: str) -> Iterator[str]:
    yield from _length(len(value), shape, path)
    choices = getattr(shape, "enum", None) or []
    if choices and value not in choices:
        yield f"{path} is {value!r}, which is none of {choices}"
    pattern = _pattern(shape.metadata.get("pattern"))
    if pattern is not None and not pattern.search(value):
        yield f"{path} is {value!r}, which does not match {pattern.pattern}"


def _length(length: int, shape: Shape, path: str) -> Iterator[str]:
    most = shape.metadata.get("max")
    if most is not None and length > most:
        yield f"{path} has a length of {length}, and at most {most} are allowed"


@lru_cache
def _pattern(text: str | None) -> re.Pattern[str] | None:
    """A model's pattern, unless it is of a kind that only Java knows."""
    if text is None or r"\p{" in text:
        return None
    return re.compile(rf"\A(?:{text})\Z")


def _overrides(overrides: Mapping[str, Any]) -> Iterator[str]:
    size = len(json.dumps(overrides, separators=(",", ":")))
    if size > OVERRIDES_CHARACTERS:
        yield f"the overrides have {size} characters, and at most {OVERRIDES_CHARACTERS} are allowed"


def _tags(tags: Mapping[str, str]) -> Iterator[str]:
    if len(tags) > MAX_TAGS:
        yield f"there are {len(tags)} tags, and at most {MAX_TAGS} are allowed"
    for key, value in tags.items():
        for text in (key, value):
            if not re.fullmatch(r"(?!(?i:aws:))[\w .:/=+@-]*", text):
                yield f"no tag can have {text!r}"
        if not 1 <= len(key) <= 128 or len(value) > 256:
            yield f"the tag {key!r} is too short or too long"


def _name(name: str) -> Iterator[str]:
    if not isinstance(name, Unknown) and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", name):
        yield f"{name!r} is no name of a job or of a definition"


def _resources(asked: list[Mapping[str, str]]) -> Iterator[str]:
    kinds = [need["type"] for need in asked]
    if len(kinds) != len(set(kinds)):
        yield f"resources are asked for twice: {kinds}"
    for need in asked:
        if not isinstance(need["value"], Unknown) and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", need["value"]):
            yield f"{need['type']} cannot be {need['value']!r}"


def _environment(pairs: list[Mapping[str, str]]) -> Iterator[str]:
    names = [pair["name"] for pair in pairs]
    if len(names) != len(set(names)):
        yield f"variables are set twice: {names}"
    if any(name.startswith("AWS_BATCH") for name in names):
        yield "variables whose names begin with AWS_BATCH are Batch's own"


def _submit_job(request: Mapping[str, Any]) -> Iterator[str]:
    """Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html."""
    overrides = request.get("containerOverrides", {})
    yield from _name(request["jobName"])
    yield from _tags(request.get("tags", {}))
    yield from _overrides(overrides)
    yield from _resources(overrides.get("resourceRequirements", []))
    yield from _environment(overrides.get("environment", []))


def _register_job_definition(request: Mapping[str, Any]) -> Iterator[str]:
    """Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html."""
    container = request["containerProperties"]
    yield from _name(request["jobDefinitionName"])
    yield from _tags(request.get("tags", {}))
    yield from _resources(container["resourceRequirements"])
    yield from _environment(container.get("environment", []))
    if not {"VCPU", "MEMORY"} <= {need["type"] for need in container["resourceRequirements"]}:
        yield "a definition says how many CPUs and how much memory"
    if not container["image"]:
        yield "there is no image"
    yield from _mounts(container)
    linux = container.get("linuxParameters", {})
    if "swappiness" in linux and "maxSwap" not in linux:
        yield "swappiness is passed over without maxSwap"
    if request.get("platformCapabilities") == ["FARGATE"]:
        if "executionRoleArn" not in container:
            yield "Fargate needs an execution role"
        unknown = linux.keys() & {"devices", "maxSwap", "sharedMemorySize", "swappiness", "tmpfs"}
        if unknown or any("host" in volume for volume in container.get("volumes", [])):
            yield f"Fargate has no {sorted(unknown) or 'folders of a machine'}"
    elif "ephemeralStorage" in container:
        yield "only Fargate has a disk of a certain size"


def _mounts(container: Mapping[str, Any]) -> Iterator[str]:
    names = [volume["name"] for volume in container.get("volumes", [])]
    points = container.get("mountPoints", [])
    if sorted(names) != sorted({point["sourceVolume"] for point in points}) or len(names) != len(set(names)):
        yield f"the volumes {names} are not those that are mounted"
    paths = [point["containerPath"] for point in points]
    paths += [tmpfs["containerPath"] for tmpfs in container.get("linuxParameters", {}).get("tmpfs", [])]
    if len(paths) != len(set(paths)):
        yield f"two things are mounted at one path: {paths}"
    if not all(path.startswith("/") for path in paths):
        yield f"not all paths are absolute: {paths}"


def _run_task(request: Mapping[str, Any]) -> Iterator[str]:
    """Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html."""
    overrides = request.get("overrides", {})
    yield from _overrides(overrides)
    for container in overrides.get("containerOverrides", []):
        yield from _environment(container.get("environment", []))
    if request.get("launchType") == "FARGATE" and "networkConfiguration" not in request:
        yield "tasks on Fargate need a network"
    if {"launchType", "capacityProviderStrategy"} <= request.keys():
        yield "there is either a launch type or a strategy"


def _register_task_definition(request: Mapping[str, Any]) -> Iterator[str]:
    """Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", request["family"]):
        yield f"{request['family']!r} is no name of a family"
    for container in request["containerDefinitions"]:
        yield from _environment(container.get("environment", []))
        if not container.get("image"):
            yield "there is no image"
    if request.get("requiresCompatibilities") == ["FARGATE"]:
        if request.get("networkMode") != "awsvpc" or not {"cpu", "memory"} <= request.keys():
            yield "tasks on Fargate have the network mode awsvpc, CPUs and memory"
        logs = any("logConfiguration" in container for container in request["containerDefinitions"])
        if logs and "executionRoleArn" not in request:
            yield "on Fargate, who writes to CloudWatch needs an execution role"


def _invoke(request: Mapping[str, Any]) -> Iterator[str]:
    """Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html."""
    payload = request.get("Payload", "")
    if len(payload.encode()) > PAYLOAD_BYTES:
        yield f"the payload has {len(payload.encode())} bytes, and at most {PAYLOAD_BYTES} are allowed"


def _create_function(request: Mapping[str, Any]) -> Iterator[str]:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
    if request.get("Timeout", 3) > 900:
        yield f"no invocation may take {request['Timeout']} s"
    if ".dkr.ecr." not in request["Code"].get("ImageUri", ""):
        yield "images come from ECR"
    if "AWS_REGION" in request.get("Environment", {}).get("Variables", {}):
        yield "AWS_REGION is Lambda's own"


RULES: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Iterator[str]]] = {
    ("batch", "SubmitJob"): _submit_job,
    ("batch", "RegisterJobDefinition"): _register_job_definition,
    ("ecs", "RunTask"): _run_task,
    ("ecs", "RegisterTaskDefinition"): _register_task_definition,
    ("lambda", "CreateFunction"): _create_function,
    ("lambda", "Invoke"): _invoke,
}
"""What the models do not say, by service and operation."""
