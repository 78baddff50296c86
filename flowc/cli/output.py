"""Diagnostics and messages for people: on standard error, so that output stays output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import NoReturn

import click

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


def plain(path: str) -> str:
    """A path as short as it can be said from here."""
    below = os.path.relpath(path)
    return path if below.startswith("..") else below
