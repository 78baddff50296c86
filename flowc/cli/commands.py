"""The group of all commands. Each is a module of its own, so that nobody waits for the others' libraries."""

from __future__ import annotations

import click

from flowc._version import __version__
from flowc.cli.group import Commands

_COMMANDS = (
    "check",
    "compile",
    "config",
    "doctor",
    "dump",
    "explain",
    "graph",
    "image",
    "init",
    "logs",
    "package",
    "run",
    "runs",
    "show",
    "simulate",
)


@click.group(
    cls=Commands,
    elsewhere={name: f"flowc.cli.{name}" for name in _COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="flowc")
def cli() -> None:
    """Compile flows in Metaflow's style for Airflow and AWS Step Functions, and run them here."""
