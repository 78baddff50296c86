"""Which targets there are. Modules are imported when they are asked for: compiling for one must not pay for others."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flowc.targets.base import Target

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_BUILT_IN = {"airflow": "flowc.targets.airflow", "stepfunctions": "flowc.targets.stepfunctions"}


def target_names() -> tuple[str, ...]:
    """The built-in targets' names, then those of installed packages (entry point group `flowc.targets`)."""
    return (*_BUILT_IN, *(e.name for e in _installed() if e.name not in _BUILT_IN))


def has_target(name: str) -> bool:
    """Whether there is a target of a name; installed packages are asked only if it is not a built-in one's."""
    return name in _BUILT_IN or any(entry.name == name for entry in _installed())


def load_target(name: str) -> Target[Any]:
    """The target of a name.

    Raises:
        KeyError: There is none.
    """
    if name in _BUILT_IN:
        target: Target[Any] = import_module(_BUILT_IN[name]).TARGET
        return target
    for entry in _installed():
        if entry.name == name:
            found: Target[Any] = entry.load()
            return found
    raise KeyError(name)


def _installed() -> Iterable[EntryPoint]:
    # takes longer to import than a small flow takes to compile
    from importlib.metadata import entry_points

    return entry_points(group="flowc.targets")
