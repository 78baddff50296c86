"""Reading one `name = Config(...)`: its arguments, its file or text, and whether its value is known before a run."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from flowc import json_values
from flowc.diagnostics import Label
from flowc.frontend.arguments import Definition
from flowc.frontend.choices import ConfigChoice
from flowc.frontend.config_scope import BrokenConfig, ConfigState, DeferredConfig, KnownConfig
from flowc.frontend.configfiles import Format, Unusable, format_of, parse, read_text
from flowc.frontend.constants import NotConstant
from flowc.frontend.includes import place_of
from flowc.frontend.members import Body
from flowc.frontend.modules import FoundOutside, Modules
from flowc.frontend.parameters import CONFIG
from flowc.frontend.scope import Scope
from flowc.frontend.siblings import Siblings
from flowc.ir.configs import Config
from flowc.source import SourceFile, Span

_PARSERS: Mapping[str, Format] = {
    "json.loads": Format.JSON,
    "tomli.loads": Format.TOML,
    "tomllib.loads": Format.TOML,
    "yaml.full_load": Format.YAML,
    "yaml.safe_load": Format.YAML,
}
"""Functions whose result the compiler can tell: what they are called in their libraries."""

_EXAMPLES: Mapping[Format, str] = {
    Format.JSON: '{"key": "value"}',
    Format.TOML: 'key = "value"',
    Format.YAML: "key: value",
}
_LOADERS = frozenset({"CFullLoader", "CSafeLoader", "FullLoader", "SafeLoader"})
"""Of `yaml.load(text, Loader=...)`."""


class _Text(NamedTuple):
    """What a config is to be made of.

    Attributes:
        text: As it was written.
        what: Where it is from, as the subject of a message.
        place: The same, as a part of a sentence.
        file: What the file is called, by whoever has chosen it; None for what stands in no file.
        source: What it is called beside the flow's file.
        node: Where a message points to.
    """

    text: str
    what: str
    place: str
    file: str | None
    source: str
    node: ast.expr


class ConfigReader:
    """Reads one config."""

    def __init__(
        self,
        body: Body,
        modules: Modules,
        siblings: Siblings,
        attribute: ast.Name,
        call: ast.Call,
        choice: ConfigChoice | None,
    ) -> None:
        self._report = body.cls.module.report
        self._module = body.cls.module
        self._modules = modules
        self._siblings = siblings
        self._folder = os.path.dirname(modules.main.report.source.file)
        self._scope = Scope(body, modules)
        self._definition = Definition(attribute, call, CONFIG, body.cls.module.constants, self._report)
        self._choice = choice
        self._name = attribute.id

    def read(self) -> tuple[ConfigState, Config | None]:
        """What is known of its value, and what becomes of it if there is no error."""
        definition, before = self._definition, len(self._report.diagnostics)
        config = Config(
            name=self._name,
            value=None,
            deferred=False,
            text=None,
            help=definition.help(),
            default=self._default(),
            required=definition.flag("required"),
            span=self._report.span(definition.attribute),
        )
        definition.constant("show_default")
        parser = self._parser()
        if len(self._report.diagnostics) > before:
            return BrokenConfig(), None
        state, config = self._valued(config, parser)
        return (BrokenConfig(), None) if len(self._report.diagnostics) > before else (state, config)

    def _default(self) -> str:
        """The file that is read when no other is chosen; empty for none.

        Emits: FC113.
        """
        definition = self._definition
        file = definition.text("default", "write the path of a file in quotes")
        if file is not None and definition.is_there("default_value"):
            message = f"config `{self._name}` has `default` and `default_value`"
            definition.bad(definition.given["default_value"], message, "keep one of the two")
        return file or ""

    def _valued(self, config: Config, parser: Format | str | None) -> tuple[ConfigState, Config]:
        """The config with its value.

        Args:
            parser: The format, or why the value is found when a run starts; None for what the file's name says.

        Emits: FC113, FC119, FC135, FC139.
        """
        definition = self._definition
        given = self._choice is not None or definition.is_there("default")
        value = None if given else definition.value("default_value")
        if isinstance(value, NotConstant):
            if self._is_deferred("default_value", value):
                state = DeferredConfig(why="since its `default_value` is not a constant")
                return state, replace(config, deferred=True)
            return BrokenConfig(), config
        if isinstance(value, dict) and not isinstance(parser, str):
            return self._checked(config, value)
        text = self._text(value)
        if text is None:
            return self._without_value(config)
        if isinstance(parser, str):
            return DeferredConfig(why=parser), replace(config, deferred=True, text=text.text)
        form = parser or (format_of(text.file) if text.file else Format.JSON)
        parsed = parse(text.text, form)
        if isinstance(parsed, Unusable):
            self._unusable(text, form, parsed)
            return BrokenConfig(), config
        return KnownConfig(value=parsed, place=text.place), replace(config, value=parsed)

    def _without_value(self, config: Config) -> tuple[ConfigState, Config]:
        if config.required:
            self._report.error(
                "FC139",
                self._definition.attribute,
                f"config `{self._name}` is required, and none is given",
                f"give one: --config {self._name} FILE, or --config-value {self._name} TEXT",
            )
        return KnownConfig(value=None, place="nothing"), config

    def _checked(self, config: Config, value: dict[object, object]) -> tuple[ConfigState, Config]:
        """A config with a dict that stands in the source."""
        try:
            plain = json_values.plain(value)
            return KnownConfig(value=plain, place="its `default_value`"), replace(config, value=plain)
        except (ValueError, RecursionError) as error:
            self._report.error(
                "FC135",
                self._definition.given["default_value"],
                f"the `default_value` of config `{self._name}` cannot be JSON: {error}",
                "use None, booleans, finite numbers, strings, lists, and dicts with strings as keys",
            )
            return BrokenConfig(), config

    def _text(self, value: object) -> _Text | None:
        """What is to be parsed; None for nothing, or for something in error.

        Args:
            value: That of `default_value`; None if something else counts.

        Emits: FC113, FC135.
        """
        definition, choice = self._definition, self._choice
        attribute = definition.attribute
        if choice is not None and choice.text is not None:
            place = f"`--config-value {self._name}`"
            return _Text(text=choice.text, what=place, place=place, file=None, source="", node=attribute)
        if choice is not None and choice.file is not None:
            return self._file(choice.file, os.path.abspath(os.path.expanduser(choice.file)), choice.file, attribute)
        if (file := definition.text("default", "")) is not None:
            path = place_of(file, self._folder)
            own = os.path.join(self._folder, file)
            source = own if os.path.abspath(own) == path else file
            return self._file(file, path, source, definition.given["default"])
        if value is None:
            return None
        node = definition.given["default_value"]
        if isinstance(value, dict):
            value = json.dumps(value, ensure_ascii=False)  # what Metaflow hands to a parser
        elif not isinstance(value, str):
            message = f"`default_value` of config `{self._name}` is {json_values.described(value)}"
            definition.bad(node, message, "write a dict, or a text to be parsed")
            return None
        what = f"the `default_value` of config `{self._name}`"
        return _Text(text=str(value), what=what, place="its `default_value`", file=None, source="", node=node)

    def _file(self, name: str, path: str, source: str, node: ast.expr) -> _Text | None:
        text = read_text(path)
        if isinstance(text, Unusable):
            self._report.error(
                "FC135",
                node,
                f"the file `{name}` of config `{self._name}` {text.reason}",
                f"correct the path or the file, or choose another one: --config {self._name} FILE",
            )
            return None
        what = f"the file of config `{self._name}`"
        return _Text(text=text, what=what, place=f"`{name}`", file=name, source=source, node=node)

    def _unusable(self, text: _Text, form: Format, problem: Unusable) -> None:
        label: tuple[Label, ...] = ()
        where = "" if text.file is None else f" (`{text.file}`)"
        if problem.line is not None:
            where = f" ({text.file or 'its text'}, line {problem.line}, column {problem.column})"
        if problem.line is not None and text.file is not None:
            source = SourceFile(file=text.source, text=text.text)
            self._siblings.sources.setdefault(source.file, source)
            line = source.line(min(problem.line, len(source.line_starts)))
            at = source.offset(problem.line, len(line[: problem.column - 1].encode()))
            label = (Label(span=Span(file=source.file, start=at, end=at + 1), text="here"),)
        if text.file is not None:
            help = "correct the file"
        elif self._choice is not None:
            help = f"correct it, as in --config-value {self._name} '{_EXAMPLES[form]}'"
        else:
            help = "correct it"
        self._report.error("FC135", text.node, f"{text.what} {problem.reason}{where}", help, *label)

    def _parser(self) -> Format | str | None:
        """The format that a parser stands for, or why the value is found when a run starts; None without a parser.

        Emits: FC113, FC119.
        """
        node = self._definition.given.get("parser")
        if node is None or (isinstance(node, ast.Constant) and node.value is None):
            return None
        value = self._definition.value("parser")
        if isinstance(value, NotConstant):
            form = self._function(node)
            if form is None:
                self._is_deferred("parser", value)
            return form or f"as its parser `{_short(node)}` is a function of the flow's own"
        if not isinstance(value, str):
            self._definition.bad(node, f"the parser of config `{self._name}` is no function", _PARSER_HELP)
            return None
        if not all(part.isidentifier() for part in value.split(".")) or "." not in value:
            message = f"`{value}` does not name a function of a module"
            self._definition.bad(node, message, _PARSER_HELP)
            return None
        return _PARSERS.get(value, f"as its parser `{value}` is a function of the flow's own")

    def _function(self, node: ast.expr) -> Format | None:
        """The format that a well-known function parses, or a lambda that only calls one."""
        match node:
            case ast.Lambda(
                args=ast.arguments(posonlyargs=[], args=[ast.arg(arg=text)], vararg=None, kwonlyargs=[], kwarg=None),
                body=ast.Call(func=function, args=[ast.Name(id=argument)], keywords=keywords),
            ) if argument == text:
                name = self._library(function)
                if name == "yaml.load":
                    loaders = {(self._library(k.value) or "").removeprefix("yaml.") for k in keywords}
                    return Format.YAML if len(keywords) == 1 and loaders <= _LOADERS else None
                return _PARSERS.get(name or "") if not keywords else None
            case _:
                return _PARSERS.get(self._library(node) or "")

    def _library(self, node: ast.expr) -> str | None:
        found = self._modules.resolve(self._module, node)
        return found.name if isinstance(found, FoundOutside) else None

    def _is_deferred(self, what: str, reason: NotConstant) -> bool:
        """Whether what is not a constant can be found when a run starts; if not, that is reported."""
        if reason.fails:
            self._definition.not_constant(what, reason)
            return False
        problem = self._scope.problem(self._definition.given[what])
        if problem is not None:
            self._report.diagnostics.append(problem)
        return problem is None


_PARSER_HELP = 'give a function, or name one in quotes: `parser="tomllib.loads"`'


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 else f"{text[:37]}..."
