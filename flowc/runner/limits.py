"""The time limit of a step's code."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from flowc.runner.words import Teller
from flowc.spec import StepTimeout


@contextmanager
def time_limit(step: str, limit_s: float | None, teller: Teller) -> Iterator[None]:
    """Raise `StepTimeout` in what runs inside when it takes too long, at the line that it has come to.

    Code that does not come back to Python is left to the watcher, who is told of the limit.

    Args:
        step: The step's name.
        limit_s: Seconds; None for no limit.
        teller: Tells the watcher.
    """
    if limit_s is None:
        yield
        return

    def out_of_time(_number: int, _frame: object) -> None:
        raise StepTimeout(f"step `{step}` has not ended within its time limit of {limit_s:g} s")

    teller.limit(limit_s)
    before = signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        teller.limit(None)
