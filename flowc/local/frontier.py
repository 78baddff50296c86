"""Which tasks can run: counts down what each join waits for."""

from __future__ import annotations

from collections import deque

from flowc.contract import Address, Plan, PlanStep


class Frontier:
    """The tasks of a run that can be started, first come, first served.

    Its cost for a task does not depend on the number of tasks.
    """

    def __init__(self, plan: Plan, flow: str, run: str) -> None:
        self._plan = plan
        self._children: dict[str, list[PlanStep]] = {name: [] for name in plan.steps}
        self._join_of: dict[str, PlanStep] = {}
        for step in plan.steps.values():
            for parent in step.parents:
                self._children[parent].append(step)
            if step.split is not None:
                self._join_of[step.split] = step
        self._waiting: dict[Address, int] = {}
        self._ready = deque([Address(flow, run, plan.start, ())])

    def __bool__(self) -> bool:
        return bool(self._ready)

    def take(self) -> Address:
        """The next task; it is for the caller to run."""
        return self._ready.popleft()

    def finished(self, task: Address, splits: int | None) -> None:
        """A task is finished.

        Args:
            task: Its address.
            splits: How many items it has made, if it is a foreach step.
        """
        if splits is not None:
            self._waiting[task._replace(step=self._join_of[task.step].name)] = splits
        for child in self._children[task.step]:
            match child.join:
                case None if splits is not None:
                    self._ready.extend(
                        task._replace(step=child.name, path=(*task.path, number)) for number in range(splits)
                    )
                case None:
                    self._ready.append(task._replace(step=child.name))
                case _:
                    self._count_down(task._replace(step=child.name, path=task.path[: len(child.within)]), child)

    def _count_down(self, join: Address, step: PlanStep) -> None:
        left = self._waiting.get(join, len(step.parents)) - 1
        if left:
            self._waiting[join] = left
        else:
            self._waiting.pop(join, None)
            self._ready.append(join)
