"""What a conformance flow is expected to leave: the literal `EXPECTED` in its file, and how a run is held against it.

    EXPECTED = {
        "state": "succeeded" | "failed",
        "parameters": {name: JSON value},           # what the run is started with
        "tasks": {step: [path, ...]},               # every finished task, in order
        "attempts": {"step/path": number},          # ended attempts of these tasks; of all others one
        "failed": {"step/path": message},           # tasks that have failed for good
        "artifacts": {"step/path": {name: value}},  # every artifact of every finished task, and no other
    }

Arrays are written as `{"array": dtype, "shape": shape}`, other objects without a literal as `{"object": type}`, in
lists too.
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

from flowc import Run, Task

FLOWS = Path(__file__).parent / "flows"
EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A flow and what it must leave."""

    name: str
    file: Path
    flow: str
    expected: Mapping[str, Any]


def cases() -> list[Case]:
    """All conformance flows; an example's expectations stand in a file of its name in `examples/` here.

    What flows import lies in folders below theirs. A flow is the last class of its file.
    """
    own = [(file, file) for file in sorted(FLOWS.glob("*.py"))]
    examples = [(file, Path(__file__).parent / "examples" / file.name) for file in sorted(EXAMPLES.glob("*.py"))]
    return [_case(flow, expected) for flow, expected in [*own, *examples] if flow.name != "demo.py"]


def _case(file: Path, expectations: Path) -> Case:
    names = [node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef)]
    (expected,) = [
        _evaluate(node.value)
        for node in ast.parse(expectations.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "EXPECTED"
    ]
    return Case(name=file.stem, file=file, flow=names[-1], expected=expected)


def _evaluate(node: ast.expr) -> Any:
    # a literal, and ranges
    return eval(compile(ast.Expression(node), "EXPECTED", "eval"), {"__builtins__": {}, "range": range})


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
    if kind is list:
        return [_shown(item) for item in value]
    if kind.__module__ == "numpy":
        return {"array": str(value.dtype), "shape": value.shape}
    if kind.__module__ != "builtins" or kind.__name__ == "function":
        return {"object": f"{kind.__module__}.{kind.__qualname__}"}
    return value
