"""`flowc check`: everything that is wrong with some flows, for people or for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

import click

from flowc.cli import completion
from flowc.cli.exit_codes import EXIT_DIAGNOSTICS
from flowc.cli.options import BRANCH, CONFIG, CONFIG_VALUE, PRODUCTION, WITH
from flowc.cli.output import say_error, show
from flowc.cli.reports import REPORTS, Checked
from flowc.compiler import read_program
from flowc.diagnostics import Diagnostic, Severity
from flowc.frontend import Choices

_NO_FLOW = "FC103"
_NO_ENDS = {"FC201", "FC202"}
_MARKS = ("FlowSpec", "@step")  # a file with neither can hold no flow, not even a broken one
_LIBRARIES = frozenset({"__pycache__", "node_modules", "site-packages"})


@click.command()
@click.argument(
    "files", metavar="FLOW.py...", type=click.Path(), nargs=-1, required=True, shell_complete=completion.flow_files
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *REPORTS]),
    default="text",
    show_default=True,
    help="How to say it: for people, for programs, for code scanning, as notes at lines in GitHub Actions.",
)
@BRANCH
@PRODUCTION
@WITH
@CONFIG
@CONFIG_VALUE
def check(
    files: tuple[str, ...],
    form: str,
    branch: str | None,
    production: bool,
    decorators: tuple[str, ...],
    config_files: tuple[tuple[str, str], ...],
    config_values: tuple[tuple[str, str], ...],
) -> None:
    """Look for mistakes in flows; nothing of them is run.

    Of a folder, all files below it that have a flow are looked at; bases that flows are derived from are not.
    """
    # not after the user: what is wrong with a flow does not depend on who looks
    choices = Choices(
        branch=branch,
        production=production,
        decorators=decorators,
        config_files=config_files,
        config_values=config_values,
    )
    checked = [found for file in dict.fromkeys(files) for found in _check(file, choices)]
    if form == "text":
        _print(checked)
    else:
        click.echo(REPORTS[form](checked))
    sys.exit(EXIT_DIAGNOSTICS if any(c.count(Severity.ERROR) for c in checked) else 0)


def _check(path: str, choices: Choices) -> Iterator[Checked]:
    if not os.path.isdir(path):
        yield _check_file(path, choices)
        return
    below = [_check_file(file, choices) for file in sorted(_python_files(path))]
    found = [c for c in below if not _is_no_flow(c)]
    yield from found or [_nothing_in(path)]


def _check_file(file: str, choices: Choices) -> Checked:
    program, diagnostics, sources = read_program(file, choices)
    return Checked(file, program.flow if program is not None else None, diagnostics, sources)


def _python_files(folder: str) -> Iterator[str]:
    for place, below, names in os.walk(folder):
        # neither hidden folders nor environments
        below[:] = [
            b
            for b in below
            if not b.startswith(".") and b not in _LIBRARIES and not os.path.exists(f"{place}/{b}/pyvenv.cfg")
        ]
        yield from (os.path.join(place, name) for name in names if name.endswith(".py"))


def _is_no_flow(checked: Checked) -> bool:
    """Whether a file that nobody has named is something else: without a flow, not even readable, or a base of flows.

    A class that has neither start nor end is one that others are derived from.
    """
    if checked.flow is not None:
        return False
    if not any(mark in source.text for source in checked.sources.values() for mark in _MARKS):
        return True
    codes = {d.code for d in checked.diagnostics}
    return codes == {_NO_FLOW} or codes >= _NO_ENDS


def _nothing_in(folder: str) -> Checked:
    nothing = Diagnostic(
        code=_NO_FLOW,
        message=f"no file below `{folder}` has a flow",
        help="a flow is a class derived from `FlowSpec`, in a file whose name ends in .py",
    )
    return Checked(folder, None, (nothing,), {})


def _print(checked: Sequence[Checked]) -> None:
    for one in checked:
        show(one.diagnostics, one.sources)
        if one.flow is not None:
            warnings = one.count(Severity.WARNING)
            problems = _count(warnings, "warning") if warnings else "no problems found"
            click.echo(f"{one.file}: flow {one.flow.name}, {_count(len(one.flow.steps), 'step')}, {problems}")
    errors = sum(c.count(Severity.ERROR) for c in checked)
    if errors:
        broken = sum(c.count(Severity.ERROR) > 0 for c in checked)
        where = f" in {broken} of {len(checked)} files" if len(checked) > 1 else ""
        say_error(f"{_count(errors, 'error')}{where}; nothing was written or run")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
