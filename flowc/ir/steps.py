"""Steps, parameters and policies: what a flow is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from flowc.ir.accesses import Access
from flowc.source import Span

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class ParameterType(Enum):
    """The type of a parameter's values; the enum's value is its name in a plan."""

    STR = "str"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a flow.

    Attributes:
        name: What a run is started with (`--name`), and the attribute's name.
        type: The type of its values.
        default: The value when none is given; None when there is no default.
        required: A run must give a value.
        help: One sentence for users, possibly empty.
    """

    name: str
    type: ParameterType
    default: JsonValue
    required: bool
    help: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """What `@catch` asks for.

    Attributes:
        var: The artifact that holds what was caught; None for none.
        print_exception: The traceback is printed.
    """

    var: str | None
    print_exception: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a scheduler runs a step's tasks.

    Attributes:
        retries: Further attempts after the first one fails, >= 0.
        retry_delay_s: Seconds between a failure and the next attempt, >= 0.
        cpu: Virtual CPUs, > 0; in thousandths.
        memory_mib: Memory in MiB, > 0.
        gpu: GPUs, >= 0.
        timeout_s: Seconds that the step's code may run, > 0; None for any number.
        catch: How its failure is dealt with when no retry is left; None: the run fails.
        environment: Names and values of environment variables that the step's code sees.
    """

    retries: int = 0
    retry_delay_s: int = 120
    cpu: float = 1
    memory_mib: int = 4096
    gpu: int = 0
    timeout_s: float | None = None
    environment: tuple[tuple[str, str], ...] = ()
    catch: Catch | None = None

    @property
    def further_tries(self) -> int:
        """How often a scheduler starts a failing task again.

        Once more than there are retries where failures are caught: the task may have been lost with all that could
        have caught it, and the last try runs no code of the user's.
        """
        return self.retries + (self.catch is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step as written.

    Attributes:
        name: The method's name; unique in its flow.
        doc: The method's docstring, possibly empty.
        policy: How its tasks are run.
        reads: Artifacts that its code loads from `self`, as far as can be seen statically, sorted.
        writes: Artifacts that its code assigns on `self`, as far as can be seen statically, sorted.
        accesses: What it does to artifacts, in an order in which it may happen.
    """

    name: str
    doc: str
    policy: Policy
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    span: Span
    accesses: tuple[Access, ...] = ()
