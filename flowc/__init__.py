"""flowc, the flow compiler: flows in Metaflow's style for Airflow, AWS Step Functions, and here.

What a flow's file imports (`FlowSpec`, `step`, `Parameter`, ...) and what a notebook imports (`Flow`, `Run`, ...).
Names are loaded when they are used: a task must not pay for the client, nor a notebook for the compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc._version import __version__

if TYPE_CHECKING:
    from flowc.client import DataArtifact, Flow, Metaflow, Run, Step, Task
    from flowc.spec import FlowSpec, JSONType, Parameter, catch, current, environment, resources, retry, step, timeout

__all__ = [
    "DataArtifact",
    "Flow",
    "FlowSpec",
    "JSONType",
    "Metaflow",
    "Parameter",
    "Run",
    "Step",
    "Task",
    "__version__",
    "catch",
    "current",
    "environment",
    "resources",
    "retry",
    "step",
    "timeout",
]

_HOME = {
    **dict.fromkeys(("FlowSpec", "JSONType", "Parameter", "current"), "flowc.spec"),
    **dict.fromkeys(("catch", "environment", "resources", "retry", "step", "timeout"), "flowc.spec"),
    **dict.fromkeys(("DataArtifact", "Flow", "Metaflow", "Run", "Step", "Task"), "flowc.client"),
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module `flowc` has no attribute `{name}`")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
