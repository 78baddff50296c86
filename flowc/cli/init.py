"""`flowc init`: a folder to start from."""

from __future__ import annotations

import os
import shlex

import click

from flowc._version import __version__
from flowc.cli.output import plain
from flowc.targets.templating import TEMPLATES

FILES = {
    "flow.py": "project/flow.py",
    "README.md": "project/README.md",
    "requirements.txt": "project/requirements.txt",
    ".gitignore": "project/gitignore",
}
"""The template of each file."""


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path())
def init(folder: str) -> None:
    """Start a project with a small flow that runs at once.

    Files that are there already stay as they are.
    """
    os.makedirs(folder, exist_ok=True)
    for name, template in FILES.items():
        path = os.path.join(folder, name)
        text = TEMPLATES.get_template(template).render(version=__version__)
        click.echo(f"{plain(path)}  {'written' if _write(path, text) else 'was there, and stays as it is'}")
    click.echo("\nnext:")
    if os.path.realpath(folder) != os.path.realpath("."):
        click.echo(f"  cd {shlex.quote(folder)}")
    for command in ("flowc check flow.py", "flowc run flow.py", "flowc show WordCount"):
        click.echo(f"  {command}")


def _write(path: str, text: str) -> bool:
    """Write a file unless something is there; whether it was written."""
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True
