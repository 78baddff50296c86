"""Importing a flow's own modules: with canonical names, and with flowc under the name `metaflow`.

Only modules below the flow's folder see flowc when they import `metaflow`; other libraries see what is installed.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Sequence
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


class FlowLoader(SourceFileLoader):
    """Runs a module so that its import statements find flowc when they ask for `metaflow`."""

    def exec_module(self, module: ModuleType) -> None:
        # an import statement calls the `__import__` of its module's own builtins
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import}
        super().exec_module(module)


class FlowFinder(MetaPathFinder):
    """Finds the modules below one folder, as a script finds those beside it."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._finders: dict[str, FileFinder] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec; None for a module that does not lie below the folder."""
        for folder in [self._root] if path is None else path:
            if folder == self._root or folder.startswith(self._root + os.sep):
                spec = self._finder(folder).find_spec(fullname)
                # a folder without `__init__.py` is left to Python's own namespace packages
                if spec is not None and spec.loader is not None:
                    return spec
        return None

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
    if root not in sys.path:
        at = next((i for i, f in enumerate(sys.meta_path) if f is PathFinder), len(sys.meta_path))
        sys.meta_path.insert(at, FlowFinder(root))
        sys.path.insert(0, root)


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
