"""Decorators that the command line adds to every step: `--with retry:times=3`."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flowc.diagnostics import Diagnostic, Label
from flowc.frontend.constants import Constants
from flowc.frontend.decorators import READERS, Arguments
from flowc.frontend.policies import not_compiled
from flowc.frontend.report import Located, Report
from flowc.frontend.vocabulary import CLASS_DECORATORS, METAFLOW_NAMES, STEP_DECORATORS, listed, nearest
from flowc.ir.steps import Policy
from flowc.source import SourceFile, Span

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"

OPTION = "--with"

_NEXT = re.compile(r",(?=\s*\w+\s*=)")
_BEGINS_JSON = ('"', "[", "{")
_PYTHON: dict[str, bool | None] = {"True": True, "False": False, "None": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One decorator for every step that has none of its name, and can have it."""

    arguments: Arguments

    @property
    def name(self) -> str:
        """The decorator's name."""
        return self.arguments.decorator

    @property
    def is_for_splits(self) -> bool:
        """Whether a step that ends with a foreach can have it: after a failure that is caught there are no items."""
        return self.name != "catch"

    def policy(self, policy: Policy) -> Policy:
        """A step's policy with it."""
        return READERS[self.name](self.arguments, policy)


class _OptionReport(Report):
    """Reports what is wrong with an option: without a place in a source, but with the option's text."""

    def __init__(self, option: str) -> None:
        super().__init__(SourceFile(file="", text=""))
        self._option = option

    def diagnostic(
        self, code: str, where: Located | Span | None, message: str, help: str, *secondary: Label
    ) -> Diagnostic:
        return Diagnostic(code=code, message=f"`{OPTION} {self._option}`: {message}", help=help)


def read_additions(options: Iterable[str]) -> tuple[tuple[Addition, ...], tuple[Diagnostic, ...]]:
    """The decorators of options, of each name the first.

    Args:
        options: Each `name` or `name:argument=value,argument=value`, as for Metaflow's `--with`.

    Returns:
        Those without errors, and the errors.

    Emits: FC001, FC106, FC107.
    """
    found: dict[str, Addition] = {}
    diagnostics: list[Diagnostic] = []
    for option in dict.fromkeys(options):
        report = _OptionReport(option)
        addition = _read(option, report)
        if addition is not None:
            addition.policy(Policy())
        diagnostics += report.diagnostics
        if addition is not None and not report.diagnostics:
            found.setdefault(addition.name, addition)
    return tuple(found.values()), tuple(diagnostics)


def _read(option: str, report: Report) -> Addition | None:
    name, _, text = option.partition(":")
    name = name.strip()
    if name not in READERS:
        _refuse(name, report)
        return None
    values = parsed(text)
    if values is None:
        report.error("FC001", None, f"`{text}` are no arguments of a decorator", f"write `{OPTION} retry:times=3`, say")
        return None
    keywords = [ast.keyword(arg=argument, value=_node(value)) for argument, value in values.items()]
    call = ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=[], keywords=keywords)
    return Addition(
        arguments=Arguments(decorator=name, node=call, call=call, constants=Constants(expressions={}), report=report)
    )


def _refuse(name: str, report: Report) -> None:
    """Emits: FC106."""
    known = listed(f"@{n}" for n in sorted(READERS))
    meant = nearest(name, READERS)
    if name in METAFLOW_NAMES:
        message, help = not_compiled(name)
    elif name in CLASS_DECORATORS:
        message, help = (
            f"`@{name}` is no decorator of steps",
            f"put it above the flow's class; for steps there are {known}",
        )
    elif name in STEP_DECORATORS:
        message, help = f"`@{name}` cannot be added to steps", f"what can be is {known}"
    elif meant is not None:
        message, help = f"flowc does not know the decorator `@{name}`", f"did you mean `{OPTION} {meant}`?"
    else:
        message = f"flowc does not know the decorator `@{name}`"
        help = f"what can be added is {known}; a decorator of your own has to stand above each step"
    report.error("FC106", None, message, help)


def parsed(text: str) -> dict[str, Value] | None:
    """Arguments as the command line has them; None if they are none.

    A value is JSON if it can be, or True, False or None, or a number, or else a text. What begins like JSON may hold
    commas.

    Source: `_parse_decorator_spec` in https://github.com/Netflix/metaflow/blob/master/metaflow/decorators.py
    """
    found: dict[str, Value] = {}
    pieces = _NEXT.split(text) if text.strip() else []
    while pieces:
        name, equals, value = pieces.pop(0).partition("=")
        if not equals or not name.strip().isidentifier() or name.strip() in found:
            return None
        joined, rest = _completed(value, pieces)
        pieces = rest
        found[name.strip()] = _value(joined)
    return found


def _completed(value: str, pieces: Sequence[str]) -> tuple[str, list[str]]:
    """A value with the pieces that belong to it, if that makes it JSON; and the others."""
    if value.strip().startswith(_BEGINS_JSON):
        for count in range(len(pieces) + 1):
            joined = ",".join([value, *pieces[:count]])
            if _is_json(joined):
                return joined, list(pieces[count:])
    return value, list(pieces)


def _is_json(text: str) -> bool:
    try:
        _from_json(text)
    except ValueError:
        return False
    return True


def _from_json(text: str) -> Value:
    try:
        value: Value = json.loads(text.strip())
    except ValueError:
        value = json.loads(text.strip().replace('\\"', '"'))  # as Metaflow's own specifications escape quotes
    return value


def _value(text: str) -> Value:
    try:
        return _from_json(text)
    except ValueError:
        pass
    plain = text.strip()
    if plain in _PYTHON:
        return _PYTHON[plain]
    for number in (int, float):
        try:
            return number(plain)
        except ValueError:
            continue
    return plain


def _node(value: Value) -> ast.expr:
    match value:
        case list():
            return ast.List(elts=[_node(item) for item in value], ctx=ast.Load())
        case dict():
            keys: list[ast.expr | None] = [ast.Constant(key) for key in value]
            return ast.Dict(keys=keys, values=[_node(item) for item in value.values()])
        case _:
            return ast.Constant(value)
