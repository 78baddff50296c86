"""The statements of the DAG: an operator for each step, and their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import assert_never

from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Sequence, Switch, Task
from flowc.ir.steps import Step
from flowc.ir.walk import regions
from flowc.targets import pysource as py
from flowc.targets.airflow.environment import start_env
from flowc.targets.airflow.pods import Resources, own_arguments

ITEMS = ".items"
"""What follows a split's name in the id of the task that lists its items; no step's name has a dot."""

DEFINED = frozenset(
    (
        *("CronTriggerTimetable", "DAG", "ENV", "KubernetesPodOperator", "PATH", "Param", "Path", "RUNS"),
        *("hashlib", "json", "k8s", "re"),
        *("at", "for_each", "items_of", "list_items", "run_key", "task", "timedelta"),
        *("ValueError", "float", "len", "range"),
    )
)
"""Names that the generated file uses: a step's variable must not replace one."""

LIST_WIDTH = 64
"""Characters up to which the branches of a split stand in one list."""

REJECTED = "a region or schedule that the target rejects has reached its `emit`"


def _variables(flow: Flow) -> Mapping[str, str]:
    """A variable for each step, and for the items of each step; by the step's name and its name with `ITEMS`.

    A variable is named after its step unless that would hide something which the file uses.
    """
    taken = set(DEFINED)
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

    def __init__(self, flow: Flow, usual: Resources) -> None:
        self.operators: list[str] = []
        self.chains: list[list[str]] = []
        self._variables = _variables(flow)
        self._usual = usual
        self._start_env = start_env(flow)
        self._add_operators(flow.root, None)
        self.chains.append(self._add_chains(flow.root, []))

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
        keywords = {"task_id": py.string(step.name), **own_arguments(step.policy, self._usual)}
        if not self.operators:
            keywords["env_vars"] = self._start_env
        if items is None:
            operator = py.call("KubernetesPodOperator", **keywords)
        else:
            operator = py.call("for_each", items, **keywords)
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
