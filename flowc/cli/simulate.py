"""`flowc simulate`: a flow, here, as a scheduler would run it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from flowc.cli.configured import settings_here, settings_of_target
from flowc.cli.exit_codes import EXIT_INTERRUPTED
from flowc.cli.flows import (
    FlowCommand,
    check_options,
    find_target,
    flags_of,
    given_to,
    parameters_of,
    read_flow,
    settings_of,
)
from flowc.cli.marks import logical_date_of
from flowc.cli.options import EXTRA, FLOW, IMAGE, LOGICAL_DATE, TARGET, choices
from flowc.settings import DEFAULT_STORE, task_variables
from flowc.store.opening import to_url

if TYPE_CHECKING:
    from flowc.frontend import Choices


@click.command(cls=FlowCommand, context_settings=EXTRA)
@FLOW
@TARGET
@click.option("--store", help="Where tasks put artifacts, as for a scheduler.  [default: what `flowc run` uses]")
@click.option("-o", "--output", "folder", type=click.Path(), help="Keep what was compiled in this folder.")
@IMAGE
@click.option("--containers", is_flag=True, help="Run tasks in containers of their images, by Docker or podman.")
@LOGICAL_DATE
@choices
def simulate(
    file: str,
    target_name: str,
    store: str | None,
    folder: str | None,
    image: str,
    containers: bool,
    logical_date: str | None,
    choices: Choices,
) -> None:
    """Run a flow here as a scheduler would.

    What `compile` writes is loaded by the real Airflow, or by an interpreter of Step Functions; only pods and jobs
    become local processes, or with --containers local containers. Parameters are given as --name value, behind -- if
    flowc has an option of that name.
    """
    from flowc.cli import running

    program = read_flow(file, choices)
    target = find_target(target_name)
    if target_name not in running.SIMULATED:
        raise click.UsageError(f"target {target_name} cannot be simulated; {' and '.join(running.SIMULATED)} can")
    own = {s.name.replace("_", "-") for s in target.settings}
    given = given_to(program, flags_of(target), own)
    check_options(program, given.unmarked, *own)
    settings = settings_of({n: v for n, v in given.unmarked.items() if n in own}, target)
    unmarked = {n: v for n, v in given.unmarked.items() if n not in own}
    parameters = parameters_of(program, given._replace(unmarked=unmarked).parameters)
    here = settings_here()
    simulation = running.Simulation(
        program=program,
        target=target_name,
        store=to_url(store) if store else None,
        usual_store=to_url(here.text("store") or DEFAULT_STORE),
        image=image,
        settings=settings_of_target(target) | settings,
        environment=lambda url: task_variables(here, url),
        airflow_python=here.text("airflow_python"),
        parameters=parameters,
        output=folder,
        logical_date=logical_date_of(logical_date),
        containers=containers,
    )
    try:
        code = running.run_simulated(simulation)
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    sys.exit(code)
