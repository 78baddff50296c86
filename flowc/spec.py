"""What a flow's source uses. Standard library only, and little of it: every task imports this module.

Nothing here decides how a flow runs. The compiler reads the source instead; the runner hands a `TaskState` to the
flow object, which then finds its artifacts, inputs and parameters.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from datetime import datetime

StepFunction = TypeVar("StepFunction", bound=Callable[..., Any])
FlowClass = TypeVar("FlowClass", bound=type)


class ForeachFrame(NamedTuple):
    """One foreach around a task.

    Attributes:
        index: The item's number, from 0.
        num_splits: How many items there are.
        value: The item.
    """

    index: int  # type: ignore[assignment]  # Metaflow’s name for it, which hides a method of tuples
    num_splits: int
    value: Any


class TaskState(Protocol):
    """What a runner knows of a task; the flow object asks it."""

    def load(self, name: str) -> Any:
        """The value of an artifact; AttributeError if no step before has assigned it."""

    def forget(self, name: str) -> bool:
        """Leave an artifact out of what the task passes on; whether there was one."""

    def parameter(self, name: str) -> Any:
        """The run's value of a parameter."""

    def index(self) -> int | None:
        """The number of the innermost foreach's item; None outside of a foreach."""

    def item(self) -> Any:
        """The innermost foreach's item; None outside of a foreach."""

    def frames(self) -> list[ForeachFrame]:
        """All foreachs around the task, outermost first."""

    def merge(self, flow: FlowSpec, inputs: Any, include: list[str] | None, exclude: list[str] | None) -> None:
        """See `FlowSpec.merge_artifacts`."""

    def transition(self, targets: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Called by `self.next`."""


class FlowSpec:
    """The base of a flow: a class whose steps are the methods under `@step`.

    Attributes assigned in a step are its artifacts, and the steps after it can read them.
    """

    _flowc: TaskState

    def __init__(self) -> None:
        script = sys.argv[0] or "FLOW.py"
        sys.exit(f"A flow is not run by calling its class. Run it with: flowc run {script}")

    def __getattr__(self, name: str) -> Any:
        # only asked for what is neither on the object nor on its class
        if name.startswith("__") or name == "_flowc":
            raise AttributeError(name)
        value = self._flowc.load(name)
        self.__dict__[name] = value
        return value

    def __delattr__(self, name: str) -> None:
        # an artifact goes whether or not it has been loaded
        known = self._flowc.forget(name)
        if name in self.__dict__ or not known:
            super().__delattr__(name)

    @property
    def index(self) -> int | None:
        """The number of this task's item in the innermost foreach, from 0; None outside of a foreach."""
        return self._flowc.index()

    @property
    def input(self) -> Any:
        """This task's item of the innermost foreach; None outside of a foreach."""
        return self._flowc.item()

    def foreach_stack(self) -> list[ForeachFrame]:
        """Index, width and item of every foreach around this task, outermost first."""
        return self._flowc.frames()

    def next(self, *targets: Any, **options: Any) -> None:
        """The last statement of a step: what runs after it.

        `self.next(self.a)`, `self.next(self.a, self.b)` for branches, `self.next(self.a, foreach="xs")` to run `a`
        once for each item of `self.xs`.
        """
        self._flowc.transition(targets, options)

    def merge_artifacts(
        self, inputs: Any, exclude: Iterable[str] | None = None, include: Iterable[str] | None = None
    ) -> None:
        """In a join: take over the artifacts on which all inputs agree.

        Artifacts that the join has assigned before are left alone.

        Args:
            inputs: The join's `inputs`.
            exclude: All but these.
            include: Only these.

        Raises:
            MergeArtifactsError: The inputs differ in an artifact, or an included one is in none of them.
            ValueError: Both `include` and `exclude` are given.
        """
        self._flowc.merge(
            self,
            inputs,
            None if include is None else list(include),
            None if exclude is None else list(exclude),
        )


class MergeArtifactsError(Exception):
    """`merge_artifacts` cannot decide for an artifact.

    Attributes:
        names: The artifacts in question.
    """

    def __init__(self, message: str, names: tuple[str, ...]) -> None:
        super().__init__(message)
        self.names = names


class StepTimeout(Exception):
    """A step has run for longer than `@timeout` allows.

    Not a `TimeoutError`: that is an `OSError`, which code that tries again on errors of a network would swallow.
    """


class TaskDied(Exception):
    """A task has ended without a result and without an exception: it was killed, or the machine was lost."""


class OutOfMemory(TaskDied):
    """The kernel has killed a task for want of memory."""


class CaughtError(Exception):
    """What `@catch` has caught, as the artifact that its `var` names.

    Attributes:
        type: The exception's type, `module.Name`.
        exception: Its message.
        stacktrace: Its traceback; of a process that died, the end of its output.
    """

    def __init__(self, type: str, exception: str, stacktrace: str) -> None:
        super().__init__(type, exception, stacktrace)
        self.type = type
        self.exception = exception
        self.stacktrace = stacktrace

    def __str__(self) -> str:
        return self.stacktrace or f"{self.type}: {self.exception}"


class Inputs:
    """A join's inputs: one flow object for each task before it, in split order.

    `inputs[0]`, `inputs.a` (after branches: the one that ended with step `a`), `for inp in inputs`.
    """

    def __init__(self, flows: Iterable[tuple[str, FlowSpec]]) -> None:
        pairs = list(flows)
        self._flows = [flow for _, flow in pairs]
        self._by_step = dict(pairs)

    def __getitem__(self, number: int) -> FlowSpec:
        return self._flows[number]

    def __len__(self) -> int:
        return len(self._flows)

    def __iter__(self) -> Iterator[FlowSpec]:
        return iter(self._flows)

    def __getattr__(self, step: str) -> FlowSpec:
        if step.startswith("_") or step not in self._by_step:
            raise AttributeError(f"no input comes from a step `{step}`; there are {', '.join(self._by_step)}")
        return self._by_step[step]


@overload
def step(function: StepFunction) -> StepFunction: ...
@overload
def step(*, start: bool = False, end: bool = False) -> Callable[[StepFunction], StepFunction]: ...
def step(
    function: StepFunction | None = None, *, start: bool = False, end: bool = False
) -> StepFunction | Callable[[StepFunction], StepFunction]:
    """Mark a method as a step. The compiler reads the mark from the source; the method stays as it is.

    Args:
        function: The method, when the decorator stands without arguments.
        start: The step is the first one, whatever its name.
        end: The step is the last one, whatever its name.
    """
    return function if function is not None else _same


def retry(
    function: StepFunction | None = None, *, times: int = 3, minutes_between_retries: float = 2
) -> StepFunction | Callable[[StepFunction], StepFunction]:
    """Try a step again when it fails. The compiler reads the arguments from the source.

    Args:
        function: The step, when the decorator stands without arguments.
        times: Further attempts after the first.
        minutes_between_retries: Minutes between a failure and the next attempt.
    """
    return function if function is not None else _same


def resources(
    function: StepFunction | None = None,
    *,
    cpu: float = 1,
    memory: int = 4096,
    gpu: int | None = None,
    disk: int | None = None,
    shared_memory: int | None = None,
) -> StepFunction | Callable[[StepFunction], StepFunction]:
    """What a step's tasks need. Schedulers are asked for it; a local run has what the machine has.

    Args:
        function: The step, when the decorator stands without arguments.
        cpu: Virtual CPUs.
        memory: Memory in MiB.
        gpu: GPUs.
        disk: Disk for temporary files in MiB; AWS Batch has no such limit.
        shared_memory: Memory that processes share, `/dev/shm`, in MiB.
    """
    return function if function is not None else _same


def kubernetes(
    function: StepFunction | None = None, **options: Any
) -> StepFunction | Callable[[StepFunction], StepFunction]:
    """How a step's pods are made, where Kubernetes runs them. The compiler reads the arguments from the source.

    Args:
        function: The step, when the decorator stands without arguments.
        options: Resources, image, node selector and so on; `docs/compute.md` has them all.
    """
    return function if function is not None else _same


def batch(
    function: StepFunction | None = None, **options: Any
) -> StepFunction | Callable[[StepFunction], StepFunction]:
    """How a step's jobs are made, where AWS Batch runs them. The compiler reads the arguments from the source.

    Args:
        function: The step, when the decorator stands without arguments.
        options: Resources, image, queue and so on; `docs/compute.md` has them all.
    """
    return function if function is not None else _same


def timeout(
    function: StepFunction | None = None, *, seconds: float = 0, minutes: float = 0, hours: float = 0
) -> StepFunction | Callable[[StepFunction], StepFunction]:
    """End a step that runs for too long, as if it had raised `StepTimeout`. The compiler reads the arguments.

    Args:
        function: The step, when the decorator stands without arguments (which the compiler refuses).
        seconds: Seconds; the three are added up.
        minutes: Minutes.
        hours: Hours.
    """
    return function if function is not None else _same


def catch(
    function: StepFunction | None = None, *, var: str | None = None, print_exception: bool = True
) -> StepFunction | Callable[[StepFunction], StepFunction]:
    """Go on after a step that fails for good. The compiler reads the arguments from the source.

    Args:
        function: The step, when the decorator stands without arguments.
        var: The artifact that becomes a `CaughtError`, or None when there was nothing to catch.
        print_exception: The traceback is printed.
    """
    return function if function is not None else _same


def environment(
    function: StepFunction | None = None, *, vars: Mapping[str, str] | None = None
) -> StepFunction | Callable[[StepFunction], StepFunction]:
    """Environment variables that a step's code sees. The compiler reads them from the source.

    Args:
        function: The step, when the decorator stands without arguments.
        vars: Names and values.
    """
    return function if function is not None else _same


def secrets(
    function: StepFunction | None = None,
    *,
    sources: Iterable[str | Mapping[str, Any]] = (),
    role: str | None = None,
    allow_override: bool = False,
) -> StepFunction | Callable[[StepFunction], StepFunction]:
    """Secrets that a step's code sees as environment variables. The compiler reads the arguments from the source.

    Args:
        function: The step, when the decorator stands without arguments.
        sources: Names or ARNs in AWS Secrets Manager, or dicts with `id` and possibly `type`, `role` and `options`.
        role: The ARN of the role that they are read with.
        allow_override: They may replace variables that are set already.
    """
    return function if function is not None else _same


def card(
    function: StepFunction | None = None,
    *,
    type: str = "default",
    id: str | None = None,
    options: Mapping[str, Any] | None = None,
    timeout: float = 45,
    customize: bool = False,
    refresh_interval: float = 5,
    save_errors: bool = True,
) -> StepFunction | Callable[[StepFunction], StepFunction]:
    """A card that a step fills by `current.card`. The compiler reads the arguments from the source.

    Args:
        function: The step, when the decorator stands without arguments.
        type: What kind of card it is meant to be; kept with it.
        id: What tells it from the step's other cards: `current.card["id"]`.
        options: Kept with it.
        timeout: Accepted for Metaflow's sake: nothing is rendered in a task.
        customize: It is the one that `current.card` itself means.
        refresh_interval: Seconds between two times that `refresh` keeps it, at least.
        save_errors: What fails leaves its error in it.
    """
    return function if function is not None else _same


def schedule(
    flow: FlowClass | None = None,
    *,
    cron: str | None = None,
    timezone: str | None = None,
    hourly: bool = False,
    daily: bool = True,
    weekly: bool = False,
) -> FlowClass | Callable[[FlowClass], FlowClass]:
    """When a deployed flow runs by itself. The compiler reads the arguments from the source.

    Args:
        flow: The flow's class, when the decorator stands without arguments.
        cron: The times, as five fields of Unix or six of EventBridge.
        timezone: The name of the IANA time zone whose clock counts; None for UTC.
        hourly: When an hour begins.
        daily: When a day begins; what is meant when nothing else is said.
        weekly: When Sunday begins.
    """
    return flow if flow is not None else _same_class


def project(
    flow: FlowClass | None = None, *, name: str = "", branch: str | None = None, production: bool = False
) -> FlowClass | Callable[[FlowClass], FlowClass]:
    """What a flow belongs to, so that several people and branches can deploy it. The compiler reads the arguments.

    Args:
        flow: The flow's class, when the decorator stands without arguments (which the compiler refuses).
        name: The project's name: lower-case letters, digits and underscores.
        branch: The branch, in the same characters; None for that of the user who deploys.
        production: The branch is for production.
    """
    return flow if flow is not None else _same_class


def _same_class(flow: FlowClass) -> FlowClass:
    return flow


def _same(function: StepFunction) -> StepFunction:
    return function


class _JSONType:
    """The type of parameters whose values are any JSON."""

    name = "JSON"

    def __repr__(self) -> str:
        return "JSONType"


JSONType = _JSONType()


class ParameterContext(NamedTuple):
    """What a function that gives a parameter's default is called with.

    Attributes:
        flow_name: The flow's name.
        user_name: Who has started the run, as `current.username`; None where nobody has said that.
        parameter_name: The parameter.
        logger: Prints a line.
        ds_type: The kind of store: `local` or `s3`.
        configs: The flow's configs; None in a flow without any.
    """

    flow_name: str
    user_name: str | None
    parameter_name: str
    logger: Callable[..., None]
    ds_type: str
    configs: Any


class Parameter:
    """A parameter of a flow, as a class attribute: `alpha = Parameter("alpha", default=0.1)`.

    The compiler reads the arguments from the source. In a task, the attribute is the run's value, and read-only.

    Args:
        name: What a run is started with, `--alpha 0.2`; the same as the attribute's name.
        default: The value when none is given; None when a run may do without. What is not a constant is found by the
            start task, and a function is then called with a `ParameterContext`.
        type: `str`, `int`, `float`, `bool` or `JSONType`; without it, the type of the default, or else `str`.
        help: One sentence, shown by `flowc run FLOW.py --help` and by schedulers.
        required: A run must give a value.
        show_default: Accepted for Metaflow's sake; flowc always shows the default.
        separator: The value is a list of the texts that stand between these in what is given.
    """

    def __init__(
        self,
        name: str,
        default: Any = None,
        type: Any = None,
        help: str | None = None,
        required: bool | None = None,
        show_default: bool | None = None,
        *,
        separator: str | None = None,
    ) -> None:
        self.name = name
        self.default = default

    @overload
    def __get__(self, flow: None, owner: type[FlowSpec]) -> Parameter: ...
    @overload
    def __get__(self, flow: FlowSpec, owner: type[FlowSpec]) -> Any: ...
    def __get__(self, flow: FlowSpec | None, owner: type[FlowSpec]) -> Any:
        return self if flow is None else flow._flowc.parameter(self.name)

    def __set__(self, flow: FlowSpec, value: Any) -> NoReturn:
        raise AttributeError(f"parameter `{self.name}` cannot be assigned; use another attribute")


class IncludeFile(Parameter):
    """A parameter whose value is the content of a file: `words = IncludeFile("words", default="words.txt")`.

    The compiler reads the arguments from the source, and the default file when the flow is compiled. A run is given
    another one by its path or URL. In a task, the attribute is the text or the bytes, and read-only.

    Args:
        name: As for a parameter.
        required: A run must give a file.
        is_text: The value is a string; otherwise it is bytes.
        encoding: Of the text; UTF-8 without it.
        help: One sentence.
        parser: Not compiled in this version.
        default: The path of the file, relative to the folder of the flow's file.
        show_default: As for a parameter.
    """

    def __init__(
        self,
        name: str,
        required: bool | None = None,
        is_text: bool | None = None,
        encoding: str | None = None,
        help: str | None = None,
        parser: Any = None,
        *,
        default: Any = None,
        show_default: bool | None = None,
    ) -> None:
        super().__init__(name, default)


class Current:
    """Facts about the running task. Outside of a task every attribute is None, and `is_running_flow` is False.

    Attributes:
        flow_name: The flow's name.
        run_id: The run, as in `Run("Flow/run_id")`.
        step_name: The step's name.
        task_id: The task within its step: item numbers joined by dots, `_` outside of a foreach.
        pathspec: `flow_name/run_id/step_name/task_id`.
        attempt: The engine's name for this attempt; never used twice.
        retry_count: How often the step was tried before, from 0.
        parameter_names: The flow's parameters, in source order.
        tags: What the run was started with by `--tag`; the client knows of the system's tags too.
        username: Who started the run; None where nobody has said that.
        origin_run_id: The run that this one takes its inputs from; None for a whole run.
        project_name: The name in `@project`; None, like all that follows, for a flow without it.
        branch_name: `prod`, `prod.x`, `test.x` or `user.name`.
        is_production: Whether that is a branch for production.
        is_user_branch: Whether it is the branch of who has deployed the flow.
        project_flow_name: `project_name.branch_name.flow_name`.
    """

    flow_name: str | None = None
    run_id: str | None = None
    step_name: str | None = None
    task_id: str | None = None
    pathspec: str | None = None
    attempt: str | None = None
    retry_count: int | None = None
    parameter_names: tuple[str, ...] | None = None
    tags: frozenset[str] | None = None
    username: str | None = None
    origin_run_id: str | None = None
    project_name: str | None = None
    branch_name: str | None = None
    is_production: bool | None = None
    is_user_branch: bool | None = None
    project_flow_name: str | None = None
    # as text, since a task that does not ask should not wait for `datetime` to be imported
    _logical_date: str | None = None
    _data_interval: tuple[str | None, str | None] = (None, None)
    _tempdir: str | None = None
    _card: Any = None
    _no_card: Any = None

    @property
    def is_running_flow(self) -> bool:
        """Whether a task is running here."""
        return self.flow_name is not None

    @property
    def logical_date(self) -> datetime | None:
        """The time that the run is for, in UTC: when it was due; None for a run that is for no particular time."""
        return _datetime(self._logical_date)

    @property
    def data_interval_start(self) -> datetime | None:
        """When the time begins whose data the run is for, in UTC; None where there is no such interval."""
        return _datetime(self._data_interval[0])

    @property
    def data_interval_end(self) -> datetime | None:
        """When it ends."""
        return _datetime(self._data_interval[1])

    @property
    def tempdir(self) -> str | None:
        """A directory for files that need not outlive the task: the step's file system in memory, if it has one."""
        if self._tempdir is not None or not self.is_running_flow:
            return self._tempdir
        from tempfile import gettempdir

        return gettempdir()

    @property
    def card(self) -> Any:
        """The step's cards: `append`, `extend`, `clear`, `refresh`, `components`, and `card[id]` for one of several."""
        if self._card is not None:
            return self._card
        if self._no_card is None:
            from flowc.cards.collector import NO_CARDS, NoCard

            self._no_card = NoCard(NO_CARDS)
        return self._no_card

    def get(self, name: str, default: Any = None) -> Any:
        """The attribute of this name, also if it is None; the default if there is none."""
        return getattr(self, name, default)

    def __contains__(self, name: str) -> bool:
        """Whether there is such an attribute, and it is not None."""
        return (self._card if name == "card" else getattr(self, name, None)) is not None


def _datetime(text: str | None) -> datetime | None:
    if text is None:
        return None
    from datetime import datetime

    return datetime.fromisoformat(text)


current = Current()
