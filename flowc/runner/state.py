"""What a flow object asks of its task: artifacts, items, parameters, inputs."""

from __future__ import annotations

from collections.abc import Container, Mapping
from copy import deepcopy
from functools import cached_property
from typing import Any

from flowc.contract import Address, Plan
from flowc.errors import ContractError, StoreError
from flowc.spec import FlowSpec, ForeachFrame, MergeArtifactsError
from flowc.store import artifacts
from flowc.store.artifacts import Items, Record
from flowc.store.objects import ObjectStore
from flowc.store.origins import located, origins_of
from flowc.store.records import Commit, RunRecord, TaskRecord, read_finished


class ArtifactError(Exception):
    """An artifact's bytes are there, and its own code does not make a value of them."""


class RunState:
    """What the tasks of one run have in common, as one of them sees it.

    Attributes:
        plan: The flow's plan.
        store: Where everything is.
        record: What its start task has found.
    """

    def __init__(self, plan: Plan, store: ObjectStore, record: RunRecord) -> None:
        self.plan = plan
        self.store = store
        self.record = record
        self._origins = origins_of(store, plan.flow, record.origin)
        self._finished: dict[Address, tuple[Commit, TaskRecord]] = {}

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The run's parameters as its steps see them, without included files."""
        separators = {p.name: p.separator for p in self.plan.parameters if p.separator is not None}
        return {n: _separated(v, separators.get(n)) for n, v in self.record.parameters.items()}

    @cached_property
    def shared(self) -> Mapping[str, Record]:
        """The records of what is the same artifact in all tasks: included files and configs, by their names."""
        return {**(self.record.files or {}), **(self.record.configs or {})}

    def finished(self, tasks: tuple[Address, ...]) -> list[tuple[Commit, TaskRecord]]:
        """Commit and record of finished tasks, each read once."""
        missing = [t for t in tasks if t not in self._finished]
        if missing:
            found = read_finished(self.store, located(self.store, missing, self._origins))
            self._finished.update({t: (c, r) for t, (_, c, r) in zip(missing, found, strict=True)})
        return [self._finished[t] for t in tasks]

    def frames(self, task: Address) -> list[ForeachFrame]:
        """The foreachs around a task, outermost first."""
        return [
            ForeachFrame(number, self._items(task, depth).total, self.item(task, depth))
            for depth, number in enumerate(task.path)
        ]

    def item(self, task: Address, depth: int) -> Any:
        """The item of one of the foreachs around a task; `depth` counts from the outermost, 0."""
        return artifacts.load_item(self.store, task.flow, self._items(task, depth), task.path[depth])

    def _items(self, task: Address, depth: int) -> Items:
        split = task._replace(step=self.plan.steps[task.step].within[depth], path=task.path[:depth])
        ((_, record),) = self.finished((split,))
        if record.items is None or task.path[depth] >= record.items.total:
            raise ContractError(f"task {split} has no item {task.path[depth]}")
        return record.items


class FlowState:
    """Behind one flow object: a running task's, or that of a finished task which a join sees as an input.

    Attributes:
        task: The address.
        records: The artifacts that lie in the store, by name; what a task assigns is not here.
        moved_on: `self.next` was called.
    """

    def __init__(self, run: RunState, task: Address, records: Mapping[str, Record]) -> None:
        self.task = task
        self.records = dict(records)
        self.moved_on = False
        self._run = run
        self._item: list[Any] = []
        self._parameters: dict[str, Any] = {}

    def load(self, name: str) -> Any:
        record = self.records.get(name)
        if record is None:
            raise AttributeError(
                f"step `{self.task.step}` reads the artifact `{name}`, and no step before it has assigned it"
                + (" (a join has its `inputs`' artifacts only by `merge_artifacts`)" if self._is_join else "")
            )
        return self._loaded(name, record)

    def _loaded(self, name: str, record: Record) -> Any:
        try:
            return artifacts.load(self._run.store, self.task.flow, record)
        except StoreError:
            raise
        except Exception as error:  # unpickling runs the value's own code
            kind = type(error).__name__
            raise ArtifactError(
                f"artifact `{name}` of type {record['type']} cannot be loaded: {kind}: {error}"
            ) from error

    def forget(self, name: str) -> bool:
        return self.records.pop(name, None) is not None

    def parameter(self, name: str) -> Any:
        # a step that changes a list in place changes its own copy, not the run's parameter
        if name not in self._parameters:
            record = self._run.shared.get(name)
            loaded = deepcopy(self._run.parameters[name]) if record is None else self._loaded(name, record)
            self._parameters[name] = loaded
        return self._parameters[name]

    def index(self) -> int | None:
        return self.task.path[-1] if self.task.path else None

    def item(self) -> Any:
        if not self.task.path:
            return None
        if not self._item:
            self._item.append(self._run.item(self.task, len(self.task.path) - 1))
        return self._item[0]

    def frames(self) -> list[ForeachFrame]:
        return self._run.frames(self.task)

    def transition(self, targets: tuple[Any, ...], options: dict[str, Any]) -> None:
        # where it leads was decided by the compiler; that it was reached is all there is to know
        step = self._run.plan.steps[self.task.step]
        if not options.keys() <= {"foreach"} or options.get("foreach", step.foreach) != step.foreach:
            raise ValueError(
                f"`self.next` of step `{step.name}` is called with {options}, and the flow was compiled with "
                f"{'no keywords' if step.foreach is None else f'foreach={step.foreach!r}'}: what calls it, possibly a "
                "decorator, cannot decide that"
            )
        self.moved_on = True

    def merge(self, flow: FlowSpec, inputs: Any, include: list[str] | None, exclude: list[str] | None) -> None:
        if not self._is_join:
            raise MergeArtifactsError("merge_artifacts is for joins: the step takes no inputs", ())
        if include is not None and exclude is not None:
            raise ValueError("merge_artifacts takes `include` or `exclude`, not both")
        candidates = _by_name(inputs, {*self._run.parameters, *self._run.shared})
        if include is not None:
            missing = tuple(n for n in include if n not in candidates and n not in vars(flow))
            if missing:
                raise MergeArtifactsError(f"no input has the artifacts {_names(missing)}", missing)
        chosen = {
            name: found
            for name, found in candidates.items()
            if name not in vars(flow)
            and (include is None or name in include)
            and (exclude is None or name not in exclude)
        }
        differing = tuple(sorted(n for n, found in chosen.items() if not artifacts.records_agree(found)))
        if differing:
            raise MergeArtifactsError(
                f"the inputs differ in {_names(differing)}: assign them in the join before merge_artifacts, "
                "or leave them out with `exclude`",
                differing,
            )
        self.records.update({name: dict(found[0]) for name, found in chosen.items()})

    @property
    def _is_join(self) -> bool:
        return self._run.plan.steps[self.task.step].join is not None


def _separated(value: Any, separator: str | None) -> Any:
    return value.split(separator) if separator is not None and value else value


def _by_name(inputs: Any, parameters: Container[str]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for flow in inputs:
        for name, record in flow._flowc.records.items():
            if name not in parameters:
                found.setdefault(name, []).append(record)
    return found


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{n}`" for n in names)
