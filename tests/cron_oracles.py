"""Cron expressions evaluated by their fields, a moment at a time, as their documentation says; nothing of flowc's.

Both know the clock that a wall shows, and nothing of time zones.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def fires_in_unix(expression: str, moment: datetime) -> bool:
    """Five fields; 0 and 7 are Sunday; if both days are restricted, either of them counts.

    Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html; steps and names as in Vixie's.
    """
    minute, hour, day, month, weekday = expression.split()
    number = moment.isoweekday() % 7  # Sunday is 0
    on_day = _in(day, moment.day, 31)
    on_weekday = _in(weekday, number, 6, DAYS, 0) or (number == 0 and _in(weekday, 7, 6, DAYS, 0))
    restricted = day != "*" and weekday != "*"
    return (
        _in(minute, moment.minute, 59)
        and _in(hour, moment.hour, 23)
        and _in(month, moment.month, 12, MONTHS, 1)
        and (on_day or on_weekday if restricted else on_day and on_weekday)
    )


def fires_in_eventbridge(expression: str, moment: datetime) -> bool:
    """Six fields, the last one for years; 1 is Sunday; one of the days is `?`.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
    """
    minute, hour, day, month, weekday, year = expression.split()
    assert (day == "?") != (weekday == "?")
    return (
        _in(minute, moment.minute, 59)
        and _in(hour, moment.hour, 23)
        and _in(month, moment.month, 12, MONTHS, 1)
        and _in(year, moment.year, 2199)
        and (_on_day(day, moment.date()) if weekday == "?" else _on_weekday(weekday, moment.date()))
    )


def _on_day(field: str, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if field == "L":
        return day.day == last
    if field.endswith("W"):
        wanted = int(field[:-1])
        if wanted > last:
            return False
        workdays = [d for d in range(1, last + 1) if day.replace(day=d).isoweekday() <= 5]
        return day.day == min(workdays, key=lambda d: abs(d - wanted))
    return _in(field, day.day, 31)


def _on_weekday(field: str, day: date) -> bool:
    number = day.isoweekday() % 7 + 1  # Sunday is 1
    if field.endswith("L"):
        return number == _value(field[:-1], DAYS, 1) and (day + timedelta(days=7)).month != day.month
    if "#" in field:
        weekday, nth = field.split("#")
        return number == _value(weekday, DAYS, 1) and 7 * (int(nth) - 1) < day.day <= 7 * int(nth)
    return _in(field, number, 7, DAYS, 1)


def _in(field: str, value: int, last: int, names: Sequence[str] = (), first: int = 0) -> bool:
    """Whether one of a field's elements holds a value; the field ends at `last`."""
    return any(_holds(element, value, last, names, first) for element in field.split(","))


def _holds(element: str, value: int, last: int, names: Sequence[str], first: int) -> bool:
    span, _, step = element.partition("/")
    if span == "*":
        # a field that counts from 1 has its steps from 1 on
        start, stop = {31: 1, 12: 1, 7: 1, 2199: 1970}.get(last, 0), last
    elif "-" in span:
        start, stop = (_value(word, names, first) for word in span.split("-"))
    else:
        start = _value(span, names, first)
        stop = last if step else start
    return start <= value <= stop and (value - start) % int(step or 1) == 0


def _value(word: str, names: Sequence[str], first: int) -> int:
    return int(word) if re.fullmatch("[0-9]+", word) else names.index(word.upper()) + first
