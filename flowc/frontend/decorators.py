"""What the decorators of a step say about its policy: one reader for each."""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from flowc.frontend.constants import Constant, Constants, NotConstant
from flowc.frontend.report import Report
from flowc.frontend.vocabulary import RESERVED, listed, nearest
from flowc.ir.steps import Catch, Policy

MAX_RETRIES = 100
"""More than any scheduler needs; far fewer than keep a broken task busy for ever."""

MAX_RETRY_DELAY_MINUTES = 7 * 24 * 60

UNITS_S = {"seconds": 1, "minutes": 60, "hours": 3600}
"""What `@timeout` adds up."""

MAX_TIMEOUT_S = 365 * 24 * 3600

RETRY_DEFAULT = Policy(retries=3, retry_delay_s=120)
"""What `@retry` without arguments means, as in Metaflow.

Source: https://docs.metaflow.org/api/step-decorators/retry
"""

NOT_YET = {
    "kubernetes": ("port", "compute_pool", "executable", "hostname_resolution_timeout"),
    "batch": ("executable",),
}
"""Arguments that Metaflow has and this version does not, by decorator.

Source: https://docs.metaflow.org/api/step-decorators
"""


_WHOLE = re.compile(r"[0-9]{1,18}")
_DECIMAL = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")
"""Numbers in quotes, which Metaflow takes for sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The arguments of one decorator: keywords whose values are constants.

    Attributes:
        decorator: The decorator's name.
        node: The whole expression.
        call: Its call, if it is called.
    """

    decorator: str
    node: ast.expr
    call: ast.Call | None
    constants: Constants
    report: Report

    def keywords(self, *allowed: str) -> Mapping[str, ast.expr]:
        """The arguments by name.

        Emits: FC107.
        """
        if self.call is None:
            return {}
        found: dict[str, ast.expr] = {}
        for argument in self.call.args:
            message = f"`@{self.decorator}` takes keyword arguments only"
            self.error(argument, message, f"write `@{self.decorator}({allowed[0]}=...)`")
        for given in self.call.keywords:
            if given.arg is None and self.constants.is_config(given.value):
                self._unpack(given, found, allowed)
            elif given.arg is None:
                self.error(given, f"`**` cannot be used in `@{self.decorator}`", "write the arguments out")
            elif given.arg in allowed:
                found[given.arg] = given.value
            else:
                self._refuse(given, given.arg, allowed)
        return found

    def _unpack(self, given: ast.keyword, found: dict[str, ast.expr], allowed: tuple[str, ...]) -> None:
        """`**config.resources`: each of its keys is an argument."""
        value = self.constants.evaluate(given.value)
        if isinstance(value, NotConstant):
            self.report.not_constant("FC107", "what is unpacked", given.value, value, "write the arguments out")
        elif not isinstance(value, dict):
            self.error(given, f"`{ast.unparse(given.value)}` is {value!r}, which has no names", "unpack a mapping")
        else:
            for name in value:
                key = ast.copy_location(ast.Constant(value=name), given.value)
                node = ast.copy_location(ast.Subscript(value=given.value, slice=key, ctx=ast.Load()), given.value)
                if name in found:
                    self.error(given, f"`{name}` is given twice", "leave one of the two out")
                elif name in allowed:
                    found[name] = node
                else:
                    self._refuse(ast.copy_location(ast.keyword(arg=name, value=node), given.value), name, allowed)

    def number(
        self,
        name: str,
        node: ast.expr,
        limit: int,
        *,
        least: float = 0,
        whole: bool = False,
        texts: bool = False,
        example: str = "2",
    ) -> float | None:
        """A number from `least` to `limit`; None if it is not one, which is then reported.

        Args:
            whole: It has no fraction.
            texts: It may stand in quotes.

        Emits: FC107.
        """
        value = self.constant(name, node, "a number")
        if isinstance(value, NotConstant):
            return None
        if texts and isinstance(value, str) and (_WHOLE if whole else _DECIMAL).fullmatch(value):
            value = int(value) if whole else float(value)
        good = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if good and math.isfinite(value) and least <= value <= limit:
            return float(value)
        wanted = "a whole number" if whole else "a number"
        message = f"`{name}` must be {wanted} from {least} to {limit}, not {value!r}"
        self.error(node, message, f"write `{name}={example}`, say")
        return None

    def constant(self, name: str, node: ast.expr, kind: str) -> Constant | NotConstant:
        """The value of an argument; one that is not known before a run is reported.

        Emits: FC107.
        """
        value = self.constants.evaluate(node)
        if isinstance(value, NotConstant):
            where = "at the top level of this file or of a module beside it"
            help = f"write {kind}, or the name of one that is assigned once, {where}"
            self.report.not_constant("FC107", f"`{name}`", node, value, help)
        return value

    def error(self, where: ast.expr | ast.keyword, message: str, help: str) -> None:
        """Note that an argument cannot be used."""
        self.report.error("FC107", where, message, help)

    def _refuse(self, given: ast.keyword, name: str, allowed: tuple[str, ...]) -> None:
        help = f"`@{self.decorator}` takes {listed(allowed)}"
        if name in NOT_YET.get(self.decorator, ()):
            if self.constants.evaluate(given.value) is not None:  # None is what it is without the argument
                message = f"this version of flowc does not compile `@{self.decorator}({name}=...)`"
                self.error(given, message, f"do without it here; {help}")
            return
        meant = nearest(name, allowed)
        message = f"`@{self.decorator}` has no argument `{name}`"
        self.error(given, message, f"did you mean `{meant}`?" if meant else help)


