"""The configs of a flow: which there are, and where their names may stand."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from flowc.diagnostics import Diagnostic, Label
from flowc.frontend.choices import Choices, ConfigChoice, chosen_configs
from flowc.frontend.config_scope import ConfigScope, ConfigState, used_directly
from flowc.frontend.constants import Constants
from flowc.frontend.members import Body
from flowc.frontend.modules import Modules
from flowc.frontend.parameters import CONFIG, SIGNATURES
from flowc.frontend.siblings import Siblings
from flowc.frontend.vocabulary import listed, nearest
from flowc.ir.configs import Config
from flowc.source import Span


class Configs(NamedTuple):
    """The configs of a flow.

    Attributes:
        configs: Those without errors, by name.
        states: All of them, by name.
        lines: For each class, where it defines names of configs: the line of each definition.
    """

    configs: Mapping[str, Config]
    states: Mapping[str, ConfigState]
    lines: Mapping[int, Mapping[str, int]]

    def within(self, body: Body) -> Constants:
        """What expressions in the body of a class can be evaluated with."""
        lines = self.lines[id(body.cls.node)]
        scope = ConfigScope(states=self.states, visible={n: line for n, line in lines.items() if n in self.states})
        return replace(body.cls.module.constants, configs=scope)

    def above(self, body: Body) -> Constants:
        """The same for the decorators of the class."""
        return replace(body.cls.module.constants, configs=ConfigScope(states=self.states))


def read_configs(bodies: Sequence[Body], modules: Modules, siblings: Siblings, choices: Choices, flow: Span) -> Configs:
    """Find the configs of a flow's classes, and read their files.

    Args:
        bodies: The classes, the flow's own first.
        siblings: Takes note of the texts that diagnostics point into.
        choices: What the command line adds.
        flow: The flow's name in its source.

    Emits: FC113, FC119, FC135, FC138, FC139.
    """
    found: dict[str, Config | None] = {}
    states: dict[str, ConfigState] = {}
    chosen = chosen_configs(choices)
    for body in bodies:
        for attribute, call in definitions(body, body.statements):
            if attribute.id not in found:
                # most flows have none, and what reads one takes a while to import
                from flowc.frontend.config_reader import ConfigReader

                choice = chosen.get(attribute.id.lower())
                reader = ConfigReader(body, modules, siblings, attribute, call, choice)
                states[attribute.id], found[attribute.id] = reader.read()
    modules.main.report.diagnostics += _unknown(chosen, found, flow)
    return Configs(
        configs={name: config for name, config in found.items() if config is not None},
        states=states,
        lines={id(b.cls.node): {a.id: a.lineno for a, _ in definitions(b, b.cls.node.body)} for b in bodies},
    )


def definitions(body: Body, statements: Sequence[ast.stmt]) -> Iterator[tuple[ast.Name, ast.Call]]:
    """`name = Config(...)` in the body of a class."""
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name() as attribute], value=ast.Call() as call):
                pass
            case ast.AnnAssign(target=ast.Name() as attribute, value=ast.Call() as call):
                pass
            case _:
                continue
        if body.names.resolve(call.func) == CONFIG.kind:
            yield attribute, call


def _unknown(chosen: Mapping[str, ConfigChoice], known: Mapping[str, object], flow: Span) -> Iterator[Diagnostic]:
    names = {name.lower() for name in known}
    for key, choice in chosen.items():
        option = "--config" if choice.text is None else "--config-value"
        if key not in names:
            meant = nearest(choice.name, known)
            message = f"there is no config `{choice.name}`, which `{option}` is given"
            has = f"the flow has {listed(known)}" if known else "the flow has none"
            help = f"did you mean `{meant}`?" if meant else has
        elif choice.twice:
            message = f"config `{choice.name}` is chosen more than once"
            help = f"give one `--config {choice.name} FILE`, or one `--config-value {choice.name} TEXT`"
        else:
            continue
        yield Diagnostic(code="FC138", message=message, help=help, primary=Label(span=flow))


def check_uses(body: Body) -> None:
    """Report configs whose values Python would need when it makes the class, and that nobody evaluates then.

    Emits: FC137.
    """
    constants, report = body.constants, body.cls.module.report
    for statement in body.cls.node.body:
        for node in _evaluated(statement, body):
            name = constants.config_in(node)
            if name is not None:
                problem = used_directly(name, ast.unparse(node) if isinstance(node, ast.expr) else "")
                report.error(problem.code, node, problem.message, problem.help)


def _evaluated(statement: ast.stmt, body: Body) -> Iterator[ast.expr | ast.stmt]:
    """What Python evaluates of a statement in a class's body and flowc does not."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            arguments = statement.args
            yield from (*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None))
        case ast.ClassDef():
            pass  # with names of its own
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            if not (isinstance(value, ast.Call) and body.names.resolve(value.func) in SIGNATURES):
                yield value
        case _:
            yield statement
