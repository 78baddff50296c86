"""Configs as a flow's source and its steps see them. Standard library only, and little of it.

The compiler reads the files and evaluates what is made of them. While Python makes a flow's class, where no value is
known, a config and all that is made of it are an `Unevaluated`, which decorators take and nobody can mistake for a
value. In a task, `self.config` is a `ConfigValue`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, overload

from flowc.spec import FlowSpec, Parameter

if TYPE_CHECKING:
    from types import FrameType


class ConfigValue(dict[str, Any]):
    """A mapping of a config: a dict that cannot be changed, and whose keys are attributes too.

    `self.config.model.layers` and `self.config["model"]["layers"]` are the same. A key that is called like a method of
    dicts (`items`, `get`, ...) is read by brackets only. Mappings inside are of this type too; lists are lists.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__({key: _wrapped(value) for key, value in data.items()})

    def to_dict(self) -> dict[str, Any]:
        """The same as dicts, which can be changed."""
        return {key: _plain(value) for key, value in self.items()}

    def copy(self) -> ConfigValue:
        """A copy, down to the lists inside."""
        return ConfigValue(self)

    @classmethod
    def fromkeys(cls, keys: Iterable[str], value: Any = None) -> ConfigValue:  # type: ignore[override]
        """The same value for each key."""
        return cls(dict.fromkeys(keys, value))

    def __getattr__(self, name: str) -> Any:
        # only asked for what dicts do not have; names of that form are Python's own questions
        if name in self:
            return self[name]
        raise AttributeError(
            name if name.startswith("__") else f"the config has no key `{name}` here{_keys(self, name)}"
        )

    def __missing__(self, key: Any) -> NoReturn:
        raise KeyError(f"the config has no key {key!r} here{_keys(self, key)}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(key for key in self if key.isidentifier())]

    def __reduce__(self) -> tuple[type[ConfigValue], tuple[dict[str, Any]]]:
        return type(self), (self.to_dict(),)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a config cannot be changed; `to_dict()` makes a dict of it that can")

    __setattr__ = __delattr__ = __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def _wrapped(value: Any) -> Any:
    match value:
        case ConfigValue():
            return value
        case Mapping():
            return ConfigValue(value)
        case list() | tuple():
            return [_wrapped(item) for item in value]
        case _:
            return value


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value


def _keys(value: Mapping[str, Any], name: Any) -> str:
    """What the keys are, or which one was probably meant."""
    from difflib import get_close_matches

    near = get_close_matches(name, value, 1) if isinstance(name, str) else []
    if near:
        return f"; did you mean `{near[0]}`?"
    return f"; it has {', '.join(f'`{key}`' for key in value)}" if value else ", and no others"


class ConfigError(TypeError):
    """A config is used as a value where it has none."""


_IN_FUNCTION = 0x1  # `inspect.CO_OPTIMIZED`: functions have it, the bodies of modules and classes do not


class Unevaluated:
    """What stands for a config's value, or for something made of such values, while Python makes a flow's class.

    Attributes, items, calls, arithmetic and comparisons give another one, and a text is made with the expression in
    it: so whatever the compiler has evaluated from the source can be made here too. Whoever asks for more than that,
    for a truth value or a number, or for a text in a running function, is told where the value is.
    """

    _flowc_expression: str

    def __init__(self, expression: str) -> None:
        self.__dict__["_flowc_expression"] = expression

    def __repr__(self) -> str:
        return f"<{self._flowc_expression}: known in steps, and to the compiler>"

    def _flowc_made(self, template: str, *others: Any) -> Unevaluated:
        texts = [o._flowc_expression if isinstance(o, Unevaluated) else repr(o) for o in others]
        return Unevaluated(template.format(self._flowc_expression, *texts))

    def _flowc_value(self, *_: Any) -> NoReturn:
        raise ConfigError(
            f"`{self._flowc_expression}` has no value here: steps read configs from `self`; "
            "in an argument of a decorator, write what is made of them as a text, in `config_expr(...)`"
        )

    def __getattr__(self, name: str) -> Unevaluated:
        # what begins so, Python itself is looking for
        if name.startswith("__"):
            raise AttributeError(name)
        return Unevaluated(f"{self._flowc_expression}.{name}")

    def __getitem__(self, key: Any) -> Unevaluated:
        return self._flowc_made("{}[{}]", key)

    def __call__(self, *arguments: Any, **_: Any) -> Unevaluated:
        return Unevaluated(f"{self._flowc_expression}(...)")

    def keys(self) -> Any:
        """None: `**config.x` in a decorator passes nothing on, as the decorator itself does nothing."""
        return () if _is_in_class(sys._getframe(1)) else self._flowc_value()

    def __str__(self) -> str:
        return repr(self) if _is_in_class(sys._getframe(1)) else self._flowc_value()

    def __format__(self, _: str) -> str:
        return repr(self) if _is_in_class(sys._getframe(1)) else self._flowc_value()

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> Any:
        return self._flowc_made("({} == {})", other)

    def __ne__(self, other: object) -> Any:
        return self._flowc_made("({} != {})", other)

    def __neg__(self) -> Unevaluated:
        return self._flowc_made("-{}")

    def __pos__(self) -> Unevaluated:
        return self._flowc_made("+{}")

    def __reduce_ex__(self, _: Any) -> NoReturn:
        self._flowc_value()

    def _flowc_readonly(self, *_: Any) -> NoReturn:
        raise TypeError(f"`{self._flowc_expression}`: a config cannot be changed")

    __setattr__ = __delattr__ = __setitem__ = __delitem__ = _flowc_readonly
    __bool__ = __int__ = __float__ = __complex__ = __index__ = __bytes__ = __len__ = _flowc_value
    __iter__ = __contains__ = _flowc_value


def _is_in_class(frame: FrameType) -> bool:
    """Whether it is not a function that runs there: then a class or a module is being made."""
    return not frame.f_code.co_flags & _IN_FUNCTION


def _operator(template: str) -> Callable[[Unevaluated, Any], Unevaluated]:
    def made(self: Unevaluated, other: Any) -> Unevaluated:
        return self._flowc_made(template, other)

    return made


for _name, _symbol in {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "or": "|",
    "and": "&",
}.items():
    setattr(Unevaluated, f"__{_name}__", _operator(f"({{}} {_symbol} {{}})"))
    setattr(Unevaluated, f"__r{_name}__", _operator(f"({{1}} {_symbol} {{0}})"))
for _name, _symbol in {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    setattr(Unevaluated, f"__{_name}__", _operator(f"({{}} {_symbol} {{}})"))


class Config(Parameter, Unevaluated):
    """A configuration of a flow, as a class attribute: `config = Config("config", default="config.json")`.

    The compiler reads the arguments from the source, and the file when the flow is compiled. In a task, the attribute
    is a `ConfigValue`, and read-only; None when none was given.

    Args:
        name: What it is chosen by, `--config config prod.json`; the same as the attribute's name.
        default: The path of the file that is read when no other is chosen, relative to the flow's folder.
        default_value: The value when none is chosen: a dict, or a text to be parsed.
        help: One sentence, shown by `flowc run FLOW.py --help`.
        required: One must be chosen where there is no default.
        parser: Makes a dict of the text: `json.loads`, `tomllib.loads`, `yaml.safe_load`, or a function of one's own,
            which the first task of a run calls; a string such as `"tomllib.loads"` names one without importing it.
            Without a parser the file's extension decides.
        show_default: Accepted for Metaflow's sake.
    """

    def __init__(
        self,
        name: str,
        default: Any = None,
        default_value: Any = None,
        help: str | None = None,
        required: bool | None = None,
        parser: Any = None,
        *,
        show_default: bool | None = None,
    ) -> None:
        # no more attributes than needed: any other name is a key of the config
        self.__dict__.update(_flowc_expression=name, _flowc_parser=parser, _flowc_default_value=default_value)

    if not TYPE_CHECKING:
        # those of parameters would hide keys
        name = property(lambda self: Unevaluated(f"{self._flowc_expression}.name"))
        default = property(lambda self: Unevaluated(f"{self._flowc_expression}.default"))

    @overload
    def __get__(self, flow: None, owner: type[FlowSpec]) -> Config: ...
    @overload
    def __get__(self, flow: FlowSpec, owner: type[FlowSpec]) -> Any: ...
    def __get__(self, flow: FlowSpec | None, owner: type[FlowSpec]) -> Any:
        return self if flow is None else flow._flowc.parameter(self._flowc_expression)

    def __set__(self, flow: FlowSpec, value: Any) -> NoReturn:
        raise AttributeError(f"config `{self._flowc_expression}` cannot be assigned; use another attribute")


def config_expr(expression: str) -> Any:
    """An expression of configs, for an argument of a decorator or a parameter's default.

    The compiler evaluates it, with the flow's configs and the constants of this module. It is needed where a config's
    name is not there, as above the class, and for what Python would evaluate itself.

    Args:
        expression: In Python, such as `"config.cpu * 2"` or `"str(config.threads)"`.
    """
    return Unevaluated(str(expression))
