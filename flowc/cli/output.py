"""Diagnostics and messages for people: on standard error, so that output stays output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import NoReturn

import click

from flowc._version import __version__
from flowc.diagnostics import Diagnostic, Severity, render
from flowc.source import SourceFile

EXIT_DIAGNOSTICS = 1
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def show(diagnostics: Iterable[Diagnostic], sources: Mapping[str, SourceFile]) -> None:
    """Print diagnostics, each followed by an empty line."""
    for diagnostic in diagnostics:
        first, _, rest = render(diagnostic, sources).partition("\n")
        head, _, message = first.partition(": ")
        click.echo(click.style(head, fg=_COLOURS[diagnostic.severity], bold=True) + f": {message}", err=True)
        click.echo(f"{rest}\n", err=True)


def stop(diagnostics: Iterable[Diagnostic], sources: Mapping[str, SourceFile]) -> NoReturn:
    """Print diagnostics and end the command."""
    found = list(diagnostics)
    show(found, sources)
    errors = sum(d.severity is Severity.ERROR for d in found)
    click.echo(f"{errors} error{'' if errors == 1 else 's'}; nothing was written or run", err=True)
    sys.exit(EXIT_DIAGNOSTICS)


def fail(message: str) -> None:
    """Say what kept a command from its work."""
    click.echo(f"{click.style('error', fg='red', bold=True)}: {message}", err=True)


def internal_error() -> None:
    """Say that flowc itself has failed, with all that helps to find out why."""
    import traceback

    traceback.print_exc()
    diagnostic = Diagnostic(
        code="FC901",
        message=f"flowc {__version__} has failed; the fault is its own",
        help="report it with the traceback above and, if you can, the flow",
    )
    show([diagnostic], {})


def plain(path: str) -> str:
    """A path as short as it can be said from here."""
    below = os.path.relpath(path)
    return path if below.startswith("..") else below
