"""Options that several commands have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from flowc.cli import completion
from flowc.cli.configured import configured

EXTRA = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["-h", "--help"]}
"""For commands that also take the flow's parameters or a target's settings."""

FLOW = click.argument("file", metavar="FLOW.py", type=click.Path(), shell_complete=completion.flow_files)
STORE = configured("store", "--store")
TARGET = configured("target", "--target", "target_name", required=True, shell_complete=completion.targets)
IMAGE = configured("image", "--image")

LOGICAL_DATE = click.option(
    "--logical-date", metavar="TIME", help="The time that the run is for, as 2026-12-01 or 2026-12-01T06:00:00Z."
)

WITH = configured(
    "with",
    "--with",
    "decorators",
    metavar="DECORATOR[:ARGUMENT=VALUE,...]",
    multiple=True,
    help="Add a decorator to every step that does not have it, as retry:times=3; may be given repeatedly, and takes "
    "the place of those in settings (or FLOWC_WITH).",
)

CONFIG = click.option(
    "--config",
    "config_files",
    nargs=2,
    multiple=True,
    metavar="NAME FILE",
    help="Read a config of the flow from this file; may be given repeatedly.",
)
CONFIG_VALUE = click.option(
    "--config-value",
    "config_values",
    nargs=2,
    multiple=True,
    metavar="NAME TEXT",
    help="Make a config of the flow of this text; may be given repeatedly.",
)
"""Two words each, as for Metaflow."""

BRANCH = click.option("--branch", metavar="NAME", help="The branch of the flow's project.  [default: that of the user]")
PRODUCTION = click.option("--production", is_flag=True, help="The project's branch for production.")

_CHOICES: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    BRANCH,
    PRODUCTION,
    configured(
        "tags",
        "--tag",
        "tags",
        metavar="TEXT",
        multiple=True,
        help="Mark runs with this; may be given repeatedly, and takes the place of those in settings (or FLOWC_TAGS).",
    ),
    WITH,
    CONFIG,
    CONFIG_VALUE,
)
"""Options that change how a flow is read, by the names that `Choices` has for them."""


def choices(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that change how a flow is read; it gets them as one `Choices`."""

    @functools.wraps(command)
    def collected(*arguments: Any, **options: Any) -> None:
        from flowc.cli.marks import tags_of, user_name
        from flowc.frontend import Choices

        chosen = Choices(
            branch=options.pop("branch"),
            production=options.pop("production"),
            user=user_name(),
            tags=tags_of(options.pop("tags")),
            decorators=options.pop("decorators"),
            config_files=options.pop("config_files"),
            config_values=options.pop("config_values"),
        )
        command(*arguments, choices=chosen, **options)

    for option in reversed(_CHOICES):
        collected = option(collected)
    return collected
