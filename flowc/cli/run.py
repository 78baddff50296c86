"""`flowc run`: a flow, here."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from flowc.cli import completion
from flowc.cli.configured import configured
from flowc.cli.flows import FlowCommand, check_options, given_to, parameters_of, read_flow
from flowc.cli.marks import logical_date_of
from flowc.cli.options import EXTRA, FLOW, LOGICAL_DATE, STORE, choices
from flowc.runner.start import Start
from flowc.settings import DEFAULT_STORE
from flowc.store.opening import to_url

if TYPE_CHECKING:
    from flowc.frontend import Choices


@click.command(cls=FlowCommand, context_settings=EXTRA)
@FLOW
@configured(
    "max_workers",
    "--max-workers",
    type=click.IntRange(min=1),
    help="Tasks at the same time (or FLOWC_MAX_WORKERS).  [default: the CPUs]",
)
@STORE
@LOGICAL_DATE
@click.option("--step", metavar="STEP[/PATH]", help="Run only this step, with the inputs that it had in a run.")
@click.option(
    "--from",
    "origin",
    metavar="RUN",
    shell_complete=completion.runs,
    help="The run whose inputs --step takes, RUN or FLOW/RUN.  [default: the flow's last run]",
)
@click.option(
    "--path", metavar="PATH", help="Which task of a foreach's step --step runs, as in 0.1.  [default: the only one]"
)
@click.option("--pdb", "debug", is_flag=True, help="Run --step in this terminal, under a debugger.")
@choices
@click.pass_context
def run(
    context: click.Context,
    file: str,
    max_workers: int | None,
    store: str,
    logical_date: str | None,
    step: str | None,
    origin: str | None,
    path: str | None,
    debug: bool,
    choices: Choices,
) -> None:
    """Run a flow here. Parameters are given as --name value, behind -- if flowc has an option of that name."""
    program = read_flow(file, choices)
    given = given_to(program, but="path")
    check_options(program, given.unmarked)
    pairs = given.parameters
    if path is not None and not given.is_divided and any(p.name == "path" for p in program.flow.params):
        pairs["path"], path = path, None  # a good name for a parameter; the task's path can stand in --step too
    url = to_url(store or DEFAULT_STORE)
    start = Start(tags=choices.tags, user=choices.user or None, logical_date=logical_date_of(logical_date))
    if step is not None:
        from flowc.cli.rerun import Again, run_step

        if context.get_parameter_source("max_workers") is ParameterSource.COMMANDLINE:
            raise click.UsageError("--max-workers is for whole runs; --step runs one task")
        sys.exit(run_step(program, Again(step, path, origin, debug), url, pairs, start))
    for option, value in (("--from", origin), ("--path", path), ("--pdb", debug)):
        if value:
            raise click.UsageError(f"{option} goes with --step")
    from flowc.cli import running

    parameters = parameters_of(program, pairs)
    sys.exit(running.run_here(program, url, parameters, max_workers or _cpus(), start))


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
