"""What a flow's steps can run on: the operator of each, and what it says of a step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.ir.steps import Step
from flowc.targets import pysource as py
from flowc.targets.airflow.options import AirflowOptions

Keywords = dict[str, py.Expression]
"""Arguments of an operator, in the order in which the file has them."""


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

    operator: ClassVar[str]
    """The operator's class."""

    module: ClassVar[str]
    """Where the operator is imported from."""

    one: ClassVar[str]
    """What a task is here, for comments: a pod, a job; also the beginning of a name."""

    many: ClassVar[str]
    """The same of several; a name."""

    told: ClassVar[str]
    """The operator's argument that holds the environment of a task."""

    path: ClassVar[str]
    """A template that gives a mapped task's path."""

    names: ClassVar[frozenset[str]]
    """Names that the file uses for it, and a step's variable must not replace."""

    can_defer: ClassVar[bool] = False
    """Whether the operator can wait in the triggerer."""

    expands: ClassVar[bool] = False
    """Whether values of the environment are searched for `$(NAME)`, and `$$` is read as `$`."""

    needs: ClassVar[str] = ""
    """A constant: what a task usually gets of its machine, where that is said beside the environment; empty if not."""

    item: ClassVar[str] = "at(path)"
    """The value of `told` for a mapped task, of its `path` and of `needs`."""

    flow: Flow
    options: AirflowOptions
    steps: tuple[Step, ...]

    def imports(self) -> Mapping[str, tuple[str, ...]]:
        """What the file imports for it, by module."""
        return {self.module: (self.operator,)}

    @abstractmethod
    def defaults(self) -> Keywords:
        """What all of its operators have in common, for the DAG's default arguments; `retries` is not among it."""

    def constants(self) -> Iterator[tuple[str, py.Expression]]:
        """Names and values that the file has for it."""
        yield from ()

    def functions(self) -> str:
        """Source of the functions that the file has for it; empty for none."""
        return ""

    def first(self) -> tuple[str, ...]:
        """What has to be done before the first step: calls of tasks."""
        return ()

    @abstractmethod
    def own(self, step: Step, *, mapped: bool) -> Keywords:
        """What the operator of a step says beside the default arguments.

        Args:
            mapped: There is an operator for each item, and `told` is not among its arguments.
        """

    def told_by(self, environment: py.Expression, step: Step) -> Keywords:
        """The argument with an environment that is not that of all tasks, for an operator that is not mapped."""
        return {self.told: environment}

    def check_options(self) -> Iterator[Diagnostic]:
        """Settings that cannot be used, and what they keep all steps from."""
        yield from ()

    def check_step(self, step: Step) -> Iterator[Diagnostic]:
        """What the step asks for and cannot have here."""
        yield from ()
