"""A flow's configs, as expressions in its source see them.

Named tuples, which take a tenth of the time of data classes to define: every command imports them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from flowc.frontend.vocabulary import listed, nearest


class KnownConfig(NamedTuple):
    """A config whose value is there.

    Attributes:
        value: What JSON has.
        place: Where it comes from, in words: "`config.json`".
    """

    value: Any
    place: str


class DeferredConfig(NamedTuple):
    """A config whose value the first task of a run finds.

    Attributes:
        why: The reason, to be put after "its value is found when a run starts, ".
    """

    why: str


class BrokenConfig(NamedTuple):
    """A config that has no value since something is wrong with it, which is reported."""


ConfigState: TypeAlias = KnownConfig | DeferredConfig | BrokenConfig


class ConfigScope(NamedTuple):
    """The configs of a flow, for the expressions at one place.

    Attributes:
        states: All of them, by name.
        visible: Names that Python knows at this place, those that the same class defines: the line of each definition.
    """

    states: Mapping[str, ConfigState]
    visible: Mapping[str, int] = {}

    def find(self, name: str) -> str | None:
        """The config of a name in `config_expr`; Metaflow has them in lower case there."""
        if name in self.states:
            return name
        return next((known for known in self.states if known.lower() == name), None)


class Problem(NamedTuple):
    """What is wrong with a use of a config.

    Attributes:
        code: FC136 or FC137.
    """

    code: str
    message: str
    help: str


def no_config(name: str, scope: ConfigScope) -> Problem:
    """`config_expr` names a config that there is not."""
    meant = nearest(name, scope.states)
    there = f"the flow has {listed(scope.states)}" if scope.states else "the flow has none"
    help = f"did you mean `{meant}`?" if meant else f'{there}; define one: `{name} = Config("{name}", ...)`'
    return Problem(code="FC136", message=f"there is no config `{name}`", help=help)


def not_in_sight(name: str, text: str) -> Problem:
    """A config is named where Python does not know its name."""
    return Problem(
        code="FC137",
        message=f"Python does not know `{name}` here: the name is there after its definition, in that class's body",
        help=f"write `config_expr({_quoted(text)})` (`from flowc import config_expr`)",
    )


def deferred(name: str, state: DeferredConfig) -> Problem:
    """The value of a config is asked for, and is not known yet."""
    return Problem(
        code="FC137",
        message=f"the value of config `{name}` is found when a run starts, {state.why}; here it must be known before",
        help="let `parser` be `json.loads`, `tomllib.loads` or `yaml.safe_load`, or read `self."
        f"{name}` in a step; a parameter's default can be a function: `lambda context: context.configs.{name}`",
    )


def needs_expr(text: str, is_own: bool) -> Problem:
    """Python itself would evaluate an expression while it makes the class, and cannot.

    Args:
        is_own: It calls a function, which the compiler does not run.
    """
    return Problem(
        code="FC137",
        message=f"`{_short(text)}` takes the value of a config that is not there while Python makes the class",
        help="call the function in a step, or put what it gives into the config: the compiler runs no code of the flow"
        if is_own
        else f"write it as a text: `config_expr({_quoted(text)})`",
    )


def used_directly(name: str, text: str) -> Problem:
    """A config stands where nobody evaluates it, and its value would be needed."""
    what = f"`{_short(text)}` takes" if text else "this takes"
    return Problem(
        code="FC137",
        message=f"{what} the value of a config, which is not there while Python makes the class",
        help=f"read `self.{name}` in the steps",
    )


def mixed(name: str, text: str, why: str) -> Problem:
    """An expression has a part that is not known before a run beside a config."""
    return Problem(
        code="FC137",
        message=f"what is made of config `{name}` must be known before a run: `{_short(text)}` {why}",
        help="make it of configs, constants, arithmetic and f-strings only; "
        f"a parameter's default can be a function: `lambda context: context.configs.{name}`",
    )


def no_key(value: Any, key: Any, text: str, root: str, scope: ConfigScope) -> Problem:
    """A value in a config does not have what is asked of it.

    Args:
        value: The value.
        key: A name or number.
        text: The value's expression.
        root: The config's name, if that is known.
    """
    state = scope.states.get(root)
    where = f"; the config comes from {state.place}" if isinstance(state, KnownConfig) else ""
    if value is None and text == root:
        message = f"config `{root}` has no value: none was given"
        return Problem(code="FC136", message=message, help=f"give one: --config {root} FILE, or give it a `default`")
    if isinstance(value, dict):
        if key in value:
            message = f"`{text}.{key}` is a method of mappings, as every dict has it"
            return Problem(code="FC136", message=message, help=f'read the key as `{text}["{key}"]`')
        message = f"`{text}` has no key `{key}`{where}"
        meant = nearest(key, [k for k in value if isinstance(k, str)]) if isinstance(key, str) else None
        has = f"it has {listed(value)}" if value else "it is empty"
        return Problem(code="FC136", message=message, help=f"did you mean `{meant}`?" if meant else has)
    if isinstance(value, list | tuple):
        count = f"{len(value)} item{'' if len(value) == 1 else 's'}"
        message = f"`{text}` has {count}, and none at `{key}`{where}"
        return Problem(code="FC136", message=message, help=f"use a number from 0 to {len(value) - 1}, or add items")
    message = f"`{text}` is {value!r}, and has no `{key}`{where}"
    return Problem(code="FC136", message=message, help="correct the expression, or the config")


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _quoted(text: str) -> str:
    return f'"{text}"' if '"' not in text and "\\" not in text else repr(text)
