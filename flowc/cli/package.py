"""`flowc package`: what goes into a flow's code package, and its way into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flowc.cli.configured import configured
from flowc.cli.finding import JSON
from flowc.cli.flows import read_flow
from flowc.cli.group import Commands
from flowc.cli.options import FLOW, choices
from flowc.cli.output import show, stop
from flowc.cli.packing import package_of, rules_here, tell_uploads
from flowc.cli.values import dumps
from flowc.contract import PLAN_NAME
from flowc.store.opening import to_url

if TYPE_CHECKING:
    from flowc.frontend import Choices
    from flowc.package import CodePackage, LeftOut, Source


@click.group(cls=Commands, elsewhere={})
def package() -> None:
    """Show what goes into a code package, or upload it."""


@package.command(name="list")
@FLOW
@click.option("--excluded", is_flag=True, help="Show what does not go in instead, and why.")
@JSON
@choices
def list_files(file: str, excluded: bool, as_json: bool, choices: Choices) -> None:
    """Show what goes into the code package of a flow.

    What changes the plan, as --with, also changes the package, which holds it.
    """
    from flowc.package import LeftOut, Source, find_contents, pack_entries

    program = read_flow(file, choices)
    entries = find_contents(program.folder, program.plan.module, rules_here())
    packed, found = pack_entries(program.plan, entries)
    if packed is None:
        stop(found, {})
    show(found, {})
    sources = [entry for entry in entries if isinstance(entry, Source)]
    left_out = [entry for entry in entries if isinstance(entry, LeftOut)]
    if as_json:
        click.echo(dumps(_as_json(packed, sources, left_out)))
    elif excluded:
        width = max((len(entry.name) for entry in left_out), default=0)
        for entry in left_out:
            click.echo(f"{entry.name:<{width}}  {entry.why}")
    else:
        _print(packed, sources)


@package.command()
@FLOW
@configured("store", "--store")
@choices
def upload(file: str, store: str, choices: Choices) -> None:
    """Put the code package of a flow into the store, and the files that it includes by default.

    What is there already is left alone, unless it is damaged.
    """
    program = read_flow(file, choices)
    tell_uploads(program, package_of(program), to_url(store))


def _print(packed: CodePackage, sources: list[Source]) -> None:
    rows = [(PLAN_NAME, packed.plan_size, "the plan"), *((s.name, s.size, _note(s)) for s in sources)]
    width = max(len(name) for name, _, _ in rows)
    for name, size, note in rows:
        click.echo(f"{name:<{width}}  {size:>11,} bytes  {note}".rstrip())
    total = sum(size for _, size, _ in rows)
    click.echo(f"{len(rows)} files, {total:,} bytes, {len(packed.data):,} compressed")
    click.echo(f"code package {packed.code}")


def _note(source: Source) -> str:
    return "executable" if source.executable else ""


def _as_json(packed: CodePackage, sources: list[Source], left_out: list[LeftOut]) -> dict[str, object]:
    files = [{"name": s.name, "size": s.size, "executable": s.executable} for s in sources]
    return {
        "code": packed.code,
        "size": packed.size,
        "compressed": len(packed.data),
        "files": [{"name": PLAN_NAME, "size": packed.plan_size, "executable": False}, *files],
        "excluded": [{"name": entry.name, "why": entry.why} for entry in left_out],
    }
