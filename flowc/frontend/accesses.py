"""What the steps of a flow do to artifacts, in order, with what the methods that they call do.

Code that may run later (a nested function, a helper that is passed on) writes at once and reads at the end; what a loop
does is put so that a write comes before the reads that it may precede. So a read that no write stands before has none
before it on any path through the step.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from flowc.frontend.effects import Function
from flowc.frontend.vocabulary import STEP_DECORATORS
from flowc.frontend.walk import Code, Summary, Walk
from flowc.ir.accesses import Access, Opaque, Read, Write

_PROPERTIES = frozenset({"cached_property", "property", "setter"})
_PLAIN = frozenset({"cache", "contextmanager", "lru_cache"}) | _PROPERTIES | STEP_DECORATORS
"""Decorators under which a method does what it says."""
_UNBOUND = frozenset({"classmethod", "staticmethod"})

_NOTHING = Summary(accesses=(), later=(), result=frozenset())
_UNKNOWN = Summary(accesses=(Opaque(),), later=(), result=frozenset())


class AccessReader:
    """Reads the methods of one flow; each helper once."""

    def __init__(
        self, helpers: Mapping[str, Sequence[Code]], steps: Iterable[str], overridden: Mapping[int, str]
    ) -> None:
        """Begin.

        Args:
            helpers: Methods that are not steps, by name; a property may have several definitions.
            steps: Names of the steps.
            overridden: Names of helpers, by the identity of the expressions that stand for them: `super().load`.
        """
        self._helpers = helpers
        self._overridden = overridden
        self.steps = frozenset(steps)
        self._summaries: dict[str, Summary] = {}

    def step(self, code: Code) -> tuple[Access, ...]:
        """The accesses of a step, with those of the helpers that it uses."""
        summary = _read(code, self, "", is_step=True)
        return (*summary.accesses, *summary.later)

    def overridden(self, node: ast.expr) -> str | None:
        """The name of the helper that an expression such as `super().load` stands for."""
        return self._overridden.get(id(node))

    def is_helper(self, name: str) -> bool:
        """Whether it is a method that is no step."""
        return name in self._helpers

    def is_property(self, name: str) -> bool:
        """Whether to name it is to run it."""
        return any(_PROPERTIES & set(_decorators(code.node)) for code in self._helpers[name])

    def helper(self, name: str) -> Summary:
        """What a helper does."""
        if name not in self._summaries:
            self._summaries[name] = _UNKNOWN  # for helpers that call each other in a circle
            parts = [self._helper(name, code) for code in self._helpers[name]]
            self._summaries[name] = parts[0] if len(parts) == 1 else _either(parts)
        return self._summaries[name]

    def _helper(self, name: str, code: Code) -> Summary:
        decorators = set(_decorators(code.node))
        if decorators & _UNBOUND:
            return _NOTHING
        if not decorators <= _PLAIN:
            return _UNKNOWN
        return _read(code, self, code.node.name, is_step=False)


def _either(parts: Iterable[Summary]) -> Summary:
    """One of several; writes first, since any of them may have run before."""
    every = [access for part in parts for access in (*part.accesses, *part.later)]
    writes = [a._replace(certain=False) if isinstance(a, Write) else a for a in every if not isinstance(a, Read)]
    return Summary(
        accesses=tuple(writes),
        later=tuple(a for a in every if isinstance(a, Read)),
        result=frozenset().union(*(part.result for part in parts)),
    )


def _decorators(node: Function) -> Iterator[str]:
    for decorator in node.decorator_list:
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        yield function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


def _read(code: Code, methods: AccessReader, via: str, *, is_step: bool) -> Summary:
    positional = [*code.node.args.posonlyargs, *code.node.args.args]
    if not positional:
        return _NOTHING
    inputs = positional[1].arg if is_step and len(positional) > 1 else None
    walk = Walk(code, methods, positional[0].arg, inputs, via)
    try:
        return walk.summary()
    except RecursionError:
        return _UNKNOWN
