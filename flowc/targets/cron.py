"""A schedule as the cron expression of a scheduler: the same times, or the reason why it has none for them.

Values are written out anew from the typed schedule, weekdays and months by their names where a form takes these: what
counts as day 1 is different from one form to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from flowc.diagnostics import Diagnostic, Label
from flowc.ir.schedule import (
    DaysOfMonth,
    DaysOfWeek,
    EitherDay,
    EveryDay,
    LastDay,
    LastWeekday,
    NearestWorkday,
    NthWeekday,
    Schedule,
    Weekday,
)

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

SHORTEST_RUN = 3
"""Values in a row from which on they are written as a range, or as a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inexpressible:
    """Why a form of cron has no expression for a schedule, and what to do about it."""

    why: str
    help: str


def check_times(
    target: str, form: Callable[[Schedule], str | Inexpressible], schedule: Schedule
) -> Iterator[Diagnostic]:
    """Whether a target's form of cron has an expression for a schedule.

    Emits: FC406.
    """
    expression = form(schedule)
    if isinstance(expression, Inexpressible):
        yield Diagnostic(
            code="FC406",
            message=f"target {target} cannot keep the times of this schedule: {expression.why}",
            help=expression.help,
            primary=Label(span=schedule.span),
        )


def unix(schedule: Schedule) -> str | Inexpressible:
    """Five fields as Airflow reads them.

    The last day of a month, and the n-th or last one of a weekday, are extensions of its library.
    Source: https://github.com/pallets-eco/croniter
    """
    if schedule.years is not None:
        return Inexpressible(why="Airflow's cron has no years", help="write `*` as the year")
    match schedule.days:
        case EveryDay():
            day, weekday = "*", "*"
        case DaysOfMonth(days=days):
            day, weekday = _numbers(days, 1, 31, "*"), "*"
        case DaysOfWeek(weekdays=weekdays):
            day, weekday = "*", _weekdays(weekdays)
        case EitherDay(days=days, weekdays=weekdays):
            # a field that begins with a star is none of two alternatives for some forms of cron
            day, weekday = _listed(days), _weekdays(weekdays)
        case LastDay():
            day, weekday = "L", "*"
        case LastWeekday(weekday=last):
            day, weekday = "*", f"L{last.value}"
        case NthWeekday(weekday=nth, n=n):
            day, weekday = "*", f"{nth.name}#{n}"
        case NearestWorkday(day=number):
            return Inexpressible(
                why=f"Airflow's cron has no day from Monday to Friday that is nearest to another one (`{number}W`)",
                help="name days of the month, or of the week",
            )
        case _:
            assert_never(schedule.days)
    return f"{_time(schedule, '*')} {day} {_months(schedule)} {weekday}"


def eventbridge(schedule: Schedule) -> str | Inexpressible:
    """Six fields as EventBridge Scheduler reads them.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
    """
    match schedule.days:
        case EveryDay():
            day, weekday = "*", "?"
        case DaysOfMonth(days=days):
            day, weekday = _numbers(days, 1, 31, "1"), "?"
        case DaysOfWeek(weekdays=weekdays):
            day, weekday = "?", _weekdays(weekdays)
        case LastDay():
            day, weekday = "L", "?"
        case NearestWorkday(day=number):
            day, weekday = f"{number}W", "?"
        case LastWeekday(weekday=last):
            day, weekday = "?", f"{last.value + 1}L"
        case NthWeekday(weekday=nth, n=n):
            day, weekday = "?", f"{nth.value + 1}#{n}"
        case EitherDay():
            return Inexpressible(
                why="EventBridge takes days of the month or of the week, not both",
                help="write `*` in one of the two fields for days",
            )
        case _:
            assert_never(schedule.days)
    years = "*" if schedule.years is None else _numbers(schedule.years, 1970, 2199, "1970")
    return f"{_time(schedule, '0')} {day} {_months(schedule)} {weekday} {years}"


def _time(schedule: Schedule, start: str) -> str:
    return f"{_numbers(schedule.minutes, 0, 59, start)} {_numbers(schedule.hours, 0, 23, start)}"


def _months(schedule: Schedule) -> str:
    return "*" if len(schedule.months) == len(MONTHS) else _listed(schedule.months, ("", *MONTHS))


def _weekdays(weekdays: Sequence[Weekday]) -> str:
    return _listed([day.value for day in weekdays], [day.name for day in Weekday])


def _numbers(values: Sequence[int], low: int, high: int, start: str) -> str:
    """Values of a field from `low` to `high`: all of them, or equally far apart, or a list.

    Args:
        start: What stands before a step that begins with the smallest value.
    """
    if len(values) == high - low + 1:
        return "*"
    if len(values) >= SHORTEST_RUN and values[0] == low:
        step = values[1] - low
        if step > 1 and list(values) == list(range(low, high + 1, step)):
            return f"{start}/{step}"
    return _listed(values)


def _listed(values: Sequence[int], names: Sequence[str] | None = None) -> str:
    """Values as a list of single ones and ranges."""

    def shown(value: int) -> str:
        return str(value) if names is None else names[value]

    def parts() -> Iterator[str]:
        for first, last in _runs(values):
            if last - first + 1 >= SHORTEST_RUN:
                yield f"{shown(first)}-{shown(last)}"
            else:
                yield from (shown(value) for value in range(first, last + 1))

    return ",".join(parts())


def _runs(values: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of values that follow each other."""
    first = last = values[0]
    for value in values[1:]:
        if value != last + 1:
            yield first, last
            first = value
        last = value
    yield first, last
