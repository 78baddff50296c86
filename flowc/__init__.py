"""flowc, the flow compiler: flows in Metaflow's style for Airflow, AWS Step Functions, and here.

What a flow's file imports (`FlowSpec`, `step`, `Parameter`, ...) and what a notebook imports (`Flow`, `Run`, ...).
Names are loaded when they are used: a task must not pay for the client, nor a notebook for the compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowc._version import __version__

if TYPE_CHECKING:
    from flowc.client import DataArtifact, Flow, Metaflow, Run, Step, Task
    from flowc.config_values import Config, ConfigValue, config_expr
    from flowc.spec import (
        FlowSpec,
        IncludeFile,
        JSONType,
        Parameter,
        batch,
        card,
        catch,
        current,
        environment,
        kubernetes,
        project,
        resources,
        retry,
        schedule,
        secrets,
        step,
        timeout,
    )
    from flowc.user_decorators import USER_SKIP_STEP, UserStepDecorator, user_step_decorator

__all__ = [
    "USER_SKIP_STEP",
    "Config",
    "ConfigValue",
    "DataArtifact",
    "Flow",
    "FlowSpec",
    "IncludeFile",
    "JSONType",
    "Metaflow",
    "Parameter",
    "Run",
    "Step",
    "Task",
    "UserStepDecorator",
    "__version__",
    "batch",
    "card",
    "catch",
    "config_expr",
    "current",
    "environment",
    "kubernetes",
    "project",
    "resources",
    "retry",
    "schedule",
    "secrets",
    "step",
    "timeout",
    "user_step_decorator",
]

_HOME = {
    **dict.fromkeys(("Config", "ConfigValue", "config_expr"), "flowc.config_values"),
    **dict.fromkeys(("FlowSpec", "IncludeFile", "JSONType", "Parameter", "current"), "flowc.spec"),
    **dict.fromkeys(
        (
            *("step", "retry", "catch", "timeout", "environment", "secrets", "card"),
            *("resources", "kubernetes", "batch", "project", "schedule"),
        ),
        "flowc.spec",
    ),
    **dict.fromkeys(("DataArtifact", "Flow", "Metaflow", "Run", "Step", "Task"), "flowc.client"),
    **dict.fromkeys(("USER_SKIP_STEP", "UserStepDecorator", "user_step_decorator"), "flowc.user_decorators"),
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None and name != "cards":
        raise AttributeError(f"module `flowc` has no attribute `{name}`")
    from importlib import import_module

    value = import_module("flowc.cards") if home is None else getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
