"""Running one step again, here, with the inputs that it had in some run; also under a debugger.

What runs is the flow's present source. It becomes a run of its own, which has only this task and says where its inputs
are; nothing of the other run is copied or changed.
"""

from __future__ import annotations

import os
import sys
import time
from bdb import BdbQuit
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

from flowc.contract import EXIT_OK, Address, Plan, PlanStep, run_key
from flowc.diagnostics import Diagnostic
from flowc.ir.steps import IncludedFile
from flowc.local.engine import Engine, RunState, Watcher, new_attempt, write_end
from flowc.local.inputs import Inputs, Wanted, find_inputs
from flowc.local.interruptions import Interruptions
from flowc.local.zygote import Zygote
from flowc.package import CodePackage, upload_files, upload_package
from flowc.runner.loader import load_flow
from flowc.runner.output import say
from flowc.runner.request import Request
from flowc.runner.start import Start
from flowc.runner.task import NOBODY, Code, StepError, perform
from flowc.runner.tracebacks import own_frames
from flowc.runner.words import Teller
from flowc.store.objects import ObjectStore
from flowc.store.opening import open_store, prepare_store
from flowc.store.records import RunRecord


class Rerun(NamedTuple):
    """What is to be done.

    Attributes:
        wanted: Step, path and parameters.
        folder: The folder of the flow's source.
        package: The code package of that source.
        files: What the flow includes by default.
        store_url: Where the run is, and where the new one goes.
        find_run: The key of the run that has the inputs; called when the store may be opened.
        run_id: The new run's id; not used before.
        start: What else is to be known of the new run; the rest is as in the old one.
        is_branch_chosen: Whether the project's branch is the one that the plan says; else that of the old run counts.
        listen: Told of the task, as one of the old run, and of the branch, when it is about to run.
    """

    wanted: Wanted
    folder: str
    package: CodePackage
    files: Iterable[IncludedFile]
    store_url: str
    find_run: Callable[[], str]
    run_id: str
    start: Start
    is_branch_chosen: bool
    listen: Callable[[Address, str | None], None]


Ended = tuple[RunState | None, tuple[Diagnostic, ...]]


def run_again(rerun: Rerun, watch: Callable[[], Watcher]) -> Ended:
    """Run a step as a local run does, in a process of its own, once, whatever its `@retry` says.

    Args:
        rerun: The step.
        watch: Makes what hears what happens; called when something is about to.

    Returns:
        How that ended, or why it was not begun.

    Raises:
        FlowcError: There is no such run, or the store cannot be used.
    """
    plan = _for_one_step(rerun.wanted, debugged=False)
    with Interruptions() as interruptions:
        prepare_store(rerun.store_url)
        # before anything else: what it forks must know no thread and no store
        zygote = Zygote(plan, rerun.folder)
        try:
            store = open_store(rerun.store_url)
            inputs, found = find_inputs(store, rerun.wanted, rerun.find_run())
            if inputs is None:
                return None, found
            request = _begin(store, rerun, inputs)
            engine = Engine(plan, zygote, store, 1, watch(), interruptions)
            return engine.run(request, _Single(request.task)), ()
        finally:
            zygote.close()


def debug_again(rerun: Rerun) -> Ended:
    """Run a step in this process, on this terminal, so that debuggers work; its time limit is off.

    An exception is examined with the debugger that `breakpoint` opens. Its output is not kept in the store.

    Returns:
        How that ended, or why it was not begun.

    Raises:
        FlowcError: There is no such run, or the store cannot be used.
    """
    plan = _for_one_step(rerun.wanted, debugged=True)
    store = open_store(rerun.store_url)
    inputs, found = find_inputs(store, rerun.wanted, rerun.find_run())
    if inputs is None:
        return None, found
    request = _begin(store, rerun, inputs)._replace(attempt=new_attempt())
    examined = _Examined()
    state = RunState.FAILED
    try:
        load = partial(load_flow, rerun.folder, plan.module, plan.flow)
        if perform(request, store, Code(plan, load), NOBODY, examined.guard) == EXIT_OK:
            state = RunState.SUCCEEDED
        elif examined.is_interrupted:
            state = RunState.INTERRUPTED
    except KeyboardInterrupt:
        state = RunState.INTERRUPTED
        raise
    finally:
        write_end(store, request.task.flow, request.task.run, state)
    return state, ()


