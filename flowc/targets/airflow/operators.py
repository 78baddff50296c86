"""The statements of the DAG: an operator for each step, and their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple, assert_never

from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Sequence, Switch, Task
from flowc.ir.steps import Step
from flowc.ir.walk import regions
from flowc.targets import pysource as py
from flowc.targets.airflow.computes.base import Compute, Keywords
from flowc.targets.airflow.environment import start_env
from flowc.targets.airflow.options import AirflowOptions

ITEMS = ".items"
"""What follows a split's name in the id of the task that lists its items; no step's name has a dot."""

DEFINED = frozenset(
    (
        *("CronTriggerTimetable", "DAG", "ENV", "PATH", "Param", "Path", "RUNS"),
        *("hashlib", "json", "re"),
        *("at", "for_each", "items_of", "list_items", "run_key", "task"),
        *("datetime", "timedelta", "timezone"),
        *("ValueError", "float", "len", "range"),
    )
)
"""Names that every generated file may use: a step's variable must not replace one."""

LIST_WIDTH = 64
"""Characters up to which the branches of a split stand in one list."""

REJECTED = "a region or schedule that the target rejects has reached its `emit`"


class Mapped(NamedTuple):
    """How the file maps steps that run on the same compute.

    Attributes:
        compute: What they run on.
        path: The constant with the template that names a mapped task.
        function: The function that makes a mapped operator.
    """

    compute: Compute
    path: str
    function: str

    @property
    def partial(self) -> str:
        """The statement that makes an operator of all but the environment."""
        keywords = {"map_index_template": self.path, "max_active_tis_per_dagrun": self.compute.options.max_concurrency}
        call = py.call(f"{self.compute.operator}.partial", **keywords)
        call = replace(call, items=(*call.items, ("**", "step")))
        return py.layout(f"{self.compute.many} = ", call, indent=py.INDENT)


def mapped_computes(flow: Flow, computes: tuple[Compute, ...]) -> dict[str, Mapped]:
    """The computes of steps that are in a foreach, by their names, with names of their own where they are several."""
    inside = {step.name for r in regions(flow.root) if isinstance(r, Foreach) for step in _steps_of(r.body)}
    used = [c for c in computes if any(step.name in inside for step in c.steps)]
    if len(used) == 1:
        return {used[0].name: Mapped(used[0], "PATH", "for_each")}
    return {c.name: Mapped(c, f"{c.one.upper()}_PATH", f"for_each_{c.one}") for c in used}


def _steps_of(sequence: Sequence) -> Iterator[Step]:
    for region in regions(sequence):
        match region:
            case Task(step=step):
                yield step
            case Parallel(split=split, join=join) | Foreach(split=split, join=join):
                yield from (split, join)
            case Sequence():
                pass
            case Switch() | Loop():
                raise ValueError(REJECTED)
            case _:
                assert_never(region)


def _variables(flow: Flow, names: frozenset[str]) -> Mapping[str, str]:
    """A variable for each step, and for the items of each step; by the step's name and its name with `ITEMS`.

    A variable is named after its step unless that would hide something which the file uses.

    Args:
        names: What the file uses.
    """
    taken = set(names)
    variables: dict[str, str] = {}

    def assign(key: str, variable: str) -> None:
        while variable in taken:
            variable += "_"
        taken.add(variable)
        variables[key] = variable

    for step in flow.steps:
        assign(step.name, step.name)
    for region in regions(flow.root):
        if isinstance(region, Foreach):
            assign(region.split.name + ITEMS, f"{region.split.name}_items")
    return variables


