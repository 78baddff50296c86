"""Values, times and sizes as people and programs are shown them."""

from __future__ import annotations

import enum
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from flowc.cli.tables import ago, duration, printable, size
from flowc.cli.values import dumps, short, to_json, whole


class Colour(enum.IntEnum):
    RED = 1


class Pair(NamedTuple):
    a: int
    b: int


class Odd(list):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def _cyclic() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "expected", "exact"),
    [
        (None, None, True),
        (True, True, True),
        ("é", "é", True),
        ((1, [2.5, {"a": None}]), [1, [2.5, {"a": None}]], True),
        (Pair(1, 2), [1, 2], True),
        (Colour.RED, 1, True),
        (float("inf"), "inf", False),
        ({"a": float("nan")}, {"a": "nan"}, False),
        ({1: 2}, "{1: 2}", False),
        ({"\ud800": 1}, r"{'\ud800': 1}", False),
        ("\udc80", r"'\udc80'", False),
        ({1, 2}, "{1, 2}", False),
        (b"x", "b'x'", False),
        (1 << 1023, 1 << 1023, True),
    ],
    ids=str,
)
def test_json(value: Any, expected: Any, exact: bool) -> None:
    assert to_json(value) == (expected, exact)
    assert json.loads(dumps(to_json(value)[0])) == expected


@pytest.mark.parametrize("value", [Odd([1]), _deep(100), _deep(100_000), _cyclic(), 10**5000, {"a": Odd()}], ids=type)
def test_what_cannot_be_shown_is_shown_somehow(value: Any) -> None:
    converted, exact = to_json(value)
    assert not exact
    assert dumps(converted).isascii()
    assert len(short(value, 60)) <= 60
    assert whole(value)


def test_short_looks_at_the_beginning_only() -> None:
    assert short(list(range(10**6)), 60) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ...]"
    assert short("a" * 300, 20) == "'aaaaaaaaaaaaaaaaaa…"
    assert short("a\nb", 20) == r"'a\nb'"


def test_times_and_sizes() -> None:
    assert [size(n) for n in (0, 1023, 1024, 1536, 5 << 20, 3 << 30, 2 << 40)] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "1.5 KiB",
        "5.0 MiB",
        "3.0 GiB",
        "2.0 TiB",
    ]
    seconds = (0.04, 59.9, 59.96, 60, 3599.4, 3600, 90_000)
    assert [duration(timedelta(seconds=s)) for s in seconds] == [
        "0.0 s",
        "59.9 s",
        "1 min 0 s",
        "1 min 0 s",
        "59 min 59 s",
        "1 h 0 min",
        "25 h 0 min",
    ]
    assert duration(None) == "-"
    now = datetime.now(UTC)
    past = [ago(now - timedelta(seconds=s)) for s in (5, 65, 2 * 3600 + 5, 3 * 86400 + 5)]
    assert past == ["5 s ago", "1 min ago", "2 h ago", "3 d ago"]
    assert ago(datetime(2020, 5, 17, 12, tzinfo=UTC)) == "2020-05-17"


def test_text_cannot_command_a_terminal() -> None:
    assert printable("a\x1b[31m\r\nbé") == r"a\x1b[31m\r\nbé"
