"""`flowc run`: a flow, here."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from flowc.cli.flows import FlowCommand, check_options, pairs_of, parameters_of, read_flow
from flowc.cli.options import DEFAULT_STORE, EXTRA, FLOW, STORE_HELP, choices
from flowc.store.opening import to_url

if TYPE_CHECKING:
    from flowc.frontend import Choices


@click.command(cls=FlowCommand, context_settings=EXTRA)
@FLOW
@click.option("--max-workers", type=click.IntRange(min=1), help="Tasks at the same time.  [default: the CPUs]")
@click.option("--store", envvar="FLOWC_STORE", default=DEFAULT_STORE, show_default=True, help=STORE_HELP)
@choices
@click.pass_context
def run(context: click.Context, file: str, max_workers: int | None, store: str, choices: Choices) -> None:
    """Run a flow here. Parameters are given as --name value."""
    from flowc.cli import running

    program = read_flow(file, choices)
    pairs = pairs_of(context.args)
    check_options(program, pairs)
    parameters = parameters_of(program, pairs)
    sys.exit(running.run_here(program, to_url(store or DEFAULT_STORE), parameters, max_workers or _cpus()))


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
