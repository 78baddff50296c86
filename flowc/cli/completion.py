"""What a shell offers after a TAB: flow files, targets, and runs where the store is at hand."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from flowc.errors import FlowcError
from flowc.settings.declared import DEFAULT_STORE

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_MOST = 50  # words that are offered
_HEAD = 1 << 16  # bytes of a file in which a flow's import is looked for


def flow_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Python files with a flow, in the folder that is being typed and directly below; if there are none, any file."""
    from click.shell_completion import CompletionItem

    folder = os.path.dirname(incomplete)
    found = [file for file in _python_files(folder) if file.startswith(incomplete) and _has_flow(file)]
    return [CompletionItem(file) for file in found[:_MOST]] or [CompletionItem(incomplete, type="file")]


def targets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of targets."""
    from flowc.targets.registry import target_names

    return _items(target_names(), incomplete)


def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Codes of diagnostics."""
    from flowc.diagnostics import CODES

    return _items(CODES, incomplete.upper())


def flows(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of flows that have been run."""
    return _items(_names(ctx, []), incomplete)


def runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """`FLOW` and `FLOW/RUN`."""
    return _items(_offered(ctx, incomplete, depth=2), incomplete)


def tasks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """`FLOW`, `FLOW/RUN`, `FLOW/RUN/STEP`."""
    return _items(_offered(ctx, incomplete, depth=3), incomplete)


def _items(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(word) for word in words if word.startswith(incomplete)][:_MOST]


def _offered(ctx: click.Context, incomplete: str, depth: int) -> Iterator[str]:
    """What can stand at the place that is being typed, and what can follow if that is one word only."""
    *above, typed = incomplete.split("/")
    while len(above) < depth:
        names = [name for name in _names(ctx, above) if name.startswith(typed)]
        yield from ("/".join((*above, name)) for name in names)
        if len(names) != 1:
            return
        above, typed = [*above, names[0]], ""


def _names(ctx: click.Context, above: list[str]) -> list[str]:
    """Names of flows, of a flow's runs (the last one first), or of a run's steps."""
    from flowc.client import Metaflow

    store = ctx.params.get("store") or DEFAULT_STORE
    if not os.path.isdir(store):
        return []  # asking a cloud takes longer than typing
    try:
        match above:
            case []:
                return [flow.id for flow in Metaflow(store).flows]
            case [flow]:
                return Metaflow(store)[flow].run_ids[::-1]
            case [flow, run]:
                return [step.id for step in Metaflow(store)[flow][run]]
            case _:
                return []
    except FlowcError:
        return []


def _python_files(folder: str) -> Iterator[str]:
    below = []
    for entry in _entries(folder):
        if entry.is_dir():
            below.append(os.path.join(folder, entry.name))
        elif entry.name.endswith(".py"):
            yield os.path.join(folder, entry.name)
    for place in below:
        yield from (os.path.join(place, e.name) for e in _entries(place) if e.name.endswith(".py") and e.is_file())


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder or ".") as entries:
            return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
    except OSError:
        return []


def _has_flow(file: str) -> bool:
    try:
        with open(file, "rb") as stream:
            return b"FlowSpec" in stream.read(_HEAD)
    except OSError:
        return False
