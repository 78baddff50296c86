"""Options that several commands have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from flowc._version import __version__
from flowc.cli import completion

DEFAULT_STORE = ".flowc"

STORE_HELP = "Where artifacts are: a directory, or s3://bucket/prefix (or FLOWC_STORE)."

EXTRA = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["-h", "--help"]}
"""For commands that also take the flow's parameters or a target's settings."""

FLOW = click.argument("file", metavar="FLOW.py", type=click.Path(), shell_complete=completion.flow_files)
TARGET = click.option(
    "--target",
    "target_name",
    required=True,
    help="The scheduler: airflow or stepfunctions.",
    shell_complete=completion.targets,
)
IMAGE = click.option(
    "--image", default=f"flowc-runner:{__version__}", show_default=True, help="The step-runner container's image."
)

_CHOICES: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = ()
"""Options that change how a flow is read, by the names that `Choices` has for them."""


def choices(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that change how a flow is read; it gets them as one `Choices`."""

    @functools.wraps(command)
    def collected(*arguments: Any, **options: Any) -> None:
        from flowc.frontend import Choices

        command(*arguments, choices=Choices(), **options)

    for option in reversed(_CHOICES):
        collected = option(collected)
    return collected
