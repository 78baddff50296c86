"""A method of a flow, looked at once."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from flowc.diagnostics import Label
from flowc.frontend.effects import Effects, Function, is_own, read_effects, self_name
from flowc.frontend.imports import Names
from flowc.frontend.policies import Decorator, read_decorator


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A call by which a method reaches the `self.next` of a method that it overrides.

    Attributes:
        node: What is called: `super().start`.
        next: The `self.next` that it leads to.
    """

    node: ast.Attribute
    next: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method of the flow's class or of a base.

    Attributes:
        decorators: Outermost first.
        effects: Of its own code.
        handed: See there; None if there is none.
        overridden: The step of a base that it stands in for, if there is one.
    """

    node: Function
    decorators: list[Decorator]
    effects: Effects
    handed: Handed | None = None
    overridden: Label | None = None

    @property
    def is_step(self) -> bool:
        """It has `@step`, possibly misspelt."""
        return any(d.name == "step" for d in self.decorators)

    @property
    def lacks_mark(self) -> bool:
        """It ends like a step, or stands in for one, but has no `@step`."""
        return not self.is_step and (self.overridden is not None or self.ends_like_a_step)

    @property
    def ends_like_a_step(self) -> bool:
        """Its last statement is a call of `self.next`."""
        last, own = self.node.body[-1], self_name(self.node) or ""
        return isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and is_own(last.value.func, own, "next")


def read_method(node: Function, names: Names) -> Method:
    """Look at a method once."""
    decorators = [read_decorator(decorator, names) for decorator in node.decorator_list]
    return Method(node=node, decorators=decorators, effects=read_effects(node))
