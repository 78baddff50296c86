"""Decorators of a step: whether it is one, and its policy."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from typing import Protocol

from flowc.frontend.constants import Constants, NotConstant
from flowc.frontend.decorators import READERS, Arguments
from flowc.frontend.imports import Names
from flowc.frontend.report import Report
from flowc.frontend.vocabulary import (
    CLASS_DECORATORS,
    DECORATORS,
    MAKERS,
    METAFLOW_NAMES,
    NAMES,
    SEVERAL,
    STEP_DECORATORS,
    listed,
    nearest,
)
from flowc.ir.steps import Policy

METHOD_KINDS = frozenset({"cached_property", "classmethod", "property", "staticmethod"})
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

    @property
    def is_own(self) -> bool:
        """Whether it is none of flowc's or Python's, as far as its name tells."""
        return self.name is None and self.text.rpartition(".")[2] not in METHOD_KINDS


class Added(Protocol):
    """A decorator that does not stand in the source."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def is_for_splits(self) -> bool:
        """Whether a step that ends with a foreach can have it."""

    def policy(self, policy: Policy) -> Policy:
        """A step's policy with it."""


def not_compiled(name: str) -> tuple[str, str]:
    """What to say of a decorator of Metaflow's that this version does not have, and what to do about it."""
    from flowc.frontend.statuses import STATUSES  # which is only needed for errors

    message = f"this version of flowc does not compile Metaflow's `@{name}`"
    return message, STATUSES[name].text if name in STATUSES else "do without it here"


def read_decorator(node: ast.expr, names: Names) -> Decorator:
    """Find out what a decorator stands for."""
    call = node if isinstance(node, ast.Call) else None
    function = call.func if call else node
    text = ast.unparse(function)
    name = names.resolve(function)
    if name is None and isinstance(function, ast.Name) and function.id not in names.bound:
        name = _meant(function.id, names)
    return Decorator(name=name, text=text, call=call, node=node)


def _meant(word: str, names: Names) -> str | None:
    """The decorator of flowc's or Metaflow's that a name was to be which nothing binds."""
    if word in METAFLOW_NAMES:
        return word
    meant = nearest(word, [*DECORATORS, *names.bound])
    return names.names.get(meant, meant if meant not in names.bound else None) if meant is not None else None


class PolicyReader:
    """Reads the decorators of a file's steps.

    Attributes:
        reported: Names, as written, that were refused where they are used.
    """

    def __init__(self, names: Names, constants: Constants, report: Report, additions: Iterable[Added] = ()) -> None:
        """Args: additions: For the steps that do not have them already."""
        self._names = names
        self._additions = additions
        self._constants = constants
        self._report = report
        self._missing: set[str] = set()
        self.reported: set[str] = set()

    def within(self, constants: Constants) -> PolicyReader:
        """The same for the steps of one class; what one of them has reported, the others do not report again."""
        reader = copy(self)
        reader._constants = constants
        return reader

    def read(self, decorators: list[Decorator]) -> Policy:
        """The policy of a step.

        Emits: FC106, FC107, FC117.
        """
        policy = Policy()
        seen: dict[str, Decorator] = {}
        for decorator in decorators:
            self._check_known(decorator)
            if decorator.name in seen and decorator.name in STEP_DECORATORS - SEVERAL:
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
            policy = self._read(decorator, policy)
        return policy

    def with_additions(self, policy: Policy, decorators: Iterable[Decorator], *, splits: bool) -> Policy:
        """A step's policy with what is added to it.

        Args:
            policy: As the step's own decorators make it.
            decorators: Those.
            splits: The step ends with a foreach; what cannot stand there is not added.
        """
        own = {decorator.name for decorator in decorators}
        for addition in self._additions:
            if addition.name not in own and (addition.is_for_splits or not splits):
                policy = addition.policy(policy)
        return policy

    def _read(self, decorator: Decorator, policy: Policy) -> Policy:
        if decorator.name is None:
            return policy
        arguments = Arguments(
            decorator=decorator.name,
            node=decorator.node,
            call=decorator.call,
            constants=self._constants,
            report=self._report,
        )
        if decorator.name == "step":
            self._check_step(arguments)
        reader = READERS.get(decorator.name)
        return policy if reader is None else reader(arguments, policy)

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
        if decorator.is_own:
            return  # the user's, which is looked at elsewhere
        self.reported.add(decorator.text)
        self._unknown(decorator)

    def _unknown(self, decorator: Decorator) -> None:
        text, name = decorator.text, decorator.name
        if name is None and text.rpartition(".")[2] in METHOD_KINDS:
            self._report.error("FC106", decorator.node, f"a step cannot be a `@{text}`", f"remove `@{text}`")
            return
        known = listed(f"@{n}" for n in sorted(STEP_DECORATORS))
        if name in METAFLOW_NAMES:
            message, help = not_compiled(name)
        elif name in CLASS_DECORATORS:
            message = f"`@{name}` stands on a step"
            help = f"put it above the flow's class; the decorators of steps are {known}"
        elif name in STEP_DECORATORS:
            message, help = f"flowc does not know the decorator `@{text}`", f"did you mean `@{name}`?"
        elif name in MAKERS:
            message = f"`{name}` is not a decorator of steps: it makes one"
            help = "derive a class from it" if name == "UserStepDecorator" else "put it above a generator function"
        elif name in NAMES:
            message = f"`{name}` is not a decorator"
            help = f"the decorators of steps are {known}"
        else:
            message = f"flowc does not know the decorator `@{text}`"
            help = f"call the function inside the step instead; the decorators of steps are {known}"
        self._report.error("FC106", decorator.node, message, help)

    def _check_step(self, arguments: Arguments) -> None:
        for name, node in arguments.keywords("start", "end").items():
            value = self._constants.evaluate(node)
            if isinstance(value, NotConstant):
                self._report.not_constant("FC107", f"`{name}`", node, value, f"write `@step({name}=True)`")
            elif not isinstance(value, bool):
                message = f"`{name}` must be True or False, not {value!r}"
                self._report.error("FC107", node, message, f"write `@step({name}=True)`")
