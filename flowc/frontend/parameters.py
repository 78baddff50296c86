"""`Parameter(...)` and `IncludeFile(...)` as attributes of the flow."""

from __future__ import annotations

import ast

from flowc.frontend.arguments import Definition, Signature
from flowc.frontend.constants import Constants
from flowc.frontend.defaults import read_default
from flowc.frontend.imports import Names
from flowc.frontend.includes import read_include
from flowc.frontend.report import Report
from flowc.frontend.scope import Scope
from flowc.frontend.vocabulary import RESERVED
from flowc.ir.steps import Parameter, ParameterType

_OF_CLICK = "flowc has no options of click; a parameter is a `str`, `int`, `float`, `bool` or `JSONType`"

PARAMETER = Signature(
    kind="Parameter",
    positional=("name", "default", "type", "help", "required", "show_default"),
    keywords=("separator",),
    refused={
        "multiple": "use `separator`, or `type=JSONType` for a list",
        "nargs": "use `separator`, or `type=JSONType` for a list",
        "is_flag": "use `type=bool`: `--name true`",
        "flag_value": "use `type=bool`: `--name true`",
        "count": "use `type=int`",
        "envvar": "read the variable in a step, or use `default=lambda context: os.environ[...]`",
        "callback": "check the value in the first step",
        "prompt": "use `required=True`: a scheduler has nobody to ask",
        "confirmation_prompt": _OF_CLICK,
        "hide_input": "a run keeps its parameters, so they are no place for secrets",
        "hidden": _OF_CLICK,
        "metavar": _OF_CLICK,
        "show_choices": _OF_CLICK,
        "show_envvar": _OF_CLICK,
        "is_eager": _OF_CLICK,
        "expose_value": _OF_CLICK,
        "allow_from_autoenv": _OF_CLICK,
    },
)
"""What `Parameter` takes; Metaflow hands on to click what it does not know itself.

Source: https://docs.metaflow.org/api/flowspec and https://click.palletsprojects.com/en/stable/api/#click.Option
"""

INCLUDE_FILE = Signature(
    kind="IncludeFile",
    positional=("name", "required", "is_text", "encoding", "help", "parser"),
    keywords=("default", "show_default"),
    refused={"parser": "parse the text in a step, where it is needed"},
)
"""Source: https://docs.metaflow.org/api/flowspec#includefile"""

CONFIG = Signature(
    kind="Config",
    positional=("name", "default", "default_value", "help", "required", "parser"),
    keywords=("show_default",),
    refused={},
    noun="config",
)
"""Source: https://docs.metaflow.org/api/flowspec#config"""

SIGNATURES = {signature.kind: signature for signature in (PARAMETER, INCLUDE_FILE, CONFIG)}


class ParameterReader:
    """Reads the parameters of one class.

    Attributes:
        params: Those without errors, in source order.
        attributes: The attribute of each, those with errors and configs too, by lower-case name.
        nouns: What each is called, by its name.
    """

    def __init__(self, names: Names, constants: Constants, report: Report, scope: Scope, folder: str) -> None:
        self._names = names
        self._constants = constants
        self._report = report
        self._scope = scope
        self._folder = folder
        self.attributes: dict[str, ast.Name] = {}
        self.nouns: dict[str, str] = {}
        self.params: list[Parameter] = []

    def read(self, attribute: ast.Name, call: ast.Call, kind: str) -> None:
        """Read `attribute = call`; of a config, the name only.

        Args:
            kind: What is called, a key of `SIGNATURES`.

        Emits: FC112, FC113, FC114, FC117, FC119, FC132.
        """
        before = len(self._report.diagnostics)
        definition = Definition(attribute, call, SIGNATURES[kind], self._constants, self._report)
        self._check_name(definition)
        if kind == CONFIG.kind:
            return
        parameter = self._include(definition) if kind == INCLUDE_FILE.kind else self._parameter(definition)
        definition.constant("show_default")
        if parameter is None or len(self._report.diagnostics) > before:
            return
        if parameter.required and "default" in definition.given and definition.value("default") is not None:
            definition.bad(
                definition.given["required"],
                f"parameter `{definition.name}` is required and has a default",
                "leave one of the two out",
            )
            return
        self.params.append(parameter)

    def _parameter(self, definition: Definition) -> Parameter | None:
        default = read_default(definition, self._names, self._scope)
        separator = _separator(definition, default.type)
        required = definition.flag("required")
        help = definition.help()
        if default.type is None:
            return None
        return Parameter(
            name=definition.name,
            type=default.type,
            default=default.value,
            required=required,
            help=help,
            deferred=default.deferred,
            separator=separator,
            span=self._report.span(definition.attribute),
        )

    def _include(self, definition: Definition) -> Parameter:
        include = read_include(definition, self._scope, self._folder)
        return Parameter(
            name=definition.name,
            type=ParameterType.FILE,
            default=None,
            required=definition.flag("required"),
            help=definition.help(),
            deferred=include.deferred,
            encoding=include.encoding,
            file=include.file,
            span=self._report.span(definition.attribute),
        )

    def _check_name(self, definition: Definition) -> None:
        name, attribute, noun = definition.name, definition.attribute, definition.noun
        self.nouns[name] = noun
        if "name" not in definition.given:
            if not definition.call.args:
                kind = ast.unparse(definition.call.func)
                message = f"{noun} `{name}` is not given its name"
                definition.bad(definition.call, message, f'write `{name} = {kind}("{name}")`')
        else:
            self._check_given_name(definition)
        if name in RESERVED or name.startswith("_"):
            reason = "starts with an underscore" if name.startswith("_") else "belongs to every flow"
            self._name_error(attribute, f"the name `{name}` {reason}")
        # Metaflow, too, takes names that differ in case only for the same one
        elif (first := self.attributes.setdefault(name.lower(), attribute)) is not attribute:
            same = first.id == name
            self._report.error(
                "FC114",
                attribute,
                f"{noun} `{name}` is defined twice"
                if same
                else f"{noun}s `{first.id}` and `{name}` differ in case only",
                "rename one of them" if not same else "remove or rename one of them",
                self._report.label(first, "the first one"),
            )

    def _check_given_name(self, definition: Definition) -> None:
        name, node = definition.name, definition.given["name"]
        kind = ast.unparse(definition.call.func)
        given = definition.constant("name")
        if isinstance(given, str):
            if given != name:
                self._report.error(
                    "FC114",
                    node,
                    f"{definition.noun} `{name}` is also called `{given}`",
                    f'use one name for both: `{name} = {kind}("{name}", ...)`',
                )
        elif given is not None:
            definition.bad(
                node, f"the name of {definition.noun} `{name}` is not a string", f'write `{kind}("{name}", ...)`'
            )

    def _name_error(self, attribute: ast.Name, why: str) -> None:
        self._report.error(
            "FC114",
            attribute,
            f"a {self.nouns[attribute.id]} cannot be called `{attribute.id}`: {why}",
            "choose another name",
        )


def _separator(definition: Definition, type_: ParameterType | None) -> str | None:
    separator = definition.text("separator", 'write a string: `separator=","`')
    if separator is None:
        return None
    node = definition.given["separator"]
    if not separator:
        message = f"the separator of parameter `{definition.name}` is empty"
        definition.bad(node, message, 'write what stands between the values: `separator=","`')
    elif type_ not in (ParameterType.STR, None):
        kind = "found when a run starts" if type_ is ParameterType.ANY else type_.value
        message = f"parameter `{definition.name}` has a separator, and its type is {kind}"
        definition.bad(node, message, "add `type=str`, or leave `separator` out")
    return separator
