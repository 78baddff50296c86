"""`flowc explain`: what a diagnostic means, with an example."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from flowc.cli import completion
from flowc.cli.group import did_you_mean
from flowc.cli.output import in_colour
from flowc.diagnostics import CODES

_PACKAGE = Path(__file__).resolve().parent.parent

# In a wheel the pages are in the package; in a checkout they are those of the documentation.
_FOLDERS = (_PACKAGE / "explanations", _PACKAGE.parent / "docs" / "errors")

_LINK = re.compile(r"\[([^]]+)\]\(\.\.?/[^)]*\)")


@click.command()
@click.argument("code", metavar="CODE", shell_complete=completion.codes)
def explain(code: str) -> None:
    """Tell what a diagnostic means.

    CODE stands at its head, as in FC301. How to mend it is shown with an example.
    """
    known = code.upper()
    if known not in CODES:
        raise click.UsageError(f"there is no diagnostic `{code}`{did_you_mean(known, CODES)}")
    (page,) = [path for folder in _FOLDERS if (path := folder / f"{known}.md").exists()]
    # links to other pages lead nowhere from here
    text = _LINK.sub(r"\1", page.read_text(encoding="utf-8"))
    if not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(color_system="auto" if in_colour(sys.stdout) else None).print(Markdown(text))
