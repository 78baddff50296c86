"""The requests that stand in a state machine, as the services that it integrates will get them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from botocore.model import ListShape, MapShape, Shape, StructureShape

from tests.vendors import aws

_RESOURCE = re.compile(r"arn:aws[a-z-]*:states:::(?:aws-sdk:)?(\w+):(\w+)(?:\.\w+)?")


class Request(NamedTuple):
    """A request that a state makes.

    Attributes:
        state: The state's name.
        service: botocore's name of the service.
        operation: The operation's, which may begin with a small letter.
        parameters: As boto3 takes them; what is only known in an execution is `Unknown`, empty, or small.
        problems: What has no place in the operation's model.
    """

    state: str
    service: str
    operation: str
    parameters: Mapping[str, Any]
    problems: tuple[str, ...]


def requests(machine: Mapping[str, Any]) -> Iterator[Request]:
    """All requests of a machine, those in branches and maps too."""
    for name, state in machine["States"].items():
        for scope in (*state.get("Branches", ()), *([state["ItemProcessor"]] if "ItemProcessor" in state else ())):
            yield from requests(scope)
        for asked in (state if state["Type"] == "Task" else {}, state.get("ItemReader", {})):
            if asked:
                yield _request(name, asked)


def _request(state: str, asked: Mapping[str, Any]) -> Request:
    resource = _RESOURCE.fullmatch(asked["Resource"])
    assert resource is not None, asked["Resource"]
    service, operation = resource.groups()
    found: list[str] = []
    shape = aws.operation(service, operation).input_shape
    given = asked.get("Parameters", asked.get("Arguments", {}))
    return Request(state, service, operation, _made(given, shape, "", found), tuple(found))


def problems(machine: Mapping[str, Any]) -> list[str]:
    """What is wrong with the requests of a machine, a sentence each."""
    return [
        f"state `{request.state}`: {problem}"
        for request in requests(machine)
        for problem in (*request.problems, *aws.problems(request.service, request.operation, request.parameters))
    ]


def _made(value: Any, shape: Shape, path: str, found: list[str]) -> Any:
    """A value with the names of a model: Step Functions begin them with capital letters."""
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            made = {}
            for key, item in value.items():
                name = _member(key.removesuffix(".$"), shape)
                if name is None:
                    found.append(f"{path}.{key} is not in the model of {shape.name}")
                elif key.endswith(".$"):
                    made[name] = _unknown(shape.members[name])
                else:
                    made[name] = _made(item, shape.members[name], f"{path}.{key}", found)
            return made
        case ListShape() if isinstance(value, list):
            return [_made(item, shape.member, f"{path}[{number}]", found) for number, item in enumerate(value)]
        case MapShape() if isinstance(value, Mapping):
            return {
                key.removesuffix(".$"): _unknown(shape.value)
                if key.endswith(".$")
                else _made(item, shape.value, f"{path}.{key}", found)
                for key, item in value.items()
            }
        case _ if shape.type_name == "blob":
            return json.dumps(value)
        case _:
            return value


def _member(key: str, shape: StructureShape) -> str | None:
    for name in (key, f"{key[0].lower()}{key[1:]}"):
        if name in shape.members:
            return name
    return None


def _unknown(shape: Shape) -> Any:
    """The least that has a shape."""
    match shape.type_name:
        case "structure":
            assert isinstance(shape, StructureShape)
            return {name: _unknown(shape.members[name]) for name in shape.required_members}
        case "list":
            return []
        case "map":
            return {}
        case "integer" | "long" | "float" | "double":
            return shape.metadata.get("min", 1)
        case "boolean":
            return True
        case _:
            return aws.Unknown("unknown")
