"""Settings: what stands in `flowc.toml`, in `[tool.flowc]` of `pyproject.toml` and in variables, with its origin."""

from flowc.settings.aws import aws_variables, task_variables
from flowc.settings.declared import DECLARED, DEFAULT_STORE, Declared, Kind, declared_by, named
from flowc.settings.loading import Origin, Settings, Value, load_settings, without_password

__all__ = [
    "DECLARED",
    "DEFAULT_STORE",
    "Declared",
    "Kind",
    "Origin",
    "Settings",
    "Value",
    "aws_variables",
    "declared_by",
    "load_settings",
    "named",
    "task_variables",
    "without_password",
]