class Body:
    """The statements in the DAG's block.

    Attributes:
        operators: The source of each assignment, a split before what follows it.
        chains: What runs one after the other, as operands of `>>`; a chain begins where another one ended.
    """

    def __init__(
        self, flow: Flow, options: AirflowOptions, computes: tuple[Compute, ...], mapped: Mapping[str, Mapped]
    ) -> None:
        self.operators: list[str] = []
        self.chains: list[list[str]] = []
        own = {name for m in mapped.values() for name in (m.path, m.function)}
        self._variables = _variables(flow, DEFINED.union(own, *(c.names for c in computes)))
        self._computes = {step.name: compute for compute in computes for step in compute.steps}
        self._mapped = mapped
        self._flow = flow
        self._options = options
        self._add_operators(flow.root, None)
        first = [call for compute in computes for call in compute.first()]
        before = [f"[{', '.join(first)}]" if len(first) > 1 else first[0]] if first else []
        self.chains.append(self._add_chains(flow.root, before))

    def edges(self) -> list[str]:
        """The chains as statements that fit on a line."""
        return [line for chain in self.chains for line in _wrap(chain)]

    def _add_operators(self, sequence: Sequence, items: str | None) -> None:
        """Args: items: The variable of the list that the sequence's steps are mapped over, if any."""
        for region in sequence.body:
            match region:
                case Task(step=step):
                    self._add_operator(step, items)
                case Sequence():
                    self._add_operators(region, items)
                case Parallel(split=split, branches=branches, join=join):
                    self._add_operator(split, items)
                    for branch in branches:
                        self._add_operators(branch, items)
                    self._add_operator(join, items)
                case Foreach(split=split, body=body, join=join):
                    self._add_operator(split, items)
                    self._add_operators(body, self._add_list(split, items))
                    self._add_operator(join, items)
                case Switch() | Loop():
                    raise ValueError(REJECTED)
                case _:
                    assert_never(region)

    def _add_operator(self, step: Step, items: str | None) -> None:
        compute = self._computes[step.name]
        keywords = {"task_id": py.string(step.name), **_tries(step), **compute.own(step, mapped=items is not None)}
        if not self.operators:
            keywords |= compute.told_by(start_env(self._flow, self._options, expands=compute.expands), step)
        if items is None:
            operator = py.call(compute.operator, **keywords)
        else:
            operator = py.call(self._mapped[compute.name].function, items, **keywords)
        self._assign(step.name, operator)

    def _add_list(self, split: Step, items: str | None) -> str:
        outer = () if items is None else (items,)
        return self._assign(split.name + ITEMS, py.call("items_of", self._variables[split.name], *outer))

    def _assign(self, key: str, value: py.Expression) -> str:
        variable = self._variables[key]
        self.operators.append(py.layout(f"{variable} = ", value, indent=py.INDENT))
        return variable

    def _add_chains(self, sequence: Sequence, chain: list[str]) -> list[str]:
        """Continue a chain through a sequence, and return the chain that is open at its end.

        The first step of a foreach's body needs no edge: it waits for the list that it is mapped over.
        """
        for region in sequence.body:
            match region:
                case Task(step=step):
                    chain.append(self._variables[step.name])
                case Sequence():
                    chain = self._add_chains(region, chain)
                case Parallel():
                    chain = self._add_branches(region, chain)
                case Foreach(split=split, body=body, join=join):
                    chain.append(self._variables[split.name])
                    self.chains.append(chain)
                    chain = self._add_chains(body, [])
                    chain.append(self._variables[join.name])
                case Switch() | Loop():
                    raise ValueError(REJECTED)
                case _:
                    assert_never(region)
        return chain

    def _add_branches(self, parallel: Parallel, chain: list[str]) -> list[str]:
        """Branches of one step each stand in a list; others are chains from the split to the join."""
        split, join = self._variables[parallel.split.name], self._variables[parallel.join.name]
        chain.append(split)
        steps = [_only_step(branch) for branch in parallel.branches]
        together = f"[{', '.join(self._variables[step.name] for step in steps if step)}]"
        if all(steps) and len(together) <= LIST_WIDTH:
            return [*chain, together, join]
        self.chains.append(chain)
        for branch in parallel.branches:
            self.chains.append([*self._add_chains(branch, [split]), join])
        return [join]


def _tries(step: Step) -> Keywords:
    """How often, and when, a failed task is tried again."""
    if not step.policy.further_tries:
        return {}
    delay_s = step.policy.retry_delay_s
    minutes, seconds = divmod(delay_s, 60)
    delay = f"seconds={delay_s}" if seconds or not minutes else f"minutes={minutes}"
    return {"retries": str(step.policy.further_tries), "retry_delay": f"timedelta({delay})"}


def _only_step(sequence: Sequence) -> Step | None:
    match sequence.body:
        case (Task(step=step),):
            return step
        case _:
            return None


def _wrap(chain: list[str]) -> Iterator[str]:
    """Statements of `>>`; each but the first begins with the operand that the one before ended with."""
    line = chain[0] if chain else ""
    for left, right in pairwise(chain):
        longer = f"{line} >> {right}"
        if len(longer) > py.WIDTH - len(py.INDENT) and line != left:
            yield line
            longer = f"{left} >> {right}"
        line = longer
    if len(chain) > 1:
        yield line