def _for_one_step(wanted: Wanted, *, debugged: bool) -> Plan:
    def alone(step: PlanStep) -> PlanStep:
        step = step._replace(retries=0)
        if not debugged:
            return step
        # who leaves the debugger at an exception has seen the step fail; what catches it would call that a success
        return step._replace(timeout_s=None, catch=step.catch and _post_mortem() is None)

    steps = wanted.plan.steps
    return wanted.plan._replace(steps={**steps, wanted.step: alone(steps[wanted.step])})


def _begin(store: ObjectStore, rerun: Rerun, inputs: Inputs) -> Request:
    """Start the new run; the request of its task, which writes the run's record as a first task does."""
    flow, origin, step, path = inputs.task
    before, start, project = inputs.record, rerun.start, rerun.wanted.plan.project
    branch = _branch(rerun, before)
    fresh = before._replace(
        run_id=rerun.run_id,
        code=rerun.package.code,
        engine="local",
        created_ns=time.time_ns(),
        origin=origin,
        tags=tuple(sorted({*before.tags, *start.tags})),
        user=start.user,
        project=None if project is None else project.name,
        branch=branch,
        logical_date=start.logical_date or before.logical_date,
        data_interval=start.data_interval or before.data_interval,
    )
    rerun.listen(inputs.task, branch)
    upload_package(store, flow, rerun.package)
    upload_files(store, flow, rerun.files)
    return Request(
        store=rerun.store_url,
        code=rerun.package.code,
        run_id=rerun.run_id,
        task=Address(flow, run_key(rerun.run_id), step, path),
        attempt="",
        retry=0,
        parameters={},
        engine="local",
        fresh=fresh,
    )


def _branch(rerun: Rerun, before: RunRecord) -> str | None:
    """The branch of the flow's project that the new run is of."""
    project = rerun.wanted.plan.project
    if project is None:
        return None
    if rerun.is_branch_chosen or before.branch is None or before.project != project.name:
        return project.branch
    return before.branch


class _Single:
    """One task, and none after it."""

    def __init__(self, task: Address) -> None:
        self._tasks = [task]

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def take(self) -> Address:
        return self._tasks.pop()

    def finished(self, task: Address, splits: int | None) -> None:
        pass


class DebuggerLeft(StepError, KeyboardInterrupt):
    """The user has ended the step in the debugger; no `@catch` catches that."""


class _Examined:
    """What the step's code runs in: a debugger gets to see what it raises."""

    def __init__(self) -> None:
        self.is_interrupted = False

    @contextmanager
    def guard(self, _step: str, _limit_s: float | None, _teller: Teller) -> Iterator[None]:
        try:
            yield
        except BdbQuit:
            self.is_interrupted = True
            raise DebuggerLeft("the step was ended in the debugger") from None
        except BaseException as error:  # the user's code may raise anything
            self.is_interrupted = isinstance(error, KeyboardInterrupt)
            _examine(error)
            raise


def _examine(error: BaseException) -> None:
    post_mortem = _post_mortem()
    if post_mortem is not None:
        say(f"flowc: {type(error).__name__}: {error}; `q` leaves the debugger\n")
        post_mortem(own_frames(error))


def _post_mortem() -> Any:
    """The function of the user's debugger that opens it on a traceback; None if nothing is to be opened.

    `PYTHONBREAKPOINT` names a function such as `ipdb.set_trace`; the debuggers that have one have `post_mortem` too.
    PyCharm and VS Code (both pydevd) stop at exceptions themselves.

    Source: https://docs.python.org/3/using/cmdline.html#envvar-PYTHONBREAKPOINT
    """
    hook = os.environ.get("PYTHONBREAKPOINT") or "pdb.set_trace"
    if hook == "0" or "pydevd" in sys.modules:
        return None
    try:
        module = import_module(hook.rpartition(".")[0])
    except (ImportError, ValueError):  # `breakpoint` warns of it, and goes on
        return None
    return getattr(module, "post_mortem", None)
