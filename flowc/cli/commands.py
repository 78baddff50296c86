"""The commands. What a command needs is imported when it runs: nobody waits for the others' libraries."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from flowc._version import __version__
from flowc.cli.output import EXIT_INTERRUPTED, plain, show, stop
from flowc.store.objects import to_url

if TYPE_CHECKING:
    from flowc.compiler import Program
    from flowc.diagnostics import Diagnostic
    from flowc.targets.base import Target

DEFAULT_STORE = ".flowc"
TARGETS = ("airflow", "stepfunctions")

_EXTRA = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["-h", "--help"]}
_FLOW = click.argument("file", metavar="FLOW.py", type=click.Path())
_STORE_HELP = "Where artifacts are: a directory, or s3://bucket/prefix (or FLOWC_STORE)."


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="flowc")
def cli() -> None:
    """Compile flows in Metaflow's style for Airflow and AWS Step Functions, and run them here."""


@cli.command()
@_FLOW
def check(file: str) -> None:
    """Look for mistakes in a flow; nothing of it is run."""
    program = _read(file)
    flow = program.flow
    click.echo(f"{flow.file}: flow {flow.name}, {_count(len(flow.steps), 'step')}, no problems found")


@cli.command()
@_FLOW
@click.option("--format", "form", type=click.Choice(["mermaid", "dot"]), default="mermaid", show_default=True)
def graph(file: str, form: str) -> None:
    """Print a drawing of a flow, for Mermaid or Graphviz."""
    from flowc.passes import draw

    flow = _read(file).flow
    click.echo(draw.mermaid(flow) if form == "mermaid" else draw.dot(flow), nl=False)


@cli.command("compile", context_settings=_EXTRA)
@_FLOW
@click.option("--target", "target_name", required=True, type=click.Choice(TARGETS), help="The scheduler.")
@click.option("--store", envvar="FLOWC_STORE", help=_STORE_HELP)
@click.option("-o", "--output", "folder", required=True, type=click.Path(), help="The folder to write to.")
@click.option("--image", help="The step-runner container's image.")
@click.pass_context
def compile_(
    context: click.Context, file: str, target_name: str, store: str | None, folder: str, image: str | None
) -> None:
    """Write what a scheduler runs: its definition of the flow, and the code package."""
    from flowc import compiler
    from flowc.targets.registry import load_target

    program = _read(file)
    target = load_target(target_name)
    settings = _settings(_pairs(context.args), target)
    if not store:
        from flowc.diagnostics import Diagnostic

        stop([_no_store(Diagnostic, target_name)], {})
    compiled, found = compiler.compile_program(
        program, target, store=to_url(store), image=image or compiler.DEFAULT_IMAGE, settings=settings
    )
    sources = {program.source.file: program.source}
    if compiled is None:
        stop(found, sources)
    show(found, sources)
    blocked = compiler.write_files(compiled, folder)
    if blocked:
        stop(blocked, sources)
    for output in compiled.files:
        click.echo(f"{plain(os.path.join(folder, output.name))}  {len(output.data):,} bytes")


@cli.command(context_settings=_EXTRA)
@_FLOW
@click.option("--max-workers", type=click.IntRange(min=1), help="Tasks at the same time.  [default: the CPUs]")
@click.option("--store", envvar="FLOWC_STORE", default=DEFAULT_STORE, show_default=True, help=_STORE_HELP)
@click.pass_context
def run(context: click.Context, file: str, max_workers: int | None, store: str) -> None:
    """Run a flow here. Parameters are given as --name value."""
    from flowc.cli import running

    program = _read(file)
    parameters = _parameters(program, _pairs(context.args))
    sys.exit(running.run_here(program, to_url(store), parameters, max_workers or _cpus()))


@cli.command(context_settings=_EXTRA)
@_FLOW
@click.option("--target", "target_name", required=True, type=click.Choice(TARGETS), help="The scheduler.")
@click.option("--store", help=_STORE_HELP)
@click.option("-o", "--output", "folder", type=click.Path(), help="Keep what was compiled in this folder.")
@click.pass_context
def simulate(context: click.Context, file: str, target_name: str, store: str | None, folder: str | None) -> None:
    """Run a flow here as a scheduler would.

    What `compile` writes is loaded by the real Airflow, or by an interpreter of Step Functions; only pods and jobs
    become local processes. Parameters are given as --name value.
    """
    from flowc.cli import running
    from flowc.targets.registry import load_target

    program = _read(file)
    target = load_target(target_name)
    pairs = _pairs(context.args)
    own = {s.name.replace("_", "-") for s in target.settings}
    settings = _settings({n: v for n, v in pairs.items() if n in own}, target)
    parameters = _parameters(program, {n: v for n, v in pairs.items() if n not in own})
    url = None if store is None else to_url(store)
    try:
        code = running.run_simulated(program, target_name, url, parameters, settings, folder)
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    sys.exit(code)


def _read(file: str) -> Program:
    from flowc.compiler import read_program

    program, found, sources = read_program(file)
    if program is None:
        stop(found, sources)
    show(found, sources)
    return program


def _parameters(program: Program, texts: Mapping[str, str]) -> dict[str, Any]:
    from flowc.diagnostics import Diagnostic
    from flowc.runner import parameters

    values, problems = parameters.parse(program.plan, texts)
    resolved, more = parameters.check(program.plan, values)
    if problems or more:
        stop([Diagnostic(code=p.code, message=p.message, help=p.help) for p in (*problems, *more)], {})
    return resolved


def _settings(given: Mapping[str, str], target: Target[Any]) -> dict[str, str]:
    known = {s.name.replace("_", "-"): s for s in target.settings}
    for name in given:
        if name not in known:
            names = ", ".join(f"--{n}" for n in known) or "none"
            raise click.UsageError(f"target {target.name} has no option --{name}; its own are: {names}")
    return {known[name].name: value for name, value in given.items()}


def _pairs(arguments: Sequence[str]) -> dict[str, str]:
    """`--name value` and `--name=value`."""
    found: dict[str, str] = {}
    pending = list(arguments)
    while pending:
        word = pending.pop(0)
        if not word.startswith("--") or word == "--":
            raise click.UsageError(f"unexpected `{word}`: options are given as --name value")
        name, equals, value = word[2:].partition("=")
        if not equals:
            if not pending:
                raise click.UsageError(f"--{name} needs a value")
            value = pending.pop(0)
        if name in found:
            raise click.UsageError(f"--{name} is given twice")
        found[name] = value
    return found


def _no_store(diagnostic: type[Diagnostic], target: str) -> Diagnostic:
    return diagnostic(
        code="FC401",
        message=f"target {target} needs a store that its tasks can reach",
        help="give one: --store s3://bucket/prefix (or set FLOWC_STORE)",
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
