"""Running one task: load inputs, call the step, save outputs, commit."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, MappingView
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, TypeAlias

from flowc import contract
from flowc._version import __version__
from flowc.contract import Address, Plan, PlanStep, format_path
from flowc.errors import ContractError, FlowcError, ParameterError, SecretError, StoreError
from flowc.runner import environment, parameters
from flowc.runner.beginning import Beginning, begin
from flowc.runner.defaults import DefaultError
from flowc.runner.facts import set_current
from flowc.runner.limits import time_limit
from flowc.runner.output import say
from flowc.runner.request import Request, check_request
from flowc.runner.state import FlowState, RunState
from flowc.runner.termination import TERMINATION, words_for
from flowc.runner.tracebacks import format_traceback
from flowc.runner.words import Teller
from flowc.spec import CaughtError, FlowSpec, Inputs, Parameter, TaskDied
from flowc.store import artifacts, codec
from flowc.store.artifacts import Items, Pack, Record
from flowc.store.objects import ObjectStore
from flowc.store.records import (
    DONE,
    FAILED,
    TERMINATED,
    Commit,
    RunRecord,
    TaskRecord,
    write_commit,
    write_items,
)

NOBODY = Teller()

Guard: TypeAlias = Callable[[str, float | None, Teller], AbstractContextManager[None]]


class StepError(Exception):
    """The step ran, and what it left behind cannot be used; the message is for the step's author."""


class Failure(NamedTuple):
    """Why an attempt has no result."""

    type: type[BaseException]
    message: str
    traceback: str


class Code(NamedTuple):
    """A flow that can be run here.

    Attributes:
        plan: What the compiler made of it.
        load: Imports its class; called when the task is about to run.
    """

    plan: Plan
    load: Callable[[], type[FlowSpec]]


def perform(
    request: Request, store: ObjectStore, code: Code, teller: Teller = NOBODY, guard: Guard = time_limit
) -> int:
    """Run a task, and leave either its commit or the record of its failure.

    Args:
        request: One attempt of the task.
        store: Where everything is.
        code: The flow.
        teller: Tells whoever watches the process of a time limit.
        guard: What the flow's own code runs in, like `time_limit`.

    Returns:
        An exit code of `flowc.contract`.

    Raises:
        FlowcError: The task could not be begun or saved; nothing is recorded of it.
    """
    started_ns = time.time_ns()
    plan = code.plan
    check_request(plan, request.task)
    run = _run_state(request, store, plan, started_ns)
    if isinstance(run, Beginning) and not run.asks:
        run = run.complete(None)
    set_current(request, plan, run.record)
    step = plan.steps[request.task.step]
    task = None if isinstance(run, Beginning) else _Task(request, run, step, started_ns)
    environment.provide(step, os.environ)  # the store is open already: what is set is for the step's code alone
    if step.catch and request.retry > step.retries:
        return _after_the_last(request, store, step, task, started_ns)
    flow: FlowSpec | None = None
    try:
        if step.secrets:
            _provide_secrets(step)
        with _cards(step, request, store) as add_html, guard(step.name, step.timeout_s, teller):
            cls = code.load()
            if isinstance(run, Beginning):
                task = _Task(request, run.complete(cls), step, started_ns)
            assert task is not None
            flow = task.prepare(cls)
            task.call(flow)
            add_html(flow)
        record = task.save(flow)
    except (StoreError, ContractError, ParameterError):
        raise
    except BaseException as error:  # noqa: BLE001 - the user's code may raise anything, sys.exit's SystemExit too
        failure = Failure(type(error), _message(error), _traceback(error))
        if TERMINATION.number is not None:  # whatever the code has made of it
            return _end_as_told(request, store, started_ns, failure, TERMINATION.number)
        # a run whose parameters are not known cannot go on
        if task is None or not _is_last_to_catch(request, step) or isinstance(error, KeyboardInterrupt):
            say(failure.traceback)
            record_failure(
                store,
                request,
                started_ns,
                {"type": _type(error), "message": failure.message, "traceback": failure.traceback},
            )
            return contract.EXIT_USER
        if step.print_exception:
            say(f"flowc: @catch goes on after this:\n{failure.traceback}")
        record = task.save_caught(flow, failure)
    TERMINATION.defer()
    # from here on nothing may record a failure: what a signal of the user's interrupts may be committed already
    task.commit(record)
    return contract.EXIT_OK


