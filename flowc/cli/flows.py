"""What the commands that take a flow have in common: reading it, its parameters, and the settings of targets."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from flowc.cli.group import did_you_mean
from flowc.cli.output import show, stop

if TYPE_CHECKING:
    from flowc.compiler import Program
    from flowc.frontend import Choices
    from flowc.ir.configs import Config
    from flowc.ir.steps import Parameter
    from flowc.runner.parameters import Problem
    from flowc.targets.base import Target

_WORDS = "flowc.words"
DIVIDER = "--"
"""Behind it stand parameters of the flow, whatever they are called."""


class FlowCommand(click.Command):
    """A command whose help also tells what the flow and the targets add to it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words for the help, which is printed before they are parsed."""
        ctx.meta[_WORDS] = list(args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Parameters of the flow, settings of the targets."""
        names = {p.name for p in self.params}
        files = [word for word in ctx.meta[_WORDS] if word.endswith(".py")]
        if self.name != "compile":
            rows = _parameter_rows(files[:1], {option for p in self.get_params(ctx) for option in p.opts})
            with formatter.section(f"Parameters of {files[0]}" if rows else "Parameters"):
                formatter.write_dl(rows or [("--name VALUE", "A parameter of the flow; name a flow to see its own.")])
            rows = _config_rows(files[:1])
            if rows:
                with formatter.section(f"Configs of {files[0]}"):
                    formatter.write_dl(rows)
        if "target_name" in names:
            for name, rows in _setting_rows():
                with formatter.section(f"Settings of target {name}"):
                    formatter.write_dl(rows)


def read_flow(file: str, choices: Choices) -> Program:
    """A flow without errors; ends the command where there are some."""
    from flowc.compiler import read_program

    program, found, sources = read_program(file, choices)
    if program is None:
        stop(found, sources)
    show(found, sources)
    return program


def parameters_of(program: Program, texts: Mapping[str, str]) -> dict[str, Any]:
    """The value of every parameter that is known before the run; ends the command where one is wrong."""
    from flowc.runner import parameters

    values, problems = _read_values(program, texts)
    resolved, more = parameters.check(program.plan, values)
    _stop_at([*problems, *more])
    return resolved


def given_parameters(program: Program, texts: Mapping[str, str]) -> dict[str, Any]:
    """The values that are given, and no others; ends the command where one cannot be read."""
    values, problems = _read_values(program, texts)
    _stop_at(problems)
    return values


def _stop_at(problems: Sequence[Problem]) -> None:
    from flowc.diagnostics import Diagnostic

    if problems:
        stop([Diagnostic(code=p.code, message=p.message, help=_divided(p.help)) for p in problems], {})


def _divided(help: str) -> str:
    """A help that says how to give a parameter, also where an option of the command has its name."""
    return re.sub(r"(?<!\S)--\w+(?=\s)", lambda m: f"-- {m[0]}" if m[0] in _own_options() else m[0], help)


