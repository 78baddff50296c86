"""The commands. What a command needs is imported when it runs: nobody waits for the others' libraries."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from flowc._version import __version__
from flowc.cli import completion
from flowc.cli.exit_codes import EXIT_INTERRUPTED
from flowc.cli.group import Commands, did_you_mean
from flowc.cli.output import plain, show, stop
from flowc.contract import code_key
from flowc.store.opening import to_url

if TYPE_CHECKING:
    from flowc.compiler import Program
    from flowc.diagnostics import Diagnostic
    from flowc.targets.base import Target

DEFAULT_STORE = ".flowc"

_EXTRA = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["-h", "--help"]}
_FLOW = click.argument("file", metavar="FLOW.py", type=click.Path(), shell_complete=completion.flow_files)
_TARGET = click.option(
    "--target",
    "target_name",
    required=True,
    help="The scheduler: airflow or stepfunctions.",
    shell_complete=completion.targets,
)
_IMAGE = click.option(
    "--image", default=f"flowc-runner:{__version__}", show_default=True, help="The step-runner container's image."
)
_STORE_HELP = "Where artifacts are: a directory, or s3://bucket/prefix (or FLOWC_STORE)."


_ELSEWHERE = {name: f"flowc.cli.{name}" for name in ("check", "doctor", "dump", "init", "logs", "runs", "show")}


@click.group(
    cls=Commands,
    elsewhere=_ELSEWHERE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="flowc")
def cli() -> None:
    """Compile flows in Metaflow's style for Airflow and AWS Step Functions, and run them here."""