def _end_as_told(request: Request, store: ObjectStore, started_ns: int, failure: Failure, number: int) -> int:
    TERMINATION.defer()
    message = words_for(number)
    say(f"{failure.traceback}flowc: {message}\n")
    error = {"type": TERMINATED, "message": message, "traceback": failure.traceback}
    record_failure(store, request, started_ns, error)
    return contract.EXIT_SIGNAL + number


def _cards(step: PlanStep, request: Request, store: ObjectStore) -> AbstractContextManager[Callable[[FlowSpec], None]]:
    if not step.cards:
        return nullcontext(lambda flow: None)
    from flowc.runner.cards import collected

    return collected(step, request, store)


def _provide_secrets(step: PlanStep) -> None:
    from flowc.runner import secrets

    secrets.provide(step, os.environ)


def _after_the_last(request: Request, store: ObjectStore, step: PlanStep, task: _Task | None, started_ns: int) -> int:
    """Finish a task whose last attempt was lost, with all that could have caught that. No code of the user's runs."""
    lost = f"step `{step.name}` was tried {request.retry} times, and its last attempt has left no result"
    if task is None:
        message = f"{lost}: not even the run's parameters, without which it cannot go on"
        before = last_failure(store, request.task)
        shown = "" if before is None else before["traceback"] or f"flowc: {before['message']}\n"
        say(f"flowc: {message}\n{shown}")
        error = before or {"type": _type(TaskDied()), "message": message, "traceback": ""}
        record_failure(store, request, started_ns, error)
        return contract.EXIT_USER
    task.commit(task.save_caught(None, Failure(TaskDied, lost, "")))
    return contract.EXIT_OK


def catch_death(request: Request, store: ObjectStore, plan: Plan, started_ns: int, failure: Failure) -> bool:
    """Finish a task whose process has died, in its stead, if its step wants that. No code of the user's runs.

    Returns:
        Whether the task is finished.

    Raises:
        FlowcError: It could not be saved.
    """
    step = plan.steps[request.task.step]
    if not _is_last_to_catch(request, step):
        return False
    run = _run_state(request, store, plan, started_ns)
    if isinstance(run, Beginning):  # it died before all parameters were known, and the run cannot go on without them
        return False
    task = _Task(request, run, step, started_ns)
    task.commit(task.save_caught(None, failure))
    return True


def _is_last_to_catch(request: Request, step: PlanStep) -> bool:
    return step.catch and request.retry >= step.retries


def record_failure(store: ObjectStore, request: Request, started_ns: int, error: dict[str, str]) -> None:
    """Leave a record of an attempt that failed."""
    record = TaskRecord(FAILED, {}, None, [], error, _facts(request, started_ns))
    store.write(request.task.task_key(request.attempt), [record.data()])


def last_failure(store: ObjectStore, task: Address) -> dict[str, str] | None:
    """How the latest of a task's attempts that have left a record has failed; None if none has."""
    attempts = store.folders(f"{task.prefix}/")
    records = [TaskRecord.parse(data) for data in store.read_many([task.task_key(a) for a in attempts]) if data]
    failed = sorted((r for r in records if r.error is not None), key=lambda r: int(r.facts["started_ns"]))
    return failed[-1].error if failed else None


