"""The modules of a flow, and what an expression at the top level of one of them stands for."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from flowc.diagnostics import Diagnostic
from flowc.frontend.bindings import (
    Binding,
    Bindings,
    ClassBinding,
    FunctionBinding,
    ImportBinding,
    ValueBinding,
    read_bindings,
)
from flowc.frontend.constants import Constants, Elsewhere
from flowc.frontend.imports import Names, read_names
from flowc.frontend.module_constants import read_constants
from flowc.frontend.report import Report
from flowc.frontend.siblings import Siblings
from flowc.frontend.syntax import parse_module
from flowc.frontend.vocabulary import MODULES, nearest
from flowc.source import SourceFile


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Module:
    """One source file.

    Attributes:
        name: What it is imported as.
        package: What the leading dot of an import in it stands for; empty for a module that is in no package.
        constants: Its constants, and those of other modules that it imports.
    """

    name: str
    package: str
    tree: ast.Module
    report: Report
    names: Names
    bindings: Bindings
    constants: Constants


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundClass:
    """A class at the top level of a module."""

    module: Module
    node: ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFunction:
    """A function at the top level of a module."""

    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundValue:
    """What is assigned to a name."""

    module: Module
    name: ast.Name
    value: ast.expr


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModule:
    """A module or package of the flow, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundName:
    """A name of flowc's or Metaflow's."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOutside:
    """Something of a library or of Python's own, by its dotted name: `torch.nn.Module`, `builtins.object`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Something that is not there, so that running the module fails."""

    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Something in a file that cannot be read, which is reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """What it is cannot be told without running the file."""


_MAX_STEPS = 50
"""Names that may stand for names, one after the other; more are taken for a circle."""

Found: TypeAlias = (
    FoundClass | FoundFunction | FoundValue | FoundModule | FoundName | FoundOutside | Absent | Unreadable | Unclear
)


