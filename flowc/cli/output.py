"""Diagnostics and messages for people: on standard error, so that output stays output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import NoReturn, TextIO

import click

from flowc._version import __version__
from flowc.cli.exit_codes import EXIT_DIAGNOSTICS
from flowc.diagnostics import Diagnostic, Severity, render
from flowc.source import SourceFile

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def in_colour(stream: TextIO) -> bool:
    """Whether a stream takes colours: a terminal does, unless NO_COLOR is set.

    Source: https://no-color.org
    """
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say_error(text: str) -> None:
    """Print on standard error, with colours where they are wanted."""
    click.echo(text, err=True, color=in_colour(sys.stderr))


def show(diagnostics: Iterable[Diagnostic], sources: Mapping[str, SourceFile]) -> None:
    """Print diagnostics, each followed by an empty line."""
    for diagnostic in diagnostics:
        first, _, rest = render(diagnostic, sources).partition("\n")
        head, _, message = first.partition(": ")
        say_error(click.style(head, fg=_COLOURS[diagnostic.severity], bold=True) + f": {message}")
        say_error(f"{rest}\n")


def stop(diagnostics: Iterable[Diagnostic], sources: Mapping[str, SourceFile]) -> NoReturn:
    """Print diagnostics and end the command."""
    found = list(diagnostics)
    show(found, sources)
    errors = sum(d.severity is Severity.ERROR for d in found)
    click.echo(f"{errors} error{'' if errors == 1 else 's'}; nothing was written or run", err=True)
    sys.exit(EXIT_DIAGNOSTICS)


def fail(message: str) -> None:
    """Say what kept a command from its work."""
    say_error(f"{click.style('error', fg='red', bold=True)}: {message}")


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


def place(store_url: str, key: str = "") -> str:
    """Where an object of a store is, as a person would open it."""
    from flowc.store.local import LocalStore
    from flowc.store.opening import open_store

    if store_url.startswith("s3://"):
        return f"{store_url}/{key}"
    store = open_store(store_url)
    return plain(store.path(key)).rstrip("/") if isinstance(store, LocalStore) else f"{store_url}/{key}"
