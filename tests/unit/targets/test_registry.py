"""Every target answers for every feature."""

from __future__ import annotations

import pytest

from flowc.diagnostics import CODES
from flowc.targets.base import Feature, Rejected
from flowc.targets.registry import load_target, target_names


def test_the_built_in_targets() -> None:
    assert target_names()[:2] == ("airflow", "stepfunctions")


@pytest.mark.parametrize("name", target_names())
def test_the_declaration_is_total(name: str) -> None:
    target = load_target(name)
    assert target.name == name
    assert set(target.support) == set(Feature)
    assert all(s.code in CODES for s in target.support.values() if isinstance(s, Rejected))


def test_an_unknown_target() -> None:
    with pytest.raises(KeyError):
        load_target("cron")
