"""What a conformance flow is expected to leave: the literal `EXPECTED` in its file, and how a run is held against it.

    EXPECTED = {
        "state": "succeeded" | "failed",
        "engines": [engine, ...],                   # those that can have it; all three, if it is not said
        "parameters": {name: JSON value},           # what the run is started with
        "files": {name: path},                      # files that it is started with, below the flows' folder
        "secrets": {name: str or bytes},            # what AWS Secrets Manager holds
        "tasks": {step: [path, ...]},               # every finished task, in order
        "attempts": {"step/path": number},          # ended attempts of these tasks; of all others one
        "failed": {"step/path": message},           # tasks that have failed for good
        "artifacts": {"step/path": {name: value}},  # every artifact of every finished task, and no other
        "cards": {"step/path": [[type, id, options, components, data]]},  # every card of every task, and no other
    }

`...` stands for the value of an artifact that differs from run to run. Arrays are written as
`{"array": dtype, "shape": shape}`, configs and their parts as
`{"config": dict}`, other objects without a literal as `{"object": type}`, in lists too.
"""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from flowc import ConfigValue, Run, Task

FLOWS = Path(__file__).parent / "flows"
EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A flow and what it must leave."""

    name: str
    file: Path
    flow: str
    expected: Mapping[str, Any]


def cases_on(engine: str) -> list[Case]:
    """The conformance flows that an engine can have: `local`, `airflow` or `stepfunctions`."""
    return [case for case in cases() if engine in case.expected.get("engines", (engine,))]


def cases() -> list[Case]:
    """All conformance flows; an example's expectations stand in a file of its name in `examples/` here.

    What flows import lies in folders below theirs, or with an example that has a folder of its own. A flow is the last
    class of its file.
    """
    own = [(file, file) for file in sorted(FLOWS.glob("*.py"))]
    folders = [folder / f"{folder.name}.py" for folder in EXAMPLES.iterdir() if folder.is_dir()]
    flows = [*EXAMPLES.glob("*.py"), *folders]
    examples = [(file, Path(__file__).parent / "examples" / file.name) for file in sorted(flows) if file.exists()]
    return [_case(flow, expected) for flow, expected in [*own, *examples] if flow.name != "demo.py"]


def _case(file: Path, expectations: Path) -> Case:
    names = [node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef)]
    constants = {
        node.targets[0].id: node.value
        for node in ast.parse(expectations.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    return Case(name=file.stem, file=file, flow=names[-1], expected=_evaluate(constants["EXPECTED"], constants))


def _evaluate(node: ast.expr, constants: Mapping[str, ast.expr]) -> Any:
    # a literal, ranges, and literals that have a name since they occur often
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & constants.keys()
    scope = {name: _evaluate(constants[name], constants) for name in used}
    return eval(compile(ast.Expression(node), "EXPECTED", "eval"), {"__builtins__": {}, "range": range, **scope})


def check(run: Run, case: Case) -> None:
    """Hold a run against what is expected of it."""
    expected = case.expected
    assert run.finished
    assert run.successful is (expected["state"] == "succeeded")
    tasks = {f"{step.id}/{task.id}": task for step in run for task in step}
    finished: dict[str, list[str]] = {}
    for task in tasks.values():
        if task.successful:
            finished.setdefault(task.pathspec.split("/")[2], []).append(task.id)
    assert finished == expected["tasks"]
    failed = {name: (task.exception or {})["message"] for name, task in tasks.items() if not task.successful}
    assert failed == expected.get("failed", {})
    attempts = {name: len(task.attempts) for name, task in tasks.items()}
    assert attempts == {name: 1 for name in tasks} | dict(expected.get("attempts", {}))
    for task in tasks.values():
        if task.successful:
            for name in task.artifacts:
                _check_identity(task[name])
    cards = {
        name: [[c.type, c.id, c.options, c.components, c.get_data()] for c in t.cards] for name, t in tasks.items()
    }
    assert {name: found for name, found in cards.items() if found} == expected.get("cards", {})
    artifacts = {name: shown_artifacts(task) for name, task in tasks.items() if task.successful}
    assert artifacts.keys() == expected["artifacts"].keys()
    for name, found in artifacts.items():
        assert found.keys() == expected["artifacts"][name].keys(), name
        for artifact, value in found.items():
            wanted = expected["artifacts"][name][artifact]
            assert _same(value, wanted), f"{name}: {artifact} is {value!r}, expected {wanted!r}"


def shown_artifacts(task: Task) -> dict[str, Any]:
    """All artifacts of a task, each as it is written in an expectation."""
    return {name: _shown(task[name]) for name in task.artifacts}


def _check_identity(value: Any) -> None:
    """That a value is of the very class which its module has here, and an enum's member is that member."""
    for item in value if isinstance(value, list) else [value]:
        kind = type(item)
        if "<locals>" not in kind.__qualname__:
            found: Any = sys.modules[kind.__module__]
            for part in kind.__qualname__.split("."):
                found = getattr(found, part, kind)
            assert found is kind
        assert not isinstance(item, Enum) or kind[item.name] is item


def _same(value: Any, wanted: Any) -> bool:
    """Equal, and of equal types; a number computed by a processor of another make may differ in its last digits."""
    if wanted is ...:
        return True
    if type(value) is not type(wanted):
        return False
    match value:
        case float():
            return math.isclose(value, wanted, rel_tol=1e-9)
        case dict():
            return list(value) == list(wanted) and all(_same(v, wanted[k]) for k, v in value.items())
        case list() | tuple():
            return len(value) == len(wanted) and all(map(_same, value, wanted))
        case _:
            return bool(value == wanted)


def _shown(value: Any) -> Any:
    kind = type(value)
    if kind is ConfigValue:
        return {"config": value.to_dict()}
    if kind is list:
        return [_shown(item) for item in value]
    if kind.__module__ == "numpy":
        return {"array": str(value.dtype), "shape": value.shape}
    if kind.__module__ != "builtins" or kind.__name__ == "function":
        return {"object": f"{kind.__module__}.{kind.__qualname__}"}
    return value
