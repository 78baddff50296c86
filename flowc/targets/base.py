"""What a target is.

A target declares for every feature of the language whether it has it; the registry's test demands that the
declaration is total. Emission is pure: no clock, no randomness, no environment, no network, no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow


class Feature(Enum):
    """Every region and every field of a policy or flow that a target has to answer for."""

    TASK = "steps one after the other"
    PARALLEL = "static branches"
    FOREACH = "foreach"
    NESTED_FOREACH = "foreach in a foreach"
    SWITCH = "switch"
    LOOP = "loop"
    PARAMETERS = "parameters"
    RETRIES = "@retry"
    RETRY_DELAY = "@retry(minutes_between_retries=...)"
    RESOURCES = "CPUs and memory"
    GPU = "@resources(gpu=...)"
    DISK = "@resources(disk=...)"
    SHARED_MEMORY = "@resources(shared_memory=...)"
    KUBERNETES = "@kubernetes"
    BATCH = "@batch"
    ENVIRONMENT = "@environment"
    TIMEOUT = "@timeout"
    CATCH = "@catch"
    SECRETS = "@secrets"
    CARDS = "@card"
    SCHEDULE = "@schedule"
    PROJECT = "@project"
    TAGS = "tags"


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """The scheduler has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """It is expressed by other means of the scheduler's."""

    how: str


BY_RUNNER = "the runner sees to it, by the plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A flow that uses it is refused with this diagnostic code."""

    code: str
    why: str
    help: str = "change the flow, or choose another target"


Support: TypeAlias = Native | Lowered | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileOptions:
    """What a target needs to know beside the flow; a target's own options are a subclass.

    Attributes:
        store: Root URL of the store, `s3://bucket/prefix` or `file:///directory`, without a final slash.
        code: Hash of the code package, 64 hexadecimal digits.
        image: The step-runner container's image.
        version: flowc's version, for the header of what is generated.
        environment: Further variables of all tasks, sorted: where S3 is, and how it encrypts. There is nothing in them
            that a scheduler would expand.
    """

    store: str
    code: str
    image: str
    version: str
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file to write.

    Attributes:
        name: Relative, without folders.
        data: All of its bytes.
        marker: Bytes that such a file holds near its beginning if flowc wrote it.
        lacks: Options of the target without whose values the file cannot be used yet.
    """

    name: str
    data: bytes
    marker: bytes
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """An option of a target's own: a field of its options class, and a flag of the command line (`--batch-queue`).

    Attributes:
        name: The field's name.
        help: One sentence.
        default: Used when it is not given.
        is_flag: It is `true` or `false`, and its option alone says `true`.
    """

    name: str
    help: str
    default: str | None
    is_flag: bool = False


def plain(number: float) -> str:
    """A number as schedulers take it: without a decimal point where it is whole."""
    return str(int(number)) if number == int(number) else str(number)


OptionsT = TypeVar("OptionsT", bound=CompileOptions, contravariant=True)


class Target(Protocol[OptionsT]):
    """A scheduler that flows are compiled for."""

    name: ClassVar[str]
    options: ClassVar[type[Any]]
    settings: ClassVar[tuple[Setting, ...]]
    support: ClassVar[Mapping[Feature, Support]]

    def check(self, flow: Flow, options: OptionsT) -> Iterable[Diagnostic]:
        """Everything that keeps the target from compiling the flow (limits of names and sizes, kinds of store)."""
        ...

    def emit(self, flow: Flow, options: OptionsT) -> tuple[OutputFile, ...]:
        """The definition of a flow that `check` had nothing against."""
        ...
