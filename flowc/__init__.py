"""flowc, the flow compiler: flows in Metaflow's style for Airflow, AWS Step Functions, and here.

What a flow's file imports (`FlowSpec`, `step`, `Parameter`, ...) and what a notebook imports (`Flow`, `Run`, ...).
Names are loaded when they are used: a task must not pay for the client, nor a notebook for the compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc._version import __version__

if TYPE_CHECKING:
    from flowc.client import Flow, Run, Step, Task
    from flowc.spec import FlowSpec, JSONType, Parameter, current, retry, step

__all__ = [
    "Flow",
    "FlowSpec",
    "JSONType",
    "Parameter",
    "Run",
    "Step",
    "Task",
    "__version__",
    "current",
    "retry",
    "step",
]

_HOME = {
    **dict.fromkeys(("FlowSpec", "JSONType", "Parameter", "current", "retry", "step"), "flowc.spec"),
    **dict.fromkeys(("Flow", "Run", "Step", "Task"), "flowc.client"),
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