def _read_values(program: Program, texts: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    from flowc.runner import parameters

    files = {p.name for p in program.plan.parameters if p.type == "file"} & texts.keys()
    values, problems = parameters.parse(program.plan, texts)
    if files:
        from flowc.runner import includes

        values |= {name: includes.absolute(texts[name]) for name in files}
        problems += [p for name in sorted(files) if (p := _unreadable(name, values[name])) is not None]
    return values, problems


def _unreadable(name: str, place: str) -> Problem | None:
    """Why the file that a parameter is given cannot be read, if it is on this machine."""
    from flowc.runner.includes import is_place, local_path
    from flowc.runner.parameters import Problem
    from flowc.store.files import read_chunks, reason

    path = local_path(place) if is_place(place) else None
    try:
        if path is not None:
            next(read_chunks(path), b"")
    except (OSError, ValueError) as error:
        message = f"parameter `{name}` includes `{path}`, which cannot be read: {reason(error)}"
        return Problem("FC604", message, f"give the path or URL of a file that there is: --{name} PATH")
    return None


def find_target(name: str) -> Target[Any]:
    """A target by its name."""
    from flowc.targets.registry import load_target, target_names

    try:
        return load_target(name)
    except KeyError:
        names = target_names()
        help = did_you_mean(name, names) or f"; there are {', '.join(names)}"
        raise click.UsageError(f"there is no target `{name}`{help}") from None


def settings_of(given: Mapping[str, str], target: Target[Any]) -> dict[str, str]:
    """A target's settings among options, by their names."""
    known = {s.name.replace("_", "-"): s for s in target.settings}
    for name in given:
        if name not in known:
            _refuse_of_another(name)
            names = ", ".join(f"--{n}" for n in known) or "none"
            help = did_you_mean(f"--{name}", [*(f"--{n}" for n in known), *_own_options()])
            raise click.UsageError(f"target {target.name} has no option --{name}{help or f'; its own are: {names}'}")
    return {known[name].name: value for name, value in given.items()}


def check_options(program: Program, pairs: Mapping[str, str], *settings: str) -> None:
    """Refuse what is no parameter, but nearly an option: that was meant to be one."""
    known = {p.name for p in program.flow.params} | set(settings)
    for name in pairs:
        if name not in known:
            _refuse_of_another(name)
    options = [*(f"--{s}" for s in settings), *_own_options()]
    for name in pairs:
        if name not in known and not did_you_mean(name, known) and (help := did_you_mean(f"--{name}", options)):
            raise click.UsageError(f"there is no option --{name}{help}")


def _refuse_of_another(name: str) -> None:
    """End the command where an option is one of a target that it is not about."""
    from flowc.targets.registry import load_target, target_names

    found = [t for t in target_names() if name in {s.name.replace("_", "-") for s in load_target(t).settings}]
    if found:
        context = click.get_current_context()
        here = (
            f"not of {context.params['target_name']}" if "target_name" in context.params else "and a run has no target"
        )
        targets = f"target{'s' if len(found) > 1 else ''} {' and '.join(found)}"
        raise click.UsageError(f"--{name} is an option of {targets}, {here}")


class Given(NamedTuple):
    """What a command line has beside the command's own options, by the names.

    Attributes:
        unmarked: Parameters, or settings of a target.
        behind: Parameters, behind the divider.
        is_divided: Whether there is a divider.
    """

    unmarked: dict[str, str]
    behind: dict[str, str]
    is_divided: bool

    @property
    def parameters(self) -> dict[str, str]:
        """All of it, where there are no settings."""
        for name in self.unmarked.keys() & self.behind.keys():
            raise click.UsageError(f"--{name} is given twice")
        return self.unmarked | self.behind


def given_to(
    program: Program, flags: frozenset[str] = frozenset(), settings: Collection[str] = (), *, but: str = ""
) -> Given:
    """What is given to a flow; ends the command where an option may be flowc's or the flow's.

    Args:
        program: The flow.
        flags: Names of settings that need no value.
        settings: Names of all settings of the target.
        but: An option of the command's that is the flow's where the flow has a parameter of its name.
    """
    context = click.get_current_context()
    words: list[str] = context.meta[_WORDS]
    before = words[: words.index(DIVIDER)] if DIVIDER in words else words
    behind = min(max(len(words) - len(before) - 1, 0), len(context.args))
    first = len(context.args) - behind
    given = Given(pairs_of(context.args[:first], flags), pairs_of(context.args[first:]), before is not words)
    if given.is_divided:
        return given
    spelled = {word.partition("=")[0] for word in before}
    options = {
        option
        for parameter in context.command.params
        if parameter.name and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
        for option in spelled.intersection(parameter.opts)
    } | {f"--{name}" for name in given.unmarked.keys() & set(settings)}
    for name in sorted(p.name for p in program.flow.params if f"--{p.name}" in options and p.name != but):
        raise click.UsageError(
            f"--{name} may be flowc's option, or the parameter `{name}` of flow {program.flow.name}; parameters can "
            f"stand behind {DIVIDER}, and then all before it are flowc's: [--{name} ...] {DIVIDER} [--{name} ...]"
        )
    return given


def _own_options() -> list[str]:
    """The options of the command that runs."""
    return [o for p in click.get_current_context().command.params for o in p.opts if o.startswith("--")]


def _parameter_rows(files: Sequence[str], options: Collection[str]) -> list[tuple[str, str]]:
    from flowc.compiler import read_program

    program = read_program(files[0])[0] if files else None
    if program is None:
        return []
    return [
        (
            f"{DIVIDER + ' ' if f'--{p.name}' in options else ''}--{p.name} "
            f"{_KINDS.get(p.type.value, p.type.value.upper())}",
            _note(p),
        )
        for p in program.flow.params
    ]


def _config_rows(files: Sequence[str]) -> list[tuple[str, str]]:
    from flowc.compiler import read_program

    program = read_program(files[0])[0] if files else None
    if program is None:
        return []
    return [(f"--config {c.name} FILE", f"{c.help}  {_config_note(c)}".strip()) for c in program.flow.configs]


def _config_note(config: Config) -> str:
    if config.default:
        return f"[default: {config.default}]"
    if config.deferred:
        return "[default: found when a run starts]"
    return "" if config.value is None else f"[default: {_shown(config.value)}]"


_KINDS = {"any": "VALUE"}


def _note(parameter: Parameter) -> str:
    """A parameter's help, and what it is when it is not given."""
    if parameter.required:
        note = "[required]"
    elif parameter.deferred:
        note = "[default: found when a run starts]"
    else:
        default = parameter.default if parameter.file is None else parameter.file.name
        note = "" if default is None else f"[default: {_shown(default)}]"
    return f"{parameter.help}  {note}" if note else parameter.help


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


def flags_of(target: Target[Any]) -> frozenset[str]:
    """The options of a target that need no value."""
    return frozenset(s.name.replace("_", "-") for s in target.settings if s.is_flag)


def pairs_of(arguments: Sequence[str], flags: frozenset[str] = frozenset()) -> dict[str, str]:
    """`--name value` and `--name=value`; of `flags` also `--name`, which is `true`."""
    found: dict[str, str] = {}
    pending = list(arguments)
    while pending:
        word = pending.pop(0)
        if not word.startswith("--") or word == "--":
            raise click.UsageError(f"unexpected `{word}`: options are given as --name value")
        name, equals, value = word[2:].partition("=")
        if not equals and name in flags and (not pending or pending[0].startswith("--")):
            value = "true"
        elif not equals:
            if not pending:
                raise click.UsageError(f"--{name} needs a value")
            value = pending.pop(0)
        if name in found:
            raise click.UsageError(f"--{name} is given twice")
        found[name] = value
    return found
