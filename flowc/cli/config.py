"""`flowc config`: the value of every setting, and where it comes from."""

from __future__ import annotations

from typing import Any

import click

from flowc.cli.configured import settings_here
from flowc.cli.finding import JSON
from flowc.cli.output import plain
from flowc.cli.tables import print_table
from flowc.cli.values import dumps
from flowc.settings import Kind, Settings, Value, without_password
from flowc.targets.registry import load_target, target_names


@click.command()
@JSON
def config(as_json: bool) -> None:
    """Show every setting: its value, and where that comes from."""
    settings = settings_here()
    values = all_values(settings)
    if as_json:
        files = [file.source.file for file in settings.files]
        click.echo(dumps({"files": files, "settings": [_as_json(value) for value in values]}))
        return
    print_table(("setting", "value", "from"), [(v.declared.name, shown(v), v.place or v.origin.value) for v in values])


def all_values(settings: Settings) -> list[Value]:
    """The values of all settings, also of the targets'."""
    values = list(settings.values.values())
    for name in target_names():
        values += settings.of_target(load_target(name))[0].values()
    return values


def shown(value: Value) -> str:
    """A value for a person."""
    match value.data:
        case None:
            return f"({value.declared.otherwise})"
        case tuple():
            return ", ".join(value.data)
        case str() if value.declared.kind is Kind.PATH or value.declared.kind is Kind.STORE:
            return without_password(value.data) if "://" in value.data else plain(value.data)
        case data:
            return without_password(str(data))


def _as_json(value: Value) -> dict[str, Any]:
    data = value.data
    return {
        "name": value.declared.name,
        "value": without_password(data) if isinstance(data, str) else data,
        "origin": value.origin.value,
        "place": value.place or None,
        "variable": value.declared.variable,
        "option": value.declared.option or None,
        "help": value.declared.help,
    }
