"""The requests that stand in a generated DAG: the file is executed with stand-ins for Airflow and its providers."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.vendors import aws

REGION = "eu-west-1"

_REPLACED = ("airflow", "docker", "kubernetes", "pendulum")


class Call(NamedTuple):
    """A call of something that was imported.

    Attributes:
        name: Its last names, as `BatchOperator` or `BatchOperator.partial`.
        arguments: Its keywords.
    """

    name: str
    arguments: Mapping[str, Any]


class StandIn:
    """Whatever is imported: every attribute, call and operator gives another one, and calls are noted."""

    def __init__(self, name: str, calls: list[Call]) -> None:
        self._name = name
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self._name}.{name}", self._calls)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        self._calls.append(Call(self._name, keywords))
        if self._name.endswith(".map"):
            self._calls.append(Call("map", arguments[0](aws.Unknown("0"))))
        return StandIn(self._name, self._calls)

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def _same(self, _other: object) -> StandIn:
        return self

    __rshift__ = __rrshift__ = __lshift__ = __rlshift__ = __or__ = __ror__ = _same


def executed(text: str) -> tuple[list[Call], dict[str, Any]]:
    """The calls that a file makes when it is loaded, and its names."""
    calls: list[Call] = []

    def imported(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name.partition(".")[0] in _REPLACED:
            return StandIn("", calls)
        return builtins.__import__(name, *arguments, **keywords)

    names: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": imported}, "__name__": "dag"}
    exec(compile(text, "dag.py", "exec"), names)
    return [call._replace(name=call.name.lstrip(".")) for call in calls], names


def requests(text: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The service, operation and parameters of each request."""
    calls, names = executed(text)
    for function, operation in (
        ("job_definitions", ("batch", "RegisterJobDefinition")),
        ("task_definitions", ("ecs", "RegisterTaskDefinition")),
    ):
        for request in names[function](REGION) if function in names else ():
            yield operation[0], operation[1], request
    usual: Mapping[str, Any] = next(c.arguments.get("default_args", {}) for c in calls if c.name.endswith("DAG"))
    partial: Call | None = None
    for call in calls:
        operator, _, method = call.name.partition(".")
        if call.name == "map" and partial is not None:
            yield _request(partial.name.partition(".")[0], {**usual, **partial.arguments, **call.arguments})
            partial = None
        elif operator in OPERATORS and method == "partial":
            partial = call  # what its items are told comes next
        elif operator in OPERATORS and not method:
            yield _request(operator, {**usual, **call.arguments})
    assert partial is None, partial


OPERATORS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "BatchOperator": (
        *("batch", "SubmitJob"),
        ("job_name", "job_queue", "job_definition", "container_overrides", "tags", "parameters", "retry_strategy"),
    ),
    "EcsRunTaskOperator": (
        *("ecs", "RunTask"),
        ("cluster", "task_definition", "overrides", "launch_type", "network_configuration", "tags"),
    ),
}
"""The operators that hand requests on: service, operation, and the arguments that become parts of the request.

Source: https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/operators/index.html
"""


def _request(operator: str, arguments: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    service, operation, known = OPERATORS[operator]
    found = {
        re.sub(r"_(.)", lambda letter: letter[1].upper(), name): _templates(arguments[name])
        for name in known
        if arguments.get(name) is not None
    }
    return service, operation, found


def _templates(value: Any) -> Any:
    """Texts with templates are not known yet."""
    match value:
        case dict():
            return {key: _templates(item) for key, item in value.items()}
        case list():
            return [_templates(item) for item in value]
        case str() if "{{" in value or "{%" in value:
            return aws.Unknown(value)
        case _:
            return value


def problems(text: str) -> list[str]:
    """What is wrong with a file's requests, a sentence each."""
    return [p for service, operation, request in requests(text) for p in aws.problems(service, operation, request)]
