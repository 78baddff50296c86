"""A run as both `flowc runs` and `flowc show` tell of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flowc.cli.values import to_json
from flowc.client import Run

UNREADABLE = "unreadable"
"""The state of what is in the store, and is damaged or another version's."""

NOT_STARTED = "not started"

VALUE_WIDTH = 200
"""Characters of a value or message in a table; a terminal may show fewer."""

HASH_DIGITS = 12
"""Digits of a hash that people are shown."""


def elapsed(run: Run) -> timedelta:
    """From a run's start to its end, or until now."""
    return (run.finished_at or datetime.now(UTC)) - run.created_at


def run_json(run: Run, *, readable: bool = True) -> dict[str, Any]:
    """The facts of a run.

    Args:
        run: The run.
        readable: Whether its end can be looked for.
    """
    finished = run.finished_at if readable else None
    return {
        "pathspec": run.pathspec,
        "scheduler_id": run.scheduler_id,
        "origin_run_id": run.origin_run_id,
        "engine": run.engine,
        "created_at": iso(run.created_at),
        "finished_at": iso(finished),
        "duration_s": None if finished is None else (finished - run.created_at).total_seconds(),
        "code": run.code,
        "parameters": to_json(run.parameters)[0],
        "tags": sorted(run.user_tags),
        "system_tags": sorted(run.system_tags),
        "user": run.user,
        "logical_date": iso(run.logical_date),
    }


def iso(time: datetime | None) -> str | None:
    """A time as in ISO 8601."""
    return None if time is None else time.isoformat()
