"""Steps, parameters and policies: what a flow is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from flowc.ir.accesses import Access
from flowc.source import Span

if TYPE_CHECKING:
    from flowc.ir.compute import Batch, Kubernetes, Tmpfs  # which few flows need

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class ParameterType(Enum):
    """The type of a parameter's values; the enum's value is its name in a plan."""

    STR = "str"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    JSON = "json"
    FILE = "file"
    ANY = "any"
    """That of its default, which is found when a run starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludedFile:
    """The file that a flow includes when a run gives no other.

    Attributes:
        name: Its path as the flow has it.
        path: Where it was read.
        size: Its bytes.
        record: Of the artifact that it becomes, see `flowc.store.files`.
    """

    name: str
    path: str
    size: int
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a flow.

    Attributes:
        name: What a run is started with (`--name`), and the attribute's name.
        type: The type of its values.
        default: The value when none is given; None when there is no default, or when that is not known yet.
        required: A run must give a value.
        help: One sentence for users, possibly empty.
        deferred: There is a default that is found when a run starts, since it is not a constant.
        separator: A text is given, and what stands between these is a list of texts; None for no list.
        encoding: A file is text in this encoding; None for bytes.
        file: The file that is included by default.
    """

    name: str
    type: ParameterType
    default: JsonValue
    required: bool
    help: str
    span: Span
    deferred: bool = False
    separator: str | None = None
    encoding: str | None = None
    file: IncludedFile | None = None


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
class Secret:
    """What `@secrets` says of one secret; never its value.

    Attributes:
        id: Its name or ARN in AWS Secrets Manager.
        role: The ARN of the role that it is read with; None for the task's own credentials.
        region: Where it is; None: as the ARN says, or as AWS's tools find it.
        is_json: It is a JSON object, and each key is a variable.
        variable: What the one variable is called if it is none; None: like the secret.
    """

    id: str
    role: str | None = None
    region: str | None = None
    is_json: bool = True
    variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What `@secrets` asks for.

    Attributes:
        sources: At least one.
        allow_override: They may replace variables that are set already.
    """

    sources: tuple[Secret, ...]
    allow_override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What `@card` asks for.

    Attributes:
        type: What kind of card it is meant to be.
        id: What tells it from the step's other cards; None for none.
        options: Kept with it; can be JSON.
        customize: It is the one that `current.card` itself means.
        refresh_interval_s: How often it is kept while the step runs, at most.
        save_errors: What fails leaves its error in it.
    """

    type: str = "default"
    id: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    customize: bool = False
    refresh_interval_s: float = 5
    save_errors: bool = True


class Requests(NamedTuple):
    """What one decorator asks of the machine; None where it says nothing.

    Attributes:
        cpu: Virtual CPUs, > 0; in thousandths.
        memory_mib: Memory in MiB, > 0.
        gpu: GPUs, >= 0.
        disk_mib: Disk for temporary files in MiB, > 0.
        shared_memory_mib: Memory that processes share, `/dev/shm`, in MiB, > 0.
    """

    cpu: float | None = None
    memory_mib: int | None = None
    gpu: int | None = None
    disk_mib: int | None = None
    shared_memory_mib: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a scheduler runs a step's tasks.

    Attributes:
        retries: Further attempts after the first one fails, >= 0.
        retry_delay_s: Seconds between a failure and the next attempt, >= 0.
        cpu: Virtual CPUs, > 0; in thousandths.
        memory_mib: Memory in MiB, > 0.
        gpu: GPUs, >= 0.
        disk_mib: Disk for temporary files in MiB, > 0; None for what there is.
        shared_memory_mib: Memory that processes share, `/dev/shm`, in MiB, > 0; None for the scheduler's default.
        kubernetes: What `@kubernetes` says of its pods; None without the decorator.
        batch: What `@batch` says of its jobs; None without the decorator.
        requests: What its decorators ask of the machine, each for itself; the five above are what comes of it.
        timeout_s: Seconds that the step's code may run, > 0; None for any number.
        catch: How its failure is dealt with when no retry is left; None: the run fails.
        environment: Names and values of environment variables that the step's code sees.
        secrets: What it sees beside that; None for nothing.
        cards: What its code fills, in source order.
    """

    retries: int = 0
    retry_delay_s: int = 120
    cpu: float = 1
    memory_mib: int = 4096
    gpu: int = 0
    disk_mib: int | None = None
    shared_memory_mib: int | None = None
    kubernetes: Kubernetes | None = None
    batch: Batch | None = None
    requests: tuple[Requests, ...] = field(default=(), compare=False, repr=False)
    timeout_s: float | None = None
    environment: tuple[tuple[str, str], ...] = ()
    catch: Catch | None = None
    secrets: Secrets | None = None
    cards: tuple[Card, ...] = ()

    @property
    def tmpfs(self) -> Tmpfs | None:
        """The file system in memory that a decorator asks for."""
        compute = self.kubernetes or self.batch
        return None if compute is None else compute.tmpfs

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
