"""Decorators of a step: whether it is one, and its policy."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flowc.frontend.constants import Constants, NotConstant
from flowc.frontend.imports import Names
from flowc.frontend.report import Report
from flowc.frontend.vocabulary import METAFLOW_NAMES, NAMES, STEP_DECORATORS, listed, nearest
from flowc.ir.steps import Policy

MAX_RETRIES = 100
"""More than any scheduler needs; far fewer than keep a broken task busy for ever."""

MAX_RETRY_DELAY_MINUTES = 7 * 24 * 60

RETRY_DEFAULT = Policy(retries=3, retry_delay_s=120)
"""What `@retry` without arguments means, as in Metaflow.

Source: https://docs.metaflow.org/api/step-decorators/retry
"""

METHOD_KINDS = frozenset({"staticmethod", "classmethod", "property"})
"""Python's own decorators that change what a method's first argument is, or whether it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decorator:
    """A decorator as written.

    Attributes:
        name: What it stands for in flowc's vocabulary, also when it is misspelt or not imported; else None.
        text: Its name as written.
        call: Its call, if it is called.
        node: The whole expression.
    """

    name: str | None
    text: str
    call: ast.Call | None
    node: ast.expr


def read_decorator(node: ast.expr, names: Names) -> Decorator:
    """Find out what a decorator stands for."""
    call = node if isinstance(node, ast.Call) else None
    function = call.func if call else node
    text = ast.unparse(function)
    name = names.resolve(function)
    if name is None and isinstance(function, ast.Name) and function.id not in names.bound:
        name = function.id if function.id in METAFLOW_NAMES else nearest(function.id, STEP_DECORATORS)
    return Decorator(name=name, text=text, call=call, node=node)


class PolicyReader:
    """Reads the decorators of a file's steps.

    Attributes:
        reported: Names, as written, that were refused where they are used.
    """

    def __init__(self, names: Names, constants: Constants, report: Report) -> None:
        self._names = names
        self._constants = constants
        self._report = report
        self._missing: set[str] = set()
        self.reported: set[str] = set()

    def read(self, decorators: list[Decorator]) -> Policy:
        """The policy of a step.

        Emits: FC106, FC107, FC117.
        """
        policy = Policy()
        seen: dict[str, Decorator] = {}
        for decorator in decorators:
            self._check_known(decorator)
            if decorator.name in seen and decorator.name in STEP_DECORATORS:
                self._report.error(
                    "FC107",
                    decorator.node,
                    f"`@{decorator.name}` stands on this step twice",
                    "keep one of the two",
                    self._report.label(seen[decorator.name].node, "the first one"),
                )
                continue
            if decorator.name is not None:
                seen[decorator.name] = decorator
            if decorator.name == "step":
                self._check_step(decorator)
            elif decorator.name == "retry":
                policy = self._retry(decorator, policy)
        return policy

    def _check_known(self, decorator: Decorator) -> None:
        function = decorator.call.func if decorator.call else decorator.node
        written = self._names.resolve(function)
        if written in STEP_DECORATORS:
            return
        missing = self._names.is_missing(function)
        if missing in STEP_DECORATORS:
            if missing not in self._missing:
                self._missing.add(missing)
                self._report.error(
                    "FC117", function, f"`{missing}` is not imported", f"add `from flowc import {missing}`"
                )
            return
        if decorator.name in STEP_DECORATORS and decorator.text in {i.local for i in self._names.imported}:
            return  # a misspelt import, which is reported itself
        self.reported.add(decorator.text)
        self._unknown(decorator)

    def _unknown(self, decorator: Decorator) -> None:
        text, name = decorator.text, decorator.name
        if text in METHOD_KINDS:
            self._report.error("FC106", decorator.node, f"a step cannot be a `@{text}`", f"remove `@{text}`")
            return
        known = listed(f"@{n}" for n in sorted(STEP_DECORATORS))
        if name in METAFLOW_NAMES:
            message = f"this version of flowc does not compile Metaflow's `@{name}`"
            help = f"do without it here; the decorators of steps are {known}"
        elif name in STEP_DECORATORS:
            message, help = f"flowc does not know the decorator `@{text}`", f"did you mean `@{name}`?"
        elif name in NAMES:
            message = f"`{name}` is not a decorator"
            help = f"the decorators of steps are {known}"
        else:
            message = f"flowc does not know the decorator `@{text}`"
            help = f"call the function inside the step instead; the decorators of steps are {known}"
        self._report.error("FC106", decorator.node, message, help)

    def _check_step(self, decorator: Decorator) -> None:
        if decorator.call is None:
            return
        arguments: list[ast.expr | ast.keyword] = [*decorator.call.args, *decorator.call.keywords]
        for argument in arguments:
            name = argument.arg if isinstance(argument, ast.keyword) else None
            message = "`@step` takes no arguments"
            if name in ("start", "end"):
                message = f"this version of flowc does not compile `@step({name}=...)`"
            help = f"name the step `{name}` instead" if name in ("start", "end") else "write `@step`"
            self._report.error("FC107", argument, message, help)

    def _retry(self, decorator: Decorator, policy: Policy) -> Policy:
        policy = replace(policy, retries=RETRY_DEFAULT.retries, retry_delay_s=RETRY_DEFAULT.retry_delay_s)
        for name, node in self._keywords(decorator, ("times", "minutes_between_retries")).items():
            limit = MAX_RETRIES if name == "times" else MAX_RETRY_DELAY_MINUTES
            number = self._number(name, node, limit, whole=name == "times")
            if number is None:
                continue
            if name == "times":
                policy = replace(policy, retries=int(number))
            else:
                policy = replace(policy, retry_delay_s=round(number * 60))
        return policy

    def _keywords(self, decorator: Decorator, allowed: tuple[str, ...]) -> Mapping[str, ast.expr]:
        if decorator.call is None:
            return {}
        found: dict[str, ast.expr] = {}
        help = f"`@{decorator.name}` takes {listed(allowed)}"
        for argument in decorator.call.args:
            message = f"`@{decorator.name}` takes keyword arguments only"
            self._report.error("FC107", argument, message, f"write `@{decorator.name}({allowed[0]}=...)`")
        for keyword in decorator.call.keywords:
            if keyword.arg is None:
                self._report.error(
                    "FC107", keyword, f"`**` cannot be used in `@{decorator.name}`", "write the arguments out"
                )
            elif keyword.arg not in allowed:
                meant = nearest(keyword.arg, allowed)
                self._report.error(
                    "FC107",
                    keyword,
                    f"`@{decorator.name}` has no argument `{keyword.arg}`",
                    f"did you mean `{meant}`?" if meant else help,
                )
            else:
                found[keyword.arg] = keyword.value
        return found

    def _number(self, name: str, node: ast.expr, limit: int, *, whole: bool) -> float | None:
        value = self._constants.evaluate(node)
        if isinstance(value, NotConstant):
            help = "write a number, or the name of one that this file assigns once at its top level"
            self._report.not_constant("FC107", f"`{name}`", node, value, help)
            return None
        good = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if good and math.isfinite(value) and 0 <= value <= limit:
            return float(value)
        wanted = "a whole number" if whole else "a number"
        self._report.error(
            "FC107",
            node,
            f"`{name}` must be {wanted} from 0 to {limit}, not {value!r}",
            f"write `{name}=2`, say",
        )
        return None