class Modules:
    """The flow's own file, and the modules that were asked for.

    Attributes:
        main: The flow's file.
        unreadable: Why modules that were asked for could not be read.
    """

    def __init__(self, name: str, source: SourceFile, tree: ast.Module, siblings: Siblings) -> None:
        self._siblings = siblings
        self.unreadable: list[Diagnostic] = []
        self._modules: dict[str, Module | None] = {}
        self._looking: set[tuple[str, str]] = set()
        self.main = self._made(name, "", source, tree)
        self._modules[name] = self.main

    def meant(self, outside: str) -> str | None:
        """The module beside the flow's file that a library's name was probably to be, by the dotted name."""
        return nearest(outside.partition(".")[0], set(self._siblings.names()) - {self.main.name})

    @property
    def loaded(self) -> Iterator[Module]:
        """What was read, the flow's file first."""
        return (module for module in self._modules.values() if module is not None)

    @property
    def diagnostics(self) -> Iterator[Diagnostic]:
        """All that was found in what was read."""
        yield from self.unreadable
        for module in self.loaded:
            yield from module.report.diagnostics

    def module(self, name: str) -> Module | None:
        """A module below the flow's folder; None if there is none, or none that can be read.

        Emits: FC101, FC102.
        """
        if name not in self._modules:
            self._modules[name] = None  # while it is read
            self._modules[name] = self._read(name)
        return self._modules[name]

    def target(self, module: Module, level: int, name: str) -> str | None:
        """The dotted name of what an import statement names; None for dots that lead out of the flow's folder."""
        if not level:
            return name
        above = module.package.split(".") if module.package else []
        if level > len(above):
            return None
        above = above[: len(above) - level + 1]
        return ".".join([*above, name] if name else above)

    def loaded_module(self, name: str) -> Module | None:
        """The same as `module`, but nothing is read for it."""
        return self._modules.get(name)

    def look_up(self, module: Module, node: ast.expr) -> Found:
        """What a name, or an attribute of a module, stands for."""
        known = module.names.own(node)
        if known is not None:
            return FoundName(name=known)
        match node:
            case ast.Name(id=name):
                return self._named(module, name)
            case ast.Attribute(value=value, attr=name):
                match self.look_up(module, value):
                    case FoundModule(name=inner):
                        return self._member(inner, name, module, node)
                    case FoundOutside(name=outside):
                        return FoundName(name=name) if outside in MODULES else FoundOutside(name=f"{outside}.{name}")
                    case Absent() | Unreadable() as missing:
                        return missing
                    case _:
                        return Unclear()
            case _:
                return Unclear()

    def resolve(self, module: Module, node: ast.expr) -> Found:
        """The same as `look_up`, but through `name = other_name` too."""
        found = self.look_up(module, node)
        steps = 0
        while (
            isinstance(found, FoundValue) and isinstance(found.value, ast.Name | ast.Attribute) and steps < _MAX_STEPS
        ):
            found = self.look_up(found.module, found.value)
            steps += 1
        return found

    def _made(self, name: str, package: str, source: SourceFile, tree: ast.Module) -> Module:
        report = Report(source)
        names = replace(read_names(tree, report), elsewhere=partial(self._vocabulary, name))
        return Module(
            name=name,
            package=package,
            tree=tree,
            report=report,
            names=names,
            bindings=read_bindings(tree),
            constants=read_constants(tree, source, partial(self._constant, name), names.resolve),
        )

    def _read(self, name: str) -> Module | None:
        place = self._siblings.place(name)
        if place is None or place.file is None:
            return None
        source, diagnostics = self._siblings.read(place.file)
        self.unreadable += diagnostics
        if source is None:
            return None
        tree, diagnostics = parse_module(source)
        self.unreadable += diagnostics
        if tree is None:
            return None
        return self._made(name, name if place.is_package else name.rpartition(".")[0], source, tree)

    def _vocabulary(self, name: str, node: ast.expr) -> str | None:
        module = self.module(name)
        if module is None:
            return None
        found = self.resolve(module, node)
        return found.name if isinstance(found, FoundName) else None

    def _constant(self, name: str, node: ast.expr) -> Elsewhere | None:
        module = self.module(name)
        found = self.look_up(module, node) if module is not None else None
        if isinstance(found, FoundValue) and found.module is not module:
            return Elsewhere(constants=found.module.constants, name=found.name)
        return None

    def _named(self, module: Module, name: str) -> Found:
        key = (module.name, name)
        if key in self._looking:
            return Unclear()  # names that import each other in a circle
        self._looking.add(key)
        try:
            return self._bound(module, name)
        finally:
            self._looking.remove(key)

    def _bound(self, module: Module, name: str) -> Found:
        binding = module.bindings.names.get(name)
        if binding is not None:
            return self._follow(module, binding)
        found = self._from_stars(module, name)
        if found is None and hasattr(builtins, name):
            return FoundOutside(name=f"builtins.{name}")
        return found or Unclear()

    def _follow(self, module: Module, binding: Binding) -> Found:
        match binding:
            case ClassBinding(node=node):
                return FoundClass(module=module, node=node)
            case FunctionBinding(node=function):
                return FoundFunction(module=module, node=function)
            case ValueBinding(name=target, value=value):
                return FoundValue(module=module, name=target, value=value)
            case ImportBinding(name=None, module=imported):
                return FoundModule(name=imported) if self._is_own(imported) else FoundOutside(name=imported)
            case ImportBinding(name=str(name)):
                imported_from = self.target(module, binding.level, binding.module)
                if imported_from is None:
                    return Absent(diagnostic=relative_import(module, binding.node))
                if self._is_own(imported_from):
                    return self._member(imported_from, name, module, binding.node)
                return (
                    FoundName(name=name) if imported_from in MODULES else FoundOutside(name=f"{imported_from}.{name}")
                )
            case _:
                return Unclear()

    def _is_own(self, module: str) -> bool:
        return module == self.main.name or self._siblings.place(module) is not None

    def _from_stars(self, module: Module, name: str) -> Found | None:
        source = self._star(module, name, {module.name})
        return self._named(source, name) if source is not None else None

    def _star(self, module: Module, name: str, seen: set[str]) -> Module | None:
        """The module that binds a name which a module has by `import *`."""
        for star in reversed(module.bindings.stars):
            source = self.target(module, star.level, star.module)
            if source is None or source in seen or not self._is_own(source):
                continue
            seen.add(source)
            inner = self.module(source)
            if inner is None or not _exports(inner, name):
                continue
            found = inner if name in inner.bindings.names else self._star(inner, name, seen)
            if found is not None:
                return found
        return None

    def _has(self, module: Module, name: str) -> bool:
        return name in module.bindings.names or self._star(module, name, {module.name}) is not None

    def _member(self, inner: str, name: str, module: Module, node: ast.alias | ast.expr) -> Found:
        """What `name` is in the module `inner`, of which `node` in `module` speaks."""
        member = self.module(inner)
        # a package's `from . import inner` asks for the name while it is looked up: it is the module
        if member is not None and (inner, name) not in self._looking and self._has(member, name):
            return self.look_up(member, ast.Name(id=name, ctx=ast.Load()))
        if self._is_own(f"{inner}.{name}"):
            return FoundModule(name=f"{inner}.{name}")
        place = self._siblings.place(inner)
        if member is None and (place is None or place.file is not None):
            return Unreadable()
        if member is not None and "__getattr__" in member.bindings.names:
            return Unclear()
        return Absent(diagnostic=_no_member(member, inner, name, module, node))


def relative_import(module: Module, node: ast.alias | ast.stmt) -> Diagnostic:
    """The error of an import whose dots lead too far up."""
    return module.report.diagnostic(
        "FC119",
        node,
        "the leading dot leads out of the flow's folder",
        "write the import without a dot: tasks import modules relative to the folder of the flow's file",
    )


def _exports(module: Module, name: str) -> bool:
    """Whether a star imports a name."""
    exported = module.bindings.names.get("__all__")
    if isinstance(exported, ValueBinding) and isinstance(exported.value, ast.List | ast.Tuple):
        return any(isinstance(e, ast.Constant) and e.value == name for e in exported.value.elts)
    return not name.startswith("_")


def _no_member(member: Module | None, inner: str, name: str, module: Module, node: ast.alias | ast.expr) -> Diagnostic:
    bound: Iterable[str] = member.bindings.names if member is not None else ()
    meant = nearest(name, bound)
    where = member.report.source.file if member is not None else inner
    return module.report.diagnostic(
        "FC119",
        node,
        f"there is no `{name}` in `{where}`",
        f"did you mean `{meant}`?" if meant else f"define `{name}` there, or correct the name",
    )
