"""What the start task alone is told of its run beside the parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from flowc import contract
from flowc.errors import ContractError


class Start(NamedTuple):
    """Facts of a run that its trigger and its deployment know. The start task writes them into the run's record.

    Attributes:
        tags: What the run is marked with, sorted.
        user: Who has started it; None where that is not known.
        logical_date: The time that the run is for, as `parse_time` gives it; None for no particular time.
        data_interval: Begin and end of the time whose data the run is for; None for no such interval.
    """

    tags: tuple[str, ...] = ()
    user: str | None = None
    logical_date: str | None = None
    data_interval: tuple[str, str] | None = None


UNMARKED = Start()
"""Nothing is known but the parameters."""


def read_start(environment: Mapping[str, str], sent: Mapping[str, Any]) -> Start:
    """What an environment, and what the trigger sent, say of a run.

    Args:
        environment: The task's.
        sent: Parameters by name, and `contract.INPUT_LOGICAL_DATE`.

    Raises:
        ContractError: It cannot be used.
    """
    date = sent.get(contract.INPUT_LOGICAL_DATE)
    if date is not None and not isinstance(date, str):
        raise ContractError(f"`{contract.INPUT_LOGICAL_DATE}` is a time in quotes, not {json.dumps(date)}")
    begin = _time(contract.ENV_INTERVAL_START, environment.get(contract.ENV_INTERVAL_START))
    end = _time(contract.ENV_INTERVAL_END, environment.get(contract.ENV_INTERVAL_END))
    return Start(
        tags=_tags(environment.get(contract.ENV_TAGS) or "[]"),
        user=environment.get(contract.ENV_USER) or None,
        logical_date=_time(contract.INPUT_LOGICAL_DATE, date)
        or _time(contract.ENV_LOGICAL_DATE, environment.get(contract.ENV_LOGICAL_DATE)),
        # what is for a moment has no interval: some schedulers give that moment twice
        data_interval=(begin, end) if begin is not None and end is not None and begin != end else None,
    )


def parse_time(text: str) -> str:
    """A date or time of ISO 8601 in its full form, in UTC: `2026-12-01T06:00:00+00:00`.

    Args:
        text: Without an offset it is in UTC, and a date alone is its first moment.

    Raises:
        ValueError: It is not such a time.
    """
    from datetime import UTC, datetime  # most runs are for no particular time

    try:
        time = datetime.fromisoformat(text)
        return (time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)).isoformat()
    except (ValueError, OverflowError):
        raise ValueError(f"`{text}` is not a time: expected ISO 8601, as in 2026-12-01T06:00:00Z") from None


def _time(name: str, text: str | None) -> str | None:
    if not text:
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        raise ContractError(f"{name}: {error}") from None


def _tags(text: str) -> tuple[str, ...]:
    try:
        tags = json.loads(text)
    except ValueError as error:
        raise ContractError(f"{contract.ENV_TAGS} is not JSON: {error}") from None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ContractError(f"{contract.ENV_TAGS} is not a JSON list of strings")
    return tuple(sorted(set(tags)))
