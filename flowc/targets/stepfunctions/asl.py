"""Amazon States Language, as far as flowc writes it: typed states, and their JSON.

The dialect is JSONPath without variables. Fields come in the order in which one reads a state: what it is, what it
does, what happens when that fails, what comes next.
Source: https://states-language.net/spec.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, assert_never

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]


class End(Enum):
    """How a state that has no next one ends its scope."""

    KEEP = "the scope's output is the state's input"
    EMPTY = "the scope's output is {}"


Next: TypeAlias = str | End
"""The name of the next state, or the end of the scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """When, and how often, a state is tried again.

    Attributes:
        errors: Names of errors.
        interval_s: Seconds before the first further try, >= 1.
        max_attempts: Further tries.
        backoff_rate: What the interval is multiplied with after each try, >= 1.
        jitter: Whether the interval is drawn at random from 0 to its length.
    """

    errors: tuple[str, ...]
    interval_s: int
    max_attempts: int
    backoff_rate: float
    jitter: bool = False

    def to_json(self) -> JsonObject:
        """The retrier as a member of `Retry`."""
        return {
            "ErrorEquals": list(self.errors),
            "IntervalSeconds": self.interval_s,
            "MaxAttempts": self.max_attempts,
            "BackoffRate": self.backoff_rate,
            **({"JitterStrategy": "FULL"} if self.jitter else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Catcher:
    """Where to go on after an error, which is dropped.

    Attributes:
        errors: Names of errors.
        next: The name of a state.
    """

    errors: tuple[str, ...]
    next: str

    def to_json(self) -> JsonObject:
        """The catcher as a member of `Catch`."""
        return {"ErrorEquals": list(self.errors), "ResultPath": None, "Next": self.next}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A call of a service.

    Attributes:
        selector: What of the result becomes the output; None: the result is dropped, the output is the input.
        catch: Asked after `retry`, in order.
    """

    name: str
    comment: str = ""
    resource: str
    parameters: Mapping[str, Json]
    selector: Mapping[str, Json] | None = None
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()
    next: Next


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Makes its output from constants and paths."""

    name: str
    comment: str = ""
    parameters: Mapping[str, Json]
    next: Next


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Goes on after some seconds."""

    name: str
    seconds: int
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """A Choice between two states: whether a number or a text in the input equals another."""

    name: str
    variable: str
    equals: int | str
    then: str
    otherwise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """States that run one after the other, from the first of them.

    Attributes:
        states: Never empty.
    """

    states: tuple[State, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """Scopes that run side by side; their outputs are dropped."""

    name: str
    comment: str = ""
    branches: tuple[Scope, ...]
    next: Next


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsInS3:
    """A JSON array in S3.

    Attributes:
        key: An intrinsic function that gives the key.
    """

    bucket: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributedMap:
    """A scope that runs once for each item, as child executions; their outputs are dropped.

    Attributes:
        label: Names the child executions; at most 40 characters.
        selector: The input of an item's execution.
        max_concurrency: Child executions at a time.
    """

    name: str
    comment: str = ""
    label: str
    items: ItemsInS3
    selector: Mapping[str, Json]
    max_concurrency: int
    body: Scope
    next: Next


State: TypeAlias = Task | Pass | Wait | Choose | Parallel | DistributedMap


def scope_to_json(scope: Scope) -> JsonObject:
    """`StartAt` and `States` of a machine, a branch or an item processor."""
    return {"StartAt": scope.states[0].name, "States": {s.name: state_to_json(s) for s in scope.states}}


def state_to_json(state: State) -> JsonObject:
    """A state, without its name."""
    match state:
        case Task():
            return _task(state)
        case Pass(comment=comment, parameters=parameters, next=next_):
            return {"Type": "Pass", **_comment(comment), "Parameters": dict(parameters), **_next(next_)}
        case Wait(seconds=seconds, next=next_):
            return {"Type": "Wait", "Seconds": seconds, "Next": next_}
        case Choose(variable=variable, equals=equals, then=then, otherwise=otherwise):
            comparison = "StringEquals" if isinstance(equals, str) else "NumericEquals"
            rule: JsonObject = {"Variable": variable, comparison: equals, "Next": then}
            return {"Type": "Choice", "Choices": [rule], "Default": otherwise}
        case Parallel(comment=comment, branches=branches, next=next_):
            return {
                "Type": "Parallel",
                **_comment(comment),
                "Branches": [scope_to_json(b) for b in branches],
                "ResultPath": None,
                **_next(next_),
            }
        case DistributedMap():
            return _distributed_map(state)
        case _:
            assert_never(state)


def _task(state: Task) -> JsonObject:
    result: JsonObject = {"ResultPath": None} if state.selector is None else {"ResultSelector": dict(state.selector)}
    return {
        "Type": "Task",
        **_comment(state.comment),
        "Resource": state.resource,
        "Parameters": with_paths(dict(state.parameters)),
        **result,
        **({"Retry": [r.to_json() for r in state.retry]} if state.retry else {}),
        **({"Catch": [c.to_json() for c in state.catch]} if state.catch else {}),
        **_next(state.next),
    }


def _distributed_map(state: DistributedMap) -> JsonObject:
    return {
        "Type": "Map",
        **_comment(state.comment),
        "Label": state.label,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": state.items.bucket, "Key.$": state.items.key},
        },
        "ItemSelector": dict(state.selector),
        "MaxConcurrency": state.max_concurrency,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            **scope_to_json(state.body),
        },
        "ResultPath": None,
        **_next(state.next),
    }


class Path(str):
    """What the machine computes: a path or an intrinsic function, as a value among constants."""

    __slots__ = ()


def with_paths(value: Json) -> Json:
    """A value as a machine has it: the names of members that are computed end in `.$`."""
    match value:
        case dict():
            return {f"{key}.$" if isinstance(item, Path) else key: with_paths(item) for key, item in value.items()}
        case list():
            return [with_paths(item) for item in value]
        case Path():
            return str(value)
        case _:
            return value


def _comment(comment: str) -> JsonObject:
    return {"Comment": comment} if comment else {}


def _next(next_: Next) -> JsonObject:
    match next_:
        case End.KEEP:
            return {"End": True}
        case End.EMPTY:
            return {"OutputPath": None, "End": True}
        case str():
            return {"Next": next_}
        case _:
            assert_never(next_)


def format_string(template: str, *arguments: str) -> str:
    """A call of `States.Format`.

    Args:
        template: `{}` stands for an argument; every other character for itself.
        arguments: Paths.
    """
    for special in ("\\", "'"):
        template = template.replace(special, "\\" + special)
    return f"States.Format('{template}', {', '.join(arguments)})"