class _Task:
    def __init__(self, request: Request, run: RunState, step: PlanStep, started_ns: int) -> None:
        self._request = request
        self._run = run
        self._step = step
        self._started_ns = started_ns
        self._parents = self._parent_addresses()
        self._inputs: Inputs | None = None
        self._finished = run.finished(self._parents)

    def prepare(self, cls: type[FlowSpec]) -> FlowSpec:
        """The flow object that the step is called on."""
        task = self._request.task
        if self._step.join is not None:
            self._inputs = Inputs(
                (parent.step, _flow_object(cls, FlowState(self._run, parent, record.artifacts)))
                for parent, (_, record) in zip(self._parents, self._finished, strict=True)
            )
            return _flow_object(cls, FlowState(self._run, task, {}))
        return _flow_object(cls, FlowState(self._run, task, self._inherited()))

    def call(self, flow: FlowSpec) -> None:
        """Run the user's code."""
        method = getattr(flow, self._step.name)
        if self._inputs is None:
            method()
        else:
            method(self._inputs)
        if self._step.catch_var is not None:
            vars(flow)[self._step.catch_var] = None
        if not _state(flow).moved_on and self._step.name != self._run.plan.end:
            raise StepError(f"step `{self._step.name}` has returned before its `self.next`")

    def save(self, flow: FlowSpec) -> TaskRecord:
        """Write the outputs; nothing refers to them before the record is written."""
        pack = Pack(self._run.store, self._request.task.flow)
        values = self._items(flow)
        items = None if values is None else _save_items(pack, values)
        return self._record(pack, items, self._records(flow, pack))

    def save_caught(self, flow: FlowSpec | None, failure: Failure) -> TaskRecord:
        """Write what there is after a failure.

        Args:
            flow: The flow object that the step was called on; None if there is none: what it was given stays.
            failure: What was caught.
        """
        pack = Pack(self._run.store, self._request.task.flow)
        if flow is None:
            flow = self._bare()
        if self._step.catch_var is not None:
            kind = f"{failure.type.__module__}.{failure.type.__name__}"
            vars(flow)[self._step.catch_var] = CaughtError(kind, failure.message, failure.traceback)
        return self._record(pack, None, self._records(flow, pack, leave_out=True))

    def _bare(self) -> FlowSpec:
        """A flow object without the user's class."""
        return _flow_object(FlowSpec, FlowState(self._run, self._request.task, self._inherited()))

    def _inherited(self) -> dict[str, Record]:
        is_join = self._step.join is not None
        return {} if is_join or not self._finished else self._finished[0][1].artifacts

    def _record(self, pack: Pack, items: Items | None, records: dict[str, Record]) -> TaskRecord:
        pack.flush()
        parents = [
            (parent.step, format_path(parent.path), commit.attempt)
            for parent, (commit, _) in zip(self._parents, self._finished, strict=True)
        ]
        return TaskRecord(DONE, records, items, parents, None, _facts(self._request, self._started_ns))

    def commit(self, record: TaskRecord) -> None:
        """Make the task finished."""
        store, request = self._run.store, self._request
        store.write(request.task.task_key(request.attempt), [record.data()])
        splits = None if record.items is None else record.items.total
        standing = write_commit(store, request.task, Commit(request.attempt, self._started_ns, splits))
        write_items(store, request.task, standing)
        if standing.attempt != request.attempt:
            say(f"attempt {standing.attempt} of this task started later and counts instead of this one\n")

    def _parent_addresses(self) -> tuple[Address, ...]:
        plan, task = self._run.plan, self._request.task
        if self._step.join != "foreach":
            return contract.parent_addresses(plan, task)
        split = contract.split_address(plan, task)
        ((commit, _),) = self._run.finished((split,))
        if commit.splits is None:
            raise ContractError(f"task {split} has made no items")
        return contract.item_addresses(plan, task, commit.splits)

    def _items(self, flow: FlowSpec) -> list[Any] | None:
        name = self._step.foreach
        if name is None:
            return None
        try:
            value = getattr(flow, name)
        except AttributeError:
            raise StepError(f"foreach=`{name}`: the step has not assigned `self.{name}`") from None
        try:
            iterator = iter(value)
        except TypeError:
            raise StepError(f"foreach=`{name}`: a value of type {_type(value)} has no items") from None
        values = list(iterator)
        if not values:
            raise StepError(f"foreach=`{name}`: `self.{name}` is empty, and a foreach needs at least one item")
        if iterator is value or isinstance(value, MappingView):
            setattr(flow, name, values)  # an iterator is used up now, and a view cannot be saved
        return values

    def _records(self, flow: FlowSpec, pack: Pack, *, leave_out: bool = False) -> dict[str, Record]:
        """Args: leave_out: What cannot be saved is left out, with a line in the log, instead of failing the task."""
        task, state = self._request.task, _state(flow)
        records = dict(state.records)
        assigned = {n: v for n, v in vars(flow).items() if n != "_flowc"}
        for name, value in {**assigned, **self._run.parameters}.items():
            before = state.records.get(name)
            try:
                encoded = _encode(name, value)
            except StepError as error:
                if not leave_out:
                    raise
                say(f"flowc: {error}; the artifact is left out\n")
                records.pop(name, None)
                continue
            if before is not None and artifacts.is_unchanged(self._run.store, task.flow, before, encoded):
                records[name] = before
            else:
                records[name] = pack.add(encoded)
        records.update(self._run.shared)
        return records


