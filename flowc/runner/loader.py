"""Importing a flow's own modules: with canonical names, and with flowc under the name `metaflow`.

Only modules below the flow's folder see flowc when they import `metaflow`; other libraries see what is installed.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
)
from types import ModuleType
from typing import Any

_LIBRARIES = ("site-packages", "dist-packages")


class FlowLoader(SourceFileLoader):
    """Runs a module so that its import statements find flowc when they ask for `metaflow`."""

    def exec_module(self, module: ModuleType) -> None:
        # an import statement calls the `__import__` of its module's own builtins
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import}
        super().exec_module(module)


class FlowFinder(MetaPathFinder):
    """Finds the modules below one folder, as a script finds those beside it.

    Attributes:
        root: The folder, without links.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._finders: dict[str, FileFinder] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec; None for a module that does not lie below the folder."""
        for folder in [self.root] if path is None else path:
            if self._holds(folder):
                spec = self._finder(folder).find_spec(fullname)
                # a folder without `__init__.py` is left to Python's own namespace packages
                if spec is not None and spec.loader is not None:
                    return spec
        return None

    def _holds(self, folder: str) -> bool:
        """Whether a folder's modules are the flow's, and not a library's in an environment below the root."""
        if folder == self.root:
            return True
        parts = folder.removeprefix(self.root + os.sep).split(os.sep)
        return folder.startswith(self.root + os.sep) and not any(p.startswith(".") or p in _LIBRARIES for p in parts)

    def _finder(self, folder: str) -> FileFinder:
        finder = self._finders.get(folder)
        if finder is None:
            finder = self._finders[folder] = FileFinder(
                folder, (ExtensionFileLoader, EXTENSION_SUFFIXES), (FlowLoader, SOURCE_SUFFIXES)
            )
        return finder

    def invalidate_caches(self) -> None:
        """Forget what the folders were seen to hold."""
        for finder in self._finders.values():
            finder.invalidate_caches()


def load_flow(root: str, module: str, flow: str) -> type[Any]:
    """Import a flow's class from the folder of its source.

    Args:
        root: The folder.
        module: The module's canonical name, the stem of its file.
        flow: The class's name.

    Raises:
        Exception: Whatever the module raises when it is run.
    """
    add_folder(root)
    __import__(module)
    cls: type[Any] = getattr(sys.modules[module], flow)
    return cls


def add_folder(root: str) -> None:
    """Make the modules below a folder importable, before all others but the built-in ones."""
    root = os.path.realpath(root)
    # that the folder is on the path already (a script's is) does not mean that flowc's finder looks into it
    if not any(isinstance(f, FlowFinder) and f.root == root for f in sys.meta_path):
        sys.meta_path.insert(_place(), FlowFinder(root))
        sys.path.insert(0, root)


@contextmanager
def folder_first(root: str) -> Iterator[None]:
    """Prefer the modules below a folder for a while; afterwards they are found where no others have their names.

    For processes that are not the flow's own: a notebook has modules too.
    """
    root = os.path.realpath(root)
    finder = next((f for f in sys.meta_path if isinstance(f, FlowFinder) and f.root == root), None)
    if finder is None:
        finder = FlowFinder(root)
        sys.meta_path.append(finder)
        sys.path.append(root)
    sys.meta_path.insert(_place(), finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _place() -> int:
    """Before everything that looks through `sys.path`."""
    return next((i for i, f in enumerate(sys.meta_path) if f is PathFinder), len(sys.meta_path))


def _import(
    name: str,
    globals: Any = None,
    locals: Any = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    if level == 0 and (name == "metaflow" or name.startswith("metaflow.")):
        name = "flowc" + name[len("metaflow") :]
    return builtins.__import__(name, globals, locals, fromlist or (), level)
