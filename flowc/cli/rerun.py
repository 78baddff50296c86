"""`flowc run --step`: one step again, with the inputs that it had in some run."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import click

from flowc.cli.flows import given_parameters
from flowc.cli.group import did_you_mean
from flowc.cli.output import stop
from flowc.cli.packing import package_of
from flowc.cli.running import announce, report
from flowc.client import Flow, Run
from flowc.contract import Address, Path, format_path, parse_path, run_key
from flowc.diagnostics import Diagnostic
from flowc.store.opening import check_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.compiler import Program
    from flowc.runner.start import Start


class Again(NamedTuple):
    """What the command line asks for.

    Attributes:
        step: `STEP` or `STEP/PATH`.
        path: The path; None if it is not given by itself.
        origin: `RUN` or `FLOW/RUN`; None for the flow's last run.
        debug: Under a debugger.
    """

    step: str
    path: str | None
    origin: str | None
    debug: bool


def run_step(program: Program, again: Again, store_url: str, texts: Mapping[str, str], start: Start) -> int:
    """Run a step again; the exit code."""
    from flowc.cli.progress import Progress
    from flowc.local import engine, rerun
    from flowc.local.inputs import Wanted

    check_url(store_url)
    flow = program.flow.name
    step, path = _task_of(program, again)
    origin = _origin_of(flow, again.origin)
    wanted = Wanted(program.plan, step, path, given_parameters(program, texts))
    run_id = engine.new_run_id()
    project = program.flow.deployment.project
    request = rerun.Rerun(
        wanted=wanted,
        folder=program.folder,
        package=package_of(program),
        files=program.files,
        store_url=store_url,
        # the client opens the store, which the process that tasks are forked from must not have done
        find_run=lambda: (Run(f"{flow}/{origin}", store_url) if origin else Flow(flow, store_url).latest_run).id,
        run_id=run_id,
        start=start,
        is_branch_chosen=project is not None and (project.given is not None or project.production),
        listen=lambda task, branch: _announce(program, task, branch, run_id),
    )
    with ExitStack() as stack:
        shown: list[Progress] = []

        def watch() -> Progress:
            # a line for this step alone
            plan = program.plan._replace(steps={step: program.plan.steps[step]})
            shown.append(Progress(plan))
            stack.callback(shown[0].close)
            return shown[0]

        state, found = rerun.debug_again(request) if again.debug else rerun.run_again(request, watch)
    if state is None:
        stop(found, {})
    return report(program, store_url, run_key(run_id), state, shown[0].failure if shown else None)


def _task_of(program: Program, again: Again) -> tuple[str, Path | None]:
    step, slash, path = again.step.partition("/")
    if slash and again.path is not None:
        raise click.UsageError("the path is given twice, with --step and with --path")
    if step not in program.plan.steps:
        names = ", ".join(f"`{name}`" for name in program.plan.steps)
        stop(
            [
                Diagnostic(
                    code="FC611",
                    message=f"flow {program.flow.name} has no step `{step}`{did_you_mean(step, program.plan.steps)}",
                    help=f"it has {names}",
                )
            ],
            {},
        )
    text = path if slash else again.path
    try:
        return step, None if text is None else parse_path(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _origin_of(flow: str, text: str | None) -> str | None:
    if text is None or text == flow:
        return None
    name, slash, run = text.strip("/").partition("/")
    if not slash:
        return name
    if name != flow:
        stop(
            [
                Diagnostic(
                    code="FC610",
                    message=f"run `{text}` is not one of flow {flow}, which cannot use its artifacts",
                    help=f"name a run of this flow; `flowc runs {flow}` lists them",
                )
            ],
            {},
        )
    return run


def _announce(program: Program, task: Address, branch: str | None, run_id: str) -> None:
    announce(program, run_id, branch)
    name = f"{task.step}/{format_path(task.path)}" if task.path else task.step
    click.echo(f"step {name} with its inputs in run {task.flow}/{task.run}")
