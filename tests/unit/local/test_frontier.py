"""Which tasks can run when."""

from __future__ import annotations

import time
from pathlib import Path

from flowc.contract import Address, Plan, PlanStep, format_path
from flowc.local.frontier import Frontier
from tests.projects import Project

FLOWS = Path(__file__).parents[2] / "conformance" / "flows"


def step(name: str, *parents: str, within: tuple[str, ...] = (), **fields: str) -> PlanStep:
    known = {"join": None, "split": None, "foreach": None, **fields}
    return PlanStep(name=name, parents=parents, within=within, retries=0, **known)


def plan(*steps: PlanStep) -> Plan:
    return Plan(1, "F", "f", "", "start", "end", (), {s.name: s for s in steps})


NESTED = plan(
    step("start", foreach="rows"),
    step("row", "start", within=("start",), foreach="cells"),
    step("cell", "row", within=("start", "row")),
    step("left", "cell", within=("start", "row")),
    step("right", "cell", within=("start", "row")),
    step("meet", "left", "right", within=("start", "row"), join="branches", split="cell"),
    step("join_cells", "meet", within=("start",), join="foreach", split="row"),
    step("end", "join_cells", join="foreach", split="start"),
)


def ready(frontier: Frontier) -> list[str]:
    found = []
    while frontier:
        task = frontier.take()
        found.append(f"{task.step}/{format_path(task.path)}")
    return found


def at(name: str, *path: int) -> Address:
    return Address("F", "r", name, path)


def test_tasks_come_first_come_first_served() -> None:
    frontier = Frontier(NESTED, "F", "r")
    assert ready(frontier) == ["start/_"]
    frontier.finished(at("start"), 2)
    assert ready(frontier) == ["row/0", "row/1"]
    frontier.finished(at("row", 1), 1)
    frontier.finished(at("row", 0), 2)
    assert ready(frontier) == ["cell/1.0", "cell/0.0", "cell/0.1"]
    frontier.finished(at("cell", 0, 1), None)
    assert ready(frontier) == ["left/0.1", "right/0.1"]


def test_a_join_waits_for_every_branch_and_every_item() -> None:
    frontier = Frontier(NESTED, "F", "r")
    frontier.take()
    frontier.finished(at("start"), 2)
    frontier.finished(at("row", 0), 2)
    frontier.finished(at("row", 1), 1)
    frontier.finished(at("cell", 0, 0), None)
    ready(frontier)
    frontier.finished(at("right", 0, 0), None)
    assert ready(frontier) == []
    frontier.finished(at("left", 0, 0), None)
    assert ready(frontier) == ["meet/0.0"]
    frontier.finished(at("meet", 0, 0), None)
    frontier.finished(at("meet", 1, 0), None)
    assert ready(frontier) == ["join_cells/1"]
    frontier.finished(at("join_cells", 1), None)
    assert ready(frontier) == []
    frontier.finished(at("meet", 0, 1), None)
    assert ready(frontier) == ["join_cells/0"]
    frontier.finished(at("join_cells", 0), None)
    assert ready(frontier) == ["end/_"]
    frontier.finished(at("end"), None)
    assert not frontier


def test_one_task_costs_the_same_among_many() -> None:
    wide = plan(
        step("start", foreach="xs"),
        step("body", "start", within=("start",)),
        step("end", "body", join="foreach", split="start"),
    )

    def cost_s(items: int) -> float:
        frontier = Frontier(wide, "F", "r")
        frontier.take()
        begin = time.process_time()
        frontier.finished(at("start"), items)
        for _ in range(items):
            frontier.finished(frontier.take(), None)
        assert ready(frontier) == ["end/_"]
        return time.process_time() - begin

    cost_s(1000)
    assert cost_s(40_000) < 40 * 8 * max(cost_s(1000), 0.001)


def test_every_task_of_a_real_plan_comes_once(tmp_path: Path) -> None:
    (tmp_path / "flow").mkdir()
    made = Project(tmp_path / "flow", (FLOWS / "mixed_nesting.py").read_text(), (tmp_path / "store").as_uri())
    frontier = Frontier(made.plan, "F", "r")
    seen: list[Address] = []
    while frontier:
        task = frontier.take()
        assert task not in seen
        seen.append(task)
        frontier.finished(task, 2 if made.plan.steps[task.step].foreach else None)
    assert {t.step for t in seen} == set(made.plan.steps)
    for task in seen:
        assert len(task.path) == len(made.plan.steps[task.step].within)
    for name, found in made.plan.steps.items():
        assert sum(t.step == name for t in seen) == 2 ** len(found.within)
