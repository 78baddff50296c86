"""What `docs/coming-from-metaflow.md` says of Metaflow's names: of each one, and what is the case here."""

from __future__ import annotations

import re
from collections.abc import Mapping

import click
import pytest

from flowc import client
from flowc.cli.commands import cli
from flowc.frontend import vocabulary
from flowc.frontend.statuses import OTHERS, STATUSES
from tests.docs.pages import ROOT, prose, rows

PAGE = ROOT / "docs" / "coming-from-metaflow.md"
HERE = frozenset({"supported", "differs"})
NOT_HERE = frozenset({"planned", "not planned"})
JUDGED = [row for row in rows(PAGE) if row[1] in HERE | NOT_HERE]
"""The rows that give names a status."""


def _statuses(pattern: str) -> Mapping[str, str]:
    """The statuses of the names that a pattern finds in the first cells; each stands in one row."""
    found: dict[str, str] = {}
    for cell, status, _ in JUDGED:
        for code in re.findall(r"`([^`]+)`", cell):
            if name := re.fullmatch(pattern, code):
                assert name[1] not in found, f"{name[1]} stands in two rows"
                found[name[1]] = status
    return found


DECORATORS = _statuses(r"@(\w+)")
NAMES = {**DECORATORS, **_statuses(r"(\w+)")}
ATTRIBUTES = _statuses(r"([A-Z]\w+\.\w+)")


def test_every_decorator_has_a_row() -> None:
    assert set(DECORATORS) >= vocabulary.DECORATORS
    assert set(DECORATORS) >= {name for name, status in STATUSES.items() if status.kind == "decorator"}


def test_every_name_of_flowc_s_and_metaflow_s_has_a_row() -> None:
    objects = {name.partition(".")[0] for name in ATTRIBUTES}
    assert (vocabulary.NAMES | vocabulary.METAFLOW_NAMES) - objects == set(NAMES) - objects


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_name_is_there_as_its_row_says(name: str) -> None:
    assert (NAMES[name] in HERE) == (name in vocabulary.NAMES)
    if NAMES[name] in HERE:
        assert hasattr(__import__("flowc", fromlist=[name]), name)


@pytest.mark.parametrize("name", sorted({**STATUSES, **OTHERS}))
def test_what_to_do_instead_is_what_the_diagnostics_say(name: str) -> None:
    (row,) = [row for row in JUDGED if re.search(rf"`@?{name}`", row[0])]
    status = ({**STATUSES, **OTHERS})[name]
    assert row[1:] == ["planned" if status.is_planned else "not planned", status.instead.removeprefix("until then, ")]


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
def test_the_client_has_what_its_rows_say(name: str) -> None:
    cls, _, attribute = name.partition(".")
    # a `DataArtifact` sets some of its attributes in itself
    there = hasattr(getattr(client, cls), attribute) or name in ("DataArtifact.sha", "DataArtifact.size")
    assert (ATTRIBUTES[name] in HERE) == there


def test_what_current_does_not_have_is_listed() -> None:
    table = {row[0].strip("`").removeprefix("current."): row[1] for row in rows(PAGE) if row[0].startswith("`current.")}
    assert table == vocabulary.METAFLOW_CURRENT


def test_the_commands_beside_metaflow_s_are_there() -> None:
    found = [code.split() for row in rows(PAGE) for code in re.findall(r"`flowc ([^`]+)`", row[-1])]
    assert {words[0] for words in found} <= set(cli.list_commands(click.Context(cli)))
    for name, *words in found:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        options = {o for parameter in command.params for o in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options | {"--alpha"}, words


def test_the_differences_are_told_in_one_place() -> None:
    language = prose(ROOT / "docs" / "language.md")
    assert "coming-from-metaflow.md#what-behaves-differently" in language
    assert "different from Metaflow" not in language
    shared = {line for line in language.splitlines() if line.startswith("- ")} & set(prose(PAGE).splitlines())
    assert shared == set()
