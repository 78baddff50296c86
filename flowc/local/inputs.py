"""What a step that is to run again needs of a run: which task it is, its inputs, the parameters."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from flowc.contract import (
    NO_PATH,
    Address,
    Path,
    Plan,
    PlanStep,
    format_path,
    item_addresses,
    parent_addresses,
    split_address,
)
from flowc.diagnostics import Diagnostic
from flowc.errors import FlowcError
from flowc.runner import parameters
from flowc.runner.code import open_code
from flowc.store.objects import ObjectStore
from flowc.store.origins import located, origins_of
from flowc.store.records import Commit, RunRecord

_SHOWN = 8  # names in a message


class Wanted(NamedTuple):
    """A step that is to run again.

    Attributes:
        plan: The flow, as its source is now.
        step: A step of it.
        path: Which of its tasks; None if there is only one.
        parameters: New values by name; JSON.
    """

    plan: Plan
    step: str
    path: Path | None
    parameters: Mapping[str, Any]


class Inputs(NamedTuple):
    """What was found.

    Attributes:
        task: The task that is to run again, as one of the run that it was taken from.
        record: The record of that run, with the parameters of the new one as far as they are known.
    """

    task: Address
    record: RunRecord


Found = tuple[Inputs | None, tuple[Diagnostic, ...]]


def find_inputs(store: ObjectStore, wanted: Wanted, run: str) -> Found:
    """Look for everything that a task needs.

    Args:
        store: Where the run is.
        wanted: What is to run.
        run: The key of the run; its record is there.

    Returns:
        What was found, or else why it cannot be.

    Raises:
        FlowcError: The store cannot be read.
    """
    return _Search(store, wanted, run).find()


class _Search:
    def __init__(self, store: ObjectStore, wanted: Wanted, run: str) -> None:
        self._store = store
        self._wanted = wanted
        self._plan = wanted.plan
        self._step = wanted.plan.steps[wanted.step]
        self._run = run
        self._name = f"`{wanted.plan.flow}/{run}`"
        self._origins = origins_of(store, wanted.plan.flow, run)

    def find(self) -> Found:
        record = RunRecord.parse(self._store.read(f"{self._plan.flow}/runs/{self._run}/run.json"))
        self._record = record
        task, problem = self._task()
        if task is None:
            return None, (problem,) if problem else ()
        missing = self._missing(task)
        record, problems = _parameters(self._plan, record, self._wanted.parameters, self._name)
        found = [*([self._no_inputs(missing)] if missing else []), *problems]
        if found:
            return None, tuple(found)
        return Inputs(task, record), ()

    def _address(self, step: str, path: Path) -> Address:
        return Address(self._plan.flow, self._run, step, path)

    def _commits(self, tasks: Sequence[Address]) -> list[Commit | None]:
        places = located(self._store, tasks, self._origins)
        found = self._store.read_many([place.commit_key for place in places])
        return [None if data is None else Commit.parse(data) for data in found]

    def _task(self) -> tuple[Address | None, Diagnostic | None]:
        step, path = self._step, self._wanted.path
        if path is None:
            paths, unfinished = self._paths()
            if len(paths) == 1:
                return self._address(step.name, paths[0]), None
            return None, self._several(paths) if paths else self._no_inputs(unfinished)
        if len(path) != len(step.within):
            return None, self._wrong_length(path)
        for depth, name in enumerate(step.within):
            split = self._address(name, path[:depth])
            (commit,) = self._commits([split])
            if commit is None or commit.splits is None:
                return None, self._no_inputs([split])
            if path[depth] >= commit.splits:
                return None, self._no_item(split, path[depth], commit.splits)
        return self._address(step.name, path), None

    def _paths(self) -> tuple[list[Path], list[Address]]:
        """The paths of all tasks that the step can have, and the foreach tasks around them that have not finished."""
        paths: list[Path] = [()]
        unfinished: list[Address] = []
        for name in self._step.within:
            splits = [self._address(name, path) for path in paths]
            paths = []
            for split, commit in zip(splits, self._commits(splits), strict=True):
                if commit is None or commit.splits is None:
                    unfinished.append(split)
                else:
                    paths += [(*split.path, number) for number in range(commit.splits)]
        return paths, unfinished

    def _missing(self, task: Address) -> list[Address]:
        """The inputs of a task that have not finished."""
        if self._step.join == "foreach":
            split = split_address(self._plan, task)
            (commit,) = self._commits([split])
            if commit is None or commit.splits is None:
                return [split]
            needed = item_addresses(self._plan, task, commit.splits)
        else:
            needed = parent_addresses(self._plan, task)
        return [t for t, commit in zip(needed, self._commits(needed), strict=True) if commit is None]

    def _several(self, paths: Sequence[Path]) -> Diagnostic:
        failed = self._failed()
        some = f"--path {format_path(failed[0])}, which failed, or " if failed else ""
        first = f"--path {format_path(paths[0])}"
        return Diagnostic(
            code="FC611",
            message=f"step `{self._step.name}` has {len(paths)} tasks in run {self._name}",
            help=f"say which one, as in {some}{first}; there are {_listed(map(format_path, paths))}",
        )

    def _failed(self) -> list[Path]:
        """The tasks of the step that have ended without a result in the run itself."""
        flow, name = self._plan.flow, self._step.name
        prefix = f"{flow}/runs/{self._run}/{name}/"
        ended: set[str] = set()
        committed: set[str] = set()
        for key in self._store.keys(prefix):
            path, _, rest = key.removeprefix(prefix).partition("/")
            if rest.endswith("/task.json"):
                ended.add(path)
            elif rest == "commit.json":
                committed.add(path)
        return sorted(tuple(map(int, path.split("."))) for path in ended - committed if path != NO_PATH)

    def _wrong_length(self, path: Path) -> Diagnostic:
        within = self._step.within
        if not within:
            help = "leave --path out"
        else:
            numbers = ".".join("0" for _ in within)
            help = f"give the numbers of the items of {_listed(f'`{s}`' for s in within)}, as in --path {numbers}"
        return Diagnostic(
            code="FC611",
            message=f"`{format_path(path)}` is no path of step `{self._step.name}`, which is inside "
            f"{_count(len(within), 'foreach')}",
            help=help,
        )

    def _no_item(self, split: Address, number: int, splits: int) -> Diagnostic:
        return Diagnostic(
            code="FC611",
            message=f"`{_task_name(split)}` has made no item {number} in run {self._name}",
            help=f"it has made {_count(splits, 'item')}, from 0 to {splits - 1}",
        )

    def _no_inputs(self, missing: Sequence[Address]) -> Diagnostic:
        names = _listed((f"`{_task_name(task)}`" for task in missing), last="and")
        one = _task_name(missing[0]) if len(missing) == 1 else None
        if one is None:
            advice = "take a run in which they have finished; `flowc show RUN` tells how far one has come"
        else:
            advice = f"run that first, with --step {one}, and then this one --from the run that comes of it"
        return Diagnostic(
            code="FC610",
            message=f"step `{self._step.name}` needs the results of {names}, which {'has' if one else 'have'} not "
            f"finished in run {self._name}",
            help=self._changes(missing) or advice,
        )

    def _changes(self, missing: Sequence[Address]) -> str:
        """What is different in the flow since that run, if that may be why; empty if nothing is."""
        before: Plan | None = None
        with suppress(FlowcError):  # the package may have been removed since, and its plan is not needed otherwise
            _, before = open_code(self._store, self._plan.flow, self._record.code, os.environ)
        if before is None:
            return ""
        unknown = dict.fromkeys(task.step for task in missing if task.step not in before.steps)
        if unknown:
            steps = _listed((f"`{name}`" for name in unknown), last="or")
            return f"the source has changed since: that run's flow had no step {steps}"
        then = before.steps.get(self._step.name)
        if then is not None and _place(then) != _place(self._step):
            return (
                f"the source has changed since: in that run, `{then.name}` came after {_described(then)}, "
                f"and now it comes after {_described(self._step)}"
            )
        return ""


def _place(step: PlanStep) -> tuple[object, ...]:
    return step.parents, step.within, step.join


def _described(step: PlanStep) -> str:
    after = _listed((f"`{name}`" for name in step.parents), last="and") if step.parents else "nothing"
    return f"{after}, inside the foreach of {_listed(f'`{s}`' for s in step.within)}" if step.within else after


def _parameters(
    plan: Plan, record: RunRecord, given: Mapping[str, Any], name: str
) -> tuple[RunRecord, list[Diagnostic]]:
    """The old run's record with the new one's parameters: as given, as in the old one, or the default.

    What the flow's own code has to say of a default is left out.
    """
    files = record.files or {}
    kept = [p for p in plan.parameters if p.name not in given and p.name in {*record.parameters, *files}]
    others = plan._replace(parameters=tuple(p for p in plan.parameters if p not in kept))
    known = {p.name for p in plan.parameters}
    values, problems = parameters.check(others, {n: v for n, v in given.items() if n in known})
    # with all the names at hand that may have been meant
    problems += [p for p in parameters.check(plan, given)[1] if p.code == "FC601"]
    found = [Diagnostic(code=p.code, message=p.message, help=p.help) for p in problems]
    for parameter in kept:
        values[parameter.name] = value = record.parameters.get(parameter.name)
        if parameter.name in files and parameter.type != "file":
            found.append(_misfit(name, f"parameter `{parameter.name}` was a file", f"--{parameter.name} VALUE"))
        elif value is not None and parameter.type != "any":
            checked, problems = parameters.check(plan._replace(parameters=(parameter,)), {parameter.name: value})
            found += [_misfit(name, p.message, p.help) for p in problems]
            values[parameter.name] = checked[parameter.name]
    taken = {p.name: files[p.name] for p in kept if p.name in files}
    ordered = {p.name: values[p.name] for p in plan.parameters if p.name in values}
    return record._replace(parameters=ordered, files=taken or None), found


def _misfit(run: str, problem: str, help: str) -> Diagnostic:
    return Diagnostic(
        code="FC612",
        message=f"the value from run {run} does not fit the flow any more: {problem}",
        help=f"give another one: {help}",
    )


def _task_name(task: Address) -> str:
    return f"{task.step}/{format_path(task.path)}" if task.path else task.step


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'s' if number > 1 else ''}"


def _listed(names: Iterable[str], last: str = "") -> str:
    """Some names, and how many more there are."""
    found = list(names)
    if len(found) > _SHOWN:
        return f"{', '.join(found[: _SHOWN - 1])} and {len(found) - _SHOWN + 1} more"
    if len(found) > 1 and last:
        return f"{', '.join(found[:-1])} {last} {found[-1]}"
    return ", ".join(found)