def _run_state(request: Request, store: ObjectStore, plan: Plan, now_ns: int) -> RunState | Beginning:
    task = request.task
    if request.fresh is not None:
        return begin(plan, store, task, request.fresh)
    if task.step == plan.start:
        values = parameters.resolve(plan, request.parameters)
        return begin(plan, store, task, _fresh(request, plan, values, now_ns))
    (data,) = store.read_many([contract.run_json_key(task.flow, task.run)])
    record = None if data is None else RunRecord.parse(data)
    if record is None or record.incomplete:
        raise ContractError(f"run {task.flow}/{task.run} has not been started in the store {store.url}")
    return RunState(plan, store, record)


def _fresh(request: Request, plan: Plan, values: dict[str, Any], now_ns: int) -> RunRecord:
    """The record of a run that starts."""
    start = request.start
    return RunRecord(
        run_id=request.run_id,
        code=request.code,
        parameters=values,
        engine=request.engine,
        created_ns=now_ns,
        tags=start.tags,
        user=start.user,
        project=None if plan.project is None else plan.project.name,
        branch=None if plan.project is None else plan.project.branch,
        logical_date=start.logical_date,
        data_interval=start.data_interval,
    )


def _flow_object(cls: type[FlowSpec], state: FlowState) -> FlowSpec:
    flow = cls.__new__(cls)
    flow._flowc = state
    for name in state.records:
        # an attribute of the class would hide the artifact that has taken its place
        if hasattr(cls, name) and not isinstance(getattr(cls, name), Parameter):
            setattr(flow, name, state.load(name))
    return flow


def _state(flow: FlowSpec) -> FlowState:
    state = flow._flowc
    assert isinstance(state, FlowState)
    return state


def _encode(name: str, value: Any) -> codec.Encoded:
    try:
        return codec.encode(value)
    except Exception as error:  # pickling runs the value's own code
        raise StepError(f"artifact `{name}` of type {_type(value)} cannot be saved: {_reason(error)}") from error


def _save_items(pack: Pack, values: list[Any]) -> Items:
    try:
        return artifacts.save_items(pack, values)
    except (FlowcError, MemoryError):
        raise
    except Exception as error:  # pickling runs the values' own code
        raise StepError(f"an item of the foreach cannot be saved: {_reason(error)}") from error


def _facts(request: Request, started_ns: int) -> dict[str, Any]:
    return {
        "flow": request.task.flow,
        "run": request.task.run,
        "step": request.task.step,
        "path": format_path(request.task.path),
        "attempt": request.attempt,
        "retry": request.retry,
        "engine": request.engine,
        "code": request.code,
        "started_ns": started_ns,
        "finished_ns": time.time_ns(),
        "flowc": __version__,
        "python": platform.python_version(),
    }


def _reason(error: Exception) -> str:
    return str(error) or _type(error)  # a MemoryError says nothing


def _type(value: object) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the user's own method
        return "its message cannot be shown: `__str__` fails"


def _traceback(error: BaseException) -> str:
    """The traceback from the first line of the user's code on."""
    if isinstance(error, StepError | DefaultError | SecretError):
        return f"{error}\n"
    return format_traceback(error)
