"""The arguments of a parameter's definition, `name = Parameter(...)`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from flowc.frontend.constants import Constant, Constants, NotConstant
from flowc.frontend.report import Report
from flowc.frontend.vocabulary import listed, nearest

_CONSTANT = "write a literal, or the name of one that the flow's modules assign once at their top level"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a kind of parameter takes.

    Attributes:
        kind: `Parameter`, `IncludeFile` or `Config`.
        positional: Names of the arguments in Metaflow's order.
        keywords: Names of those that are given by name only.
        refused: Names of Metaflow's that are not compiled, and what to do instead.
        noun: What one is called in messages.
    """

    kind: str
    positional: tuple[str, ...]
    keywords: tuple[str, ...]
    refused: Mapping[str, str]
    noun: str = "parameter"


class Definition:
    """One definition of a parameter, and what is wrong with it.

    Attributes:
        name: The attribute's name.
        attribute: Where it is assigned.
        call: The call.
        noun: What it is called in messages.
        given: The arguments by name.
    """

    def __init__(
        self, attribute: ast.Name, call: ast.Call, signature: Signature, constants: Constants, report: Report
    ) -> None:
        self.name = attribute.id
        self.attribute = attribute
        self.call = call
        self.report = report
        self._constants = constants
        self._signature = signature
        self.noun = signature.noun
        self.given = self._arguments()

    def bad(self, node: ast.expr | ast.keyword, message: str, help: str) -> None:
        """Note that an argument cannot be used.

        Emits: FC113.
        """
        self.report.error("FC113", node, message, help)

    def value(self, what: str) -> Constant | NotConstant:
        """The value of an argument, or what keeps it from having one; None where it is not given."""
        node = self.given.get(what)
        return None if node is None else self._constants.evaluate(node)

    def is_there(self, what: str) -> bool:
        """Whether an argument is given, and is not None."""
        return self.value(what) is not None

    def constant(self, what: str) -> Constant:
        """The value of an argument; None where it is not given, or has none, which is then reported.

        Emits: FC113.
        """
        value = self.value(what)
        if not isinstance(value, NotConstant):
            return value
        self.not_constant(what, value)
        return None

    def not_constant(self, what: str, reason: NotConstant, help: str = _CONSTANT) -> None:
        """Note that an argument has no value before a run.

        Emits: FC113.
        """
        self.report.not_constant("FC113", f"`{what}` of {self.noun} `{self.name}`", self.given[what], reason, help)

    def flag(self, what: str, default: bool = False) -> bool:
        """The value of an argument that is True or False.

        Emits: FC113.
        """
        value = self.constant(what)
        if value is None:
            return default
        if not isinstance(value, bool):
            message = f"`{what}` of {self.noun} `{self.name}` is not True or False"
            self.bad(self.given[what], message, f"write `{what}=True`")
        return value is True

    def text(self, what: str, example: str) -> str | None:
        """The value of an argument that is a string; None where it is not given, or is not one.

        Emits: FC113.
        """
        value = self.constant(what)
        if value is not None and not isinstance(value, str):
            self.bad(self.given[what], f"`{what}` of {self.noun} `{self.name}` is not a string", example)
        return value if isinstance(value, str) else None

    def help(self) -> str:
        """The sentence for users, possibly empty.

        Emits: FC113.
        """
        return self.text("help", "write a sentence in quotes") or ""

    def _arguments(self) -> dict[str, ast.expr]:
        found: dict[str, ast.expr] = {}
        positional = self._signature.positional
        for position, argument in enumerate(self.call.args):
            if isinstance(argument, ast.Starred):
                self.bad(argument, f"`*` cannot be used in {self.noun} `{self.name}`", "write the arguments out")
            elif position >= len(positional):
                message = f"{self.noun} `{self.name}` has too many positional arguments"
                self.bad(argument, message, "name the arguments")
            else:
                found[positional[position]] = argument
        for keyword in self.call.keywords:
            self._keyword(keyword, found)
        return {what: node for what, node in found.items() if what not in self._refused(found)}

    def _keyword(self, keyword: ast.keyword, found: dict[str, ast.expr]) -> None:
        known = (*self._signature.positional, *self._signature.keywords)
        if keyword.arg is None:
            self.bad(keyword.value, f"`**` cannot be used in {self.noun} `{self.name}`", "write the arguments out")
        elif keyword.arg in found:
            message = f"{self.noun} `{self.name}` is given `{keyword.arg}` twice"
            self.bad(keyword.value, message, "keep one of the two")
        elif keyword.arg in known or keyword.arg in self._signature.refused:
            found[keyword.arg] = keyword.value
        else:
            meant = nearest(keyword.arg, known)
            message = f"{self.noun} `{self.name}` has an argument `{keyword.arg}` that flowc does not know"
            taken = listed([k for k in known if k not in self._signature.refused])
            help = f"did you mean `{meant}`?" if meant else f"`{self._signature.kind}` takes {taken}"
            self.bad(keyword, message, help)

    def _refused(self, found: Mapping[str, ast.expr]) -> set[str]:
        refused = self._signature.refused.keys() & found.keys()
        for what in sorted(refused):
            if self._constants.evaluate(found[what]) is not None:  # None is what it is without the argument
                message = f"this version of flowc does not compile `{what}` of {self.noun} `{self.name}`"
                self.bad(found[what], message, self._signature.refused[what])
        return refused