class _FlowCommand(click.Command):
    """A command whose help also tells what the flow and the targets add to it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words for the help, which is printed before they are parsed."""
        ctx.meta["flowc.words"] = list(args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Parameters of the flow, settings of the targets."""
        names = {p.name for p in self.params}
        files = [word for word in ctx.meta["flowc.words"] if word.endswith(".py")]
        if self.name != "compile":
            rows = _parameter_rows(files[:1])
            with formatter.section(f"Parameters of {files[0]}" if rows else "Parameters"):
                formatter.write_dl(rows or [("--name VALUE", "A parameter of the flow; name a flow to see its own.")])
        if "target_name" in names:
            for name, rows in _setting_rows():
                with formatter.section(f"Settings of target {name}"):
                    formatter.write_dl(rows)


@cli.command()
@_FLOW
@click.option("--format", "form", type=click.Choice(["mermaid", "dot"]), default="mermaid", show_default=True)
def graph(file: str, form: str) -> None:
    """Print a drawing of a flow, for Mermaid or Graphviz."""
    from flowc.passes import draw

    flow = _read(file).flow
    click.echo(draw.mermaid(flow) if form == "mermaid" else draw.dot(flow), nl=False)


@cli.command("compile", cls=_FlowCommand, context_settings=_EXTRA)
@_FLOW
@_TARGET
@click.option("--store", envvar="FLOWC_STORE", help=_STORE_HELP)
@click.option("-o", "--output", "folder", required=True, type=click.Path(), help="The folder to write to.")
@_IMAGE
@click.pass_context
def compile_(context: click.Context, file: str, target_name: str, store: str | None, folder: str, image: str) -> None:
    """Write a scheduler's definition of a flow, and the code package."""
    from flowc import compiler

    program = _read(file)
    target = _target(target_name)
    settings = _settings(_pairs(context.args), target)
    if not store:
        from flowc.diagnostics import Diagnostic

        stop([_no_store(Diagnostic, target_name)], {})
    url = to_url(store)
    compiled, found = compiler.compile_program(program, target, store=url, image=image, settings=settings)
    sources = program.sources
    if compiled is None:
        stop(found, sources)
    show(found, sources)
    blocked = compiler.write_files(compiled, folder)
    if blocked:
        stop(blocked, sources)
    for output in compiled.files:
        click.echo(f"{plain(os.path.join(folder, output.name))}  {len(output.data):,} bytes")
    click.echo(f"tasks look for the code package at {url}/{code_key(program.flow.name, compiled.code.code)}")


@cli.command(cls=_FlowCommand, context_settings=_EXTRA)
@_FLOW
@click.option("--max-workers", type=click.IntRange(min=1), help="Tasks at the same time.  [default: the CPUs]")
@click.option("--store", envvar="FLOWC_STORE", default=DEFAULT_STORE, show_default=True, help=_STORE_HELP)
@click.pass_context
def run(context: click.Context, file: str, max_workers: int | None, store: str) -> None:
    """Run a flow here. Parameters are given as --name value."""
    from flowc.cli import running

    program = _read(file)
    pairs = _pairs(context.args)
    _check_options(program, pairs)
    parameters = _parameters(program, pairs)
    sys.exit(running.run_here(program, to_url(store or DEFAULT_STORE), parameters, max_workers or _cpus()))


@cli.command(cls=_FlowCommand, context_settings=_EXTRA)
@_FLOW
@_TARGET
@click.option("--store", help=_STORE_HELP)
@click.option("-o", "--output", "folder", type=click.Path(), help="Keep what was compiled in this folder.")
@_IMAGE
@click.pass_context
def simulate(
    context: click.Context, file: str, target_name: str, store: str | None, folder: str | None, image: str
) -> None:
    """Run a flow here as a scheduler would.

    What `compile` writes is loaded by the real Airflow, or by an interpreter of Step Functions; only pods and jobs
    become local processes. Parameters are given as --name value.
    """
    from flowc.cli import running

    program = _read(file)
    target = _target(target_name)
    if target_name not in running.SIMULATED:
        raise click.UsageError(f"target {target_name} cannot be simulated; {' and '.join(running.SIMULATED)} can")
    pairs = _pairs(context.args)
    _check_options(program, pairs, *(s.name.replace("_", "-") for s in target.settings))
    own = {s.name.replace("_", "-") for s in target.settings} - {p.name for p in program.flow.params}
    settings = _settings({n: v for n, v in pairs.items() if n in own}, target)
    parameters = _parameters(program, {n: v for n, v in pairs.items() if n not in own})
    simulation = running.Simulation(
        program=program,
        target=target_name,
        store=to_url(store) if store else None,
        image=image,
        settings=settings,
        parameters=parameters,
        output=folder,
    )
    try:
        code = running.run_simulated(simulation)
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


def _target(name: str) -> Target[Any]:
    from flowc.targets.registry import load_target, target_names

    try:
        return load_target(name)
    except KeyError:
        names = target_names()
        help = did_you_mean(name, names) or f"; there are {', '.join(names)}"
        raise click.UsageError(f"there is no target `{name}`{help}") from None


def _settings(given: Mapping[str, str], target: Target[Any]) -> dict[str, str]:
    known = {s.name.replace("_", "-"): s for s in target.settings}
    for name in given:
        if name not in known:
            names = ", ".join(f"--{n}" for n in known) or "none"
            help = did_you_mean(f"--{name}", [*(f"--{n}" for n in known), *_own_options()])
            raise click.UsageError(f"target {target.name} has no option --{name}{help or f'; its own are: {names}'}")
    return {known[name].name: value for name, value in given.items()}


def _check_options(program: Program, pairs: Mapping[str, str], *settings: str) -> None:
    """What is no parameter, but nearly an option, was meant to be one."""
    known = {p.name for p in program.flow.params} | set(settings)
    options = [*(f"--{s}" for s in settings), *_own_options()]
    for name in pairs:
        if name not in known and not did_you_mean(name, known) and (help := did_you_mean(f"--{name}", options)):
            raise click.UsageError(f"there is no option --{name}{help}")


def _own_options() -> list[str]:
    """The options of the command that runs."""
    return [o for p in click.get_current_context().command.params for o in p.opts if o.startswith("--")]


def _parameter_rows(files: Sequence[str]) -> list[tuple[str, str]]:
    from flowc.compiler import read_program

    program = read_program(files[0])[0] if files else None
    if program is None:
        return []
    return [
        (
            f"--{p.name} {p.type.value.upper()}",
            p.help
            + ("  [required]" if p.required else "" if p.default is None else f"  [default: {_shown(p.default)}]"),
        )
        for p in program.flow.params
    ]


def _shown(default: Any) -> str:
    return default if isinstance(default, str) else json.dumps(default, ensure_ascii=False)


def _setting_rows() -> list[tuple[str, list[tuple[str, str]]]]:
    from flowc.targets.registry import load_target, target_names

    return [
        (
            name,
            [
                (f"--{s.name.replace('_', '-')} TEXT", s.help + (f"  [default: {s.default}]" if s.default else ""))
                for s in load_target(name).settings
            ],
        )
        for name in target_names()
    ]


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


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
