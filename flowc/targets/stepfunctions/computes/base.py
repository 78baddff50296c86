"""What a flow's steps can run on: the state of a step, and the states that make what it is made from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from flowc import contract
from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.ir.steps import Policy, Step
from flowc.targets.stepfunctions import asl
from flowc.targets.stepfunctions.asl import JsonObject, Path
from flowc.targets.stepfunctions.options import StepFunctionsOptions

Variables = tuple[tuple[str, str], ...]
"""Names and values of environment variables; a value that the machine computes is a `Path`."""

REGION = Path("States.ArrayGetItem(States.StringSplit($$.Execution.Id, ':'), 3)")
"""The state machine's own region: instances of EC2 do not tell it to a job's container.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html (an execution's id is
its ARN) and https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html (no region among the variables).
"""

TASK_FAILED = "States.TaskFailed"
"""Every error of a Task state but States.Timeout.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

UNAVAILABLE = asl.Retrier(errors=(TASK_FAILED,), interval_s=5, max_attempts=5, backoff_rate=2, jitter=True)
"""For calls that change nothing when they are made again."""


def never(error: str) -> asl.Retrier:
    """Keeps later retriers from an error."""
    return asl.Retrier(errors=(error,), interval_s=1, max_attempts=0, backoff_rate=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute(ABC):
    """What some of a flow's steps run on.

    Attributes:
        flow: The flow.
        options: The target's.
        steps: Those of the flow's steps that run here, in source order; at least one.
    """

    name: ClassVar[str]
    """As users call it."""

    resource: ClassVar[str]
    """Of the state of a step."""

    busy: ClassVar[tuple[str, ...]]
    """Errors of the service before it has taken a task on: they use up none of a step's own retries."""

    final: ClassVar[tuple[str, ...]] = ()
    """Errors of a task that another attempt does not mend, as far as they can be told from others."""

    flow: Flow
    options: StepFunctionsOptions
    steps: tuple[Step, ...]

    @abstractmethod
    def definitions(self) -> dict[str, JsonObject]:
        """What the machine sees to that tasks are made from: requests by names that hold a hash of them.

        Steps that ask for the same share one. There is none where the user's own is given.
        """

    @abstractmethod
    def making(self, name: str, request: JsonObject, *, number: int, following: str) -> tuple[asl.State, ...]:
        """States that see that one of `definitions` exists.

        Args:
            name: Its name.
            request: What it says.
            number: Which one it is, from 1.
            following: The state after these.
        """

    @abstractmethod
    def parameters(self, step: Step, variables: Variables) -> JsonObject:
        """What the service is asked for an attempt of a step's task; what is computed may be a `Path`.

        Args:
            step: One of `steps`.
            variables: Those of this task alone.
        """

    def check_options(self) -> Iterator[Diagnostic]:
        """Settings that cannot be used."""
        yield from ()

    @abstractmethod
    def check_step(self, step: Step) -> Iterator[Diagnostic]:
        """What the step asks for and cannot have here."""

    @property
    def common(self) -> Variables:
        """Variables that all tasks of the flow have."""
        return (
            (contract.ENV_STORE, self.options.store),
            (contract.ENV_FLOW, self.flow.name),
            (contract.ENV_CODE, self.options.code),
            (contract.ENV_ENGINE, "stepfunctions"),
            *self.options.environment,
        )

    def retry(self, policy: Policy) -> tuple[asl.Retrier, ...]:
        """When a step's state is tried again."""
        busy = asl.Retrier(errors=self.busy, interval_s=5, max_attempts=10, backoff_rate=2, jitter=True)
        if not policy.further_tries:
            return (busy,)
        failed = asl.Retrier(
            errors=(TASK_FAILED,),
            interval_s=max(1, policy.retry_delay_s),
            max_attempts=policy.further_tries,
            backoff_rate=1,
        )
        return (busy, *map(never, self.final), failed)


def listed(variables: Variables) -> list[asl.Json]:
    """Variables as Batch and ECS take them."""
    return [{"Name": name, "Value": value} for name, value in variables]


def numbered(state: str, number: int) -> str:
    """The name of a state that there may be several of."""
    return state if number == 1 else f"{state} {number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """How definitions of a kind are found and registered.

    Attributes:
        what: `job` or `task`.
        find: The call that looks for one.
        found: The member of its result that lists what it has found.
        register: The call that registers one.
    """

    what: str
    find: str
    found: str
    register: str

    def states(
        self, number: int, following: str, *, query: JsonObject, request: JsonObject
    ) -> tuple[asl.Task, asl.Choose, asl.Task]:
        """Registers a definition unless it is there: an image cannot be given with a task.

        Args:
            number: Tells these states from others.
            following: The state after these.
            query: What the search takes.
            request: What registering takes.
        """
        names = (f"Find {self.what} definition", self.question, f"Register {self.what} definition")
        find, decide, register = (numbered(name, number) for name in names)
        return (
            asl.Task(
                name=find,
                comment=f"A {self.what} takes its image from a definition; the first run of this version registers it.",
                resource=self.find,
                parameters=query,
                selector={"found.$": f"States.ArrayLength($.{self.found})"},
                retry=(UNAVAILABLE,),
                next=decide,
            ),
            asl.Choose(name=decide, variable="$.found", equals=0, then=register, otherwise=following),
            asl.Task(name=register, resource=self.register, parameters=request, retry=(UNAVAILABLE,), next=following),
        )

    @property
    def question(self) -> str:
        """The name of the state that decides; a flow may have definitions of both kinds."""
        return "Is it registered?" if self.what == "job" else f"Is the {self.what} definition registered?"
