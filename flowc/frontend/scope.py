"""What an expression in the body of a flow's class can see when Python runs it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator

from flowc.diagnostics import Diagnostic
from flowc.frontend.effects import Function
from flowc.frontend.members import Body
from flowc.frontend.modules import Absent, Found, Module, Modules, Unclear
from flowc.frontend.vocabulary import nearest

_BUILTINS = frozenset(dir(builtins)) | {"__file__", "__name__"}


class Scope:
    """The names of one class body and of its module."""

    def __init__(self, body: Body, modules: Modules) -> None:
        self._module: Module = body.cls.module
        self._modules = modules
        self._members = {name for statement in body.cls.node.body for name in _bound(statement)}
        own = (self._module.tree.body, body.cls.node.body)
        self._functions = {node.name for nodes in own for node in nodes if isinstance(node, Function)}

    def is_function(self, node: ast.expr) -> bool:
        """Whether an expression can be seen to be a function."""
        return isinstance(node, ast.Lambda) or (isinstance(node, ast.Name) and node.id in self._functions)

    def problem(self, node: ast.expr) -> Diagnostic | None:
        """Why an expression fails whenever it is evaluated, as far as its names tell.

        Returns:
            FC113 for a name that nothing binds, FC119 for one that an own module does not have.
        """
        found = self.missing(node)
        return self._unbound(found) if isinstance(found, ast.Name) else found

    def missing(self, node: ast.expr) -> ast.Name | Diagnostic | None:
        """The first name in an expression that nothing binds, or FC119 for one that an own module does not have."""
        for name in _free(node):
            if name.id in self._members or name.id in _BUILTINS:
                continue
            found = self._modules.look_up(self._module, name)
            if isinstance(found, Absent):
                return found.diagnostic
            if not {name.id, "*"} & self._module.names.bound:
                return name
        for attribute in (n for n in ast.walk(node) if isinstance(n, ast.Attribute)):
            found = self._modules.look_up(self._module, attribute)
            if isinstance(found, Absent):
                return found.diagnostic
        return None

    def meant(self, word: str, others: Iterable[str] = ()) -> str | None:
        """The name that was probably meant, of those that are bound here and of others."""
        return nearest(word, [*others, *self._members, *(n for n in self._module.names.bound if n.isidentifier())])

    def resolve(self, node: ast.expr) -> Found:
        """What an expression stands for; a name of the class's body is not looked up."""
        if isinstance(node, ast.Name) and node.id in self._members:
            return Unclear()
        return self._modules.resolve(self._module, node)

    def _unbound(self, name: ast.Name) -> Diagnostic:
        meant = self.meant(name.id)
        help = f"did you mean `{meant}`?" if meant else "define it at the top level of the file, or import it"
        return self._module.report.diagnostic("FC113", name, f"there is no `{name.id}` here", help)


def _free(node: ast.AST) -> Iterator[ast.Name]:
    """The names that an expression takes from outside of itself."""
    own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    names: Iterable[ast.Name] = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    yield from (n for n in names if isinstance(n.ctx, ast.Load) and n.id not in own)


def _bound(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
            case _:
                pass
