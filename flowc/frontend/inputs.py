"""The inputs of a join, as its code names them: `inputs.a`, `inputs[0]`, the variable of a loop over them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from flowc.frontend.effects import Function


class Input(NamedTuple):
    """A variable or expression that is one of a join's inputs.

    Attributes:
        branch: As in `InputRead`.
        depth: How many conditions were around it where it was bound; a read under as many happens for every input,
            if it is bound to one after the other.
    """

    branch: str | int | None
    depth: int


class Inputs:
    """Which expressions are inputs, at one place of a walk.

    Attributes:
        name: The join's argument; None for a method that is no join.
    """

    def __init__(self, function: Function, name: str | None) -> None:
        self.name = name
        self._bound: dict[str, Input] = {}
        self._once_bound: set[str] = set()
        self._stores: Counter[str] = _stores(function) if name is not None else Counter()

    @property
    def is_rebound(self) -> bool:
        """Whether the argument's name comes to stand for something else."""
        return self.name is not None and self._stores[self.name] > 0

    def all_of(self, node: ast.AST) -> bool:
        """Whether an expression is all the inputs."""
        return self.name is not None and isinstance(node, ast.Name) and node.id == self.name

    def one_of(self, node: ast.expr) -> Input | None:
        """Which input an expression is."""
        match node:
            case ast.Name(id=name):
                return self._bound.get(name)
            case ast.Attribute(value=value, attr=name) if self.all_of(value) and not name.startswith("_"):
                return Input(branch=name, depth=-1)
            case ast.Subscript(value=value, slice=ast.Constant(value=int(number))) if self.all_of(value):
                return Input(branch=number, depth=-1)
            case ast.Subscript(
                value=value, slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number)))
            ) if self.all_of(value):
                return Input(branch=-number, depth=-1)
            case ast.Call(func=ast.Name(id="next"), args=[ast.Call(func=ast.Name(id="iter"), args=[value])]) if (
                self.all_of(value)
            ):
                return Input(branch=0, depth=-1)
            case ast.Call(func=ast.Name(id="min" | "max"), args=[value]) if self.all_of(value):
                return Input(branch=None, depth=-1)
            case _:
                return None

    def elements(self, iterated: ast.expr, target: ast.expr) -> dict[str, Input]:
        """The variables that a loop binds to the inputs, one after the other."""
        every = Input(branch=None, depth=-1)
        match iterated, target:
            case ast.Name(), ast.Name(id=name) if self.all_of(iterated):
                return {name: every}
            case ast.Call(func=ast.Name(id="list" | "reversed" | "sorted" | "tuple"), args=[inputs]), ast.Name(id=name):
                return {name: every} if self.all_of(inputs) else {}
            case ast.Call(func=ast.Name(id="enumerate"), args=[inputs, *_]), ast.Tuple(elts=[_, ast.Name(id=name)]):
                return {name: every} if self.all_of(inputs) else {}
            case ast.Call(func=ast.Name(id="zip"), args=zipped), ast.Tuple(elts=targets):
                pairs = zip(zipped, targets, strict=False)
                return {t.id: every for z, t in pairs if self.all_of(z) and isinstance(t, ast.Name)}
            case _:
                return {}

    def mentions(self, name: str) -> bool:
        """Whether a variable may be an input, or all of them."""
        return name == self.name or name in self._bound or name in self._once_bound

    def bind(self, bound: Mapping[str, Input], depth: int) -> None:
        """Variables are inputs from here on, `depth` conditions around."""
        self._bound.update({name: found._replace(depth=depth) for name, found in bound.items()})
        self._once_bound |= bound.keys()

    def forget(self, name: str) -> None:
        """A variable stands for something else from here on."""
        self._bound.pop(name, None)

    def alias(self, name: str, value: ast.expr) -> None:
        """`first = inputs[0]`: the variable is an input if it is nothing else anywhere."""
        found = self.one_of(value) if self._stores[name] == 1 else None
        if found is not None:
            self.bind({name: found}, -1)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Variables that are bound here are not known outside."""
        before = dict(self._bound), set(self._once_bound)
        yield
        self._bound, self._once_bound = before


def _stores(function: Function) -> Counter[str]:
    """How often each variable is bound."""
    return Counter(
        node.id for node in ast.walk(function) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    )
