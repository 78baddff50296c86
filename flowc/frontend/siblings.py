"""The source files below a flow's folder, which its modules import."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from flowc.diagnostics import Diagnostic
from flowc.frontend.read import read_source
from flowc.frontend.vocabulary import MODULES
from flowc.source import SourceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a module lies.

    Attributes:
        file: Its source; None for a folder without `__init__.py`.
        is_package: Other modules lie below it.
    """

    file: str | None
    is_package: bool


class Siblings:
    """Finds and reads the modules that lie beside a flow's file and below.

    Nothing is looked up before somebody asks.

    Attributes:
        sources: What was read, by path, the flow's own file included: diagnostics are shown with it.
    """

    def __init__(self, source: SourceFile) -> None:
        self.sources = {source.file: source}
        self._folder = os.path.dirname(source.file)
        self._places: dict[str, Place | None] = {}

    def place(self, module: str) -> Place | None:
        """Where a module lies, by its dotted name; None if it does not lie below the flow's folder.

        As for a task, flowc's own names and Python's built-in modules come first. Links are not in the code package,
        so they are not followed.
        """
        if module not in self._places:
            self._places[module] = self._find(module)
        return self._places[module]

    def names(self) -> tuple[str, ...]:
        """What can be imported that lies directly beside the flow's file, sorted."""
        try:
            found = os.listdir(self._folder or ".")
        except OSError:
            return ()
        words = {name.removesuffix(".py") for name in found}
        return tuple(sorted(w for w in words if w.isidentifier() and self.place(w) is not None))

    def read(self, file: str) -> tuple[SourceFile | None, tuple[Diagnostic, ...]]:
        """The text of a file.

        Emits: FC102.
        """
        source, diagnostics = read_source(file)
        if source is not None:
            self.sources[file] = source
        return source, diagnostics

    def _find(self, module: str) -> Place | None:
        above, _, name = module.rpartition(".")
        if not above and (name in MODULES or name in sys.builtin_module_names):
            return None
        if above and ((outer := self.place(above)) is None or not outer.is_package):
            return None
        path = os.path.join(self._folder, *module.split("."))
        init = os.path.join(path, "__init__.py")
        if _is_own(path, os.path.isdir) and _is_own(init, os.path.isfile):
            return Place(file=init, is_package=True)
        if _is_own(f"{path}.py", os.path.isfile):
            return Place(file=f"{path}.py", is_package=False)
        return Place(file=None, is_package=True) if _is_own(path, os.path.isdir) else None


def _is_own(path: str, is_kind: Callable[[str], bool]) -> bool:
    return is_kind(path) and not os.path.islink(path)
