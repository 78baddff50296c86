"""`flowc compile`: a scheduler's definition of a flow."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from flowc.cli.configured import configured, settings_here, settings_of_target
from flowc.cli.flows import FlowCommand, find_target, flags_of, pairs_of, read_flow, settings_of
from flowc.cli.options import EXTRA, FLOW, IMAGE, TARGET, choices
from flowc.cli.output import plain, show, stop
from flowc.cli.packing import rules_here, tell_uploads, upload_command
from flowc.contract import blob_key, code_key
from flowc.settings import task_variables
from flowc.store.opening import to_url

if TYPE_CHECKING:
    from flowc.diagnostics import Diagnostic
    from flowc.frontend import Choices


@click.command(cls=FlowCommand, context_settings=EXTRA)
@FLOW
@TARGET
@configured("store", "--store", default=False)
@configured("output", "-o", "--output", "folder", required=True, help="The folder to write to (or FLOWC_OUTPUT).")
@IMAGE
@click.option("--upload", is_flag=True, help="Put the code package into the store, unless it is there.")
@choices
@click.pass_context
def compile(
    context: click.Context,
    file: str,
    target_name: str,
    store: str | None,
    folder: str,
    image: str,
    upload: bool,
    choices: Choices,
) -> None:
    """Write a scheduler's definition of a flow, and the code package."""
    from flowc import compiler
    from flowc.outputs import write_files

    program = read_flow(file, choices)
    target = find_target(target_name)
    settings = settings_of_target(target) | settings_of(pairs_of(context.args, flags_of(target)), target)
    if not store:
        from flowc.diagnostics import Diagnostic

        stop([_no_store(Diagnostic, target_name)], {})
    url = to_url(store)
    compiled, found = compiler.compile_program(
        program,
        target,
        store=url,
        image=image,
        settings=settings,
        environment=task_variables(settings_here(), url),
        rules=rules_here(),
    )
    sources = program.sources
    if compiled is None:
        stop(found, sources)
    show(found, sources)
    blocked = write_files(compiled, folder)
    if blocked:
        stop(blocked, sources)
    for name, size in compiled.sizes:
        click.echo(f"{plain(os.path.join(folder, name))}  {size:,} bytes")
    for output in compiled.definition:
        if output.lacks:
            name = plain(os.path.join(folder, output.name))
            click.echo(f"{name} cannot be used yet: compile with {' and '.join(output.lacks)}, or add what they say")
    if upload:
        tell_uploads(program, compiled.code, url)
        return
    click.echo(f"tasks look for the code package at {url}/{code_key(program.flow.name, compiled.code.code)}")
    for include in compiled.includes:
        where = f"{url}/{blob_key(program.flow.name, include.digest)}"
        click.echo(f"tasks look for the file of `{include.parameter}` at {where}")
    click.echo(f"this puts {'them' if compiled.includes else 'it'} there: {upload_command(file, store, choices)}")


def _no_store(diagnostic: type[Diagnostic], target: str) -> Diagnostic:
    return diagnostic(
        code="FC401",
        message=f"target {target} needs a store that its tasks can reach",
        help="give one: --store s3://bucket/prefix, or `store` in pyproject.toml or flowc.toml, or FLOWC_STORE",
    )