def _retry(arguments: Arguments, policy: Policy) -> Policy:
    policy = replace(policy, retries=RETRY_DEFAULT.retries, retry_delay_s=RETRY_DEFAULT.retry_delay_s)
    for name, node in arguments.keywords("times", "minutes_between_retries").items():
        if name == "times":
            number = arguments.number(name, node, MAX_RETRIES, whole=True)
            policy = policy if number is None else replace(policy, retries=int(number))
        else:
            number = arguments.number(name, node, MAX_RETRY_DELAY_MINUTES)
            policy = policy if number is None else replace(policy, retry_delay_s=round(number * 60))
    return policy


def _resources(arguments: Arguments, policy: Policy) -> Policy:
    from flowc.frontend.compute import read_resources

    return read_resources(arguments, policy)


def _kubernetes(arguments: Arguments, policy: Policy) -> Policy:
    from flowc.frontend.kubernetes import read_kubernetes

    return read_kubernetes(arguments, policy)


def _batch(arguments: Arguments, policy: Policy) -> Policy:
    from flowc.frontend.batch import read_batch

    return read_batch(arguments, policy)


def _environment(arguments: Arguments, policy: Policy) -> Policy:
    node = arguments.keywords("vars").get("vars")
    if node is None:
        return policy
    variables = arguments.constant("vars", node, "a dict of strings")
    if isinstance(variables, NotConstant):
        return policy
    if not isinstance(variables, dict):
        arguments.error(node, f"`vars` must be a dict, not {variables!r}", 'write `vars={"NAME": "value"}`, say')
        return policy
    wrong = [(name, value) for name, value in variables.items() if not _is_variable(name, value)]
    for name, value in wrong:
        arguments.error(
            node,
            f"`{name!r}: {value!r}` cannot be an environment variable",
            "names and values are strings; a name is not empty and has no `=`, and neither has a NUL",
        )
    return policy if wrong else replace(policy, environment=tuple(variables.items()))


def _timeout(arguments: Arguments, policy: Policy) -> Policy:
    keywords = arguments.keywords(*UNITS_S)
    total_s, complete = 0.0, True
    for name, node in keywords.items():
        number = arguments.number(name, node, MAX_TIMEOUT_S // UNITS_S[name])
        complete = complete and number is not None
        total_s += (number or 0) * UNITS_S[name]
    refused = arguments.call is not None and len(keywords) < len(arguments.call.args) + len(arguments.call.keywords)
    if not complete or refused:
        return policy  # which is reported
    if total_s == 0:
        arguments.error(arguments.node, "`@timeout` says no time", "write `@timeout(minutes=30)`, say")
        return policy
    return replace(policy, timeout_s=round(total_s, 3))


def _catch(arguments: Arguments, policy: Policy) -> Policy:
    catch = Catch(var=None, print_exception=True)
    for name, node in arguments.keywords("var", "print_exception").items():
        value = arguments.constant(name, node, "a name in quotes" if name == "var" else "True or False")
        if isinstance(value, NotConstant):
            continue
        if name == "print_exception":
            if not isinstance(value, bool):
                arguments.error(node, f"`{name}` must be True or False, not {value!r}", "write `print_exception=False`")
            else:
                catch = replace(catch, print_exception=value)
        elif value is None or _is_artifact(value):
            catch = replace(catch, var=value)
        else:
            message = f"`{name}` must be a name that an artifact can have, not {value!r}"
            arguments.error(node, message, 'write `var="failure"`, say')
    return replace(policy, catch=catch)


def _is_artifact(name: object) -> bool:
    return (
        isinstance(name, str)
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("_")
        and name not in RESERVED
    )


def _is_variable(name: object, value: object) -> bool:
    if not isinstance(name, str) or not isinstance(value, str) or "\0" in name + value:
        return False
    try:
        (name + value).encode()
    except UnicodeEncodeError:
        return False
    return name != "" and "=" not in name


def _secrets(arguments: Arguments, policy: Policy) -> Policy:
    # most flows have none, and what reads them takes a while to import
    from flowc.frontend.secrets import read_secrets

    return read_secrets(arguments, policy)


def _card(arguments: Arguments, policy: Policy) -> Policy:
    from flowc.frontend.cards import read_card

    return read_card(arguments, policy)


READERS: Mapping[str, Callable[[Arguments, Policy], Policy]] = {
    "retry": _retry,
    "resources": _resources,
    "kubernetes": _kubernetes,
    "batch": _batch,
    "environment": _environment,
    "timeout": _timeout,
    "catch": _catch,
    "secrets": _secrets,
    "card": _card,
}
"""By the decorator's name; each adds to a policy what its arguments say, and emits FC107."""
