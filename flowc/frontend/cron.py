"""Reading cron expressions, in the two forms that users of Metaflow write.

Unix cron has five fields, and Sunday is 0 or 7. EventBridge's has six, the last one for years; Sunday is 1, and one of
the two fields for days is always `?`. Both become the same typed schedule.
Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from flowc.frontend.vocabulary import nearest
from flowc.ir.schedule import (
    Days,
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
from flowc.source import Span

ALIASES: Mapping[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""Source: https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/cron.html"""

WEEKDAYS = tuple(day.name for day in Weekday)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """What is wrong with an expression, and what to do about it."""

    message: str
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """One field of a form of cron.

    Attributes:
        name: For messages.
        low: Its smallest value.
        high: Its largest value, which `*` reaches.
        names: What its values can be called too, from the smallest on.
        cyclic: Its ranges go round: Friday to Monday.
        also: A value above `high` that stands for the smallest one.
        more: What it takes by itself, in words; possibly empty.
    """

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    cyclic: bool = False
    also: int | None = None
    more: str = ""

    @property
    def every(self) -> tuple[int, ...]:
        return tuple(range(self.low, self.high + 1))


MINUTE = _Field(name="minute", low=0, high=59)
HOUR = _Field(name="hour", low=0, high=23)
DAY_OF_MONTH = _Field(name="day-of-month", low=1, high=31)
MONTH = _Field(name="month", low=1, high=12, names=MONTHS)
UNIX_WEEKDAY = _Field(name="day-of-week", low=0, high=6, names=WEEKDAYS, cyclic=True, also=7)
AWS_DAY_OF_MONTH = _Field(name="day-of-month", low=1, high=31, more="`L` and `nW`")
AWS_WEEKDAY = _Field(name="day-of-week", low=1, high=7, names=WEEKDAYS, cyclic=True, more="`nL` and `n#m`")
YEAR = _Field(name="year", low=1970, high=2199)

_ELEMENT = re.compile(
    r"(?:(?P<every>\*)|(?P<first>\w{1,9})(?:-(?P<last>\w{1,9}))?)(?:/(?P<step>[0-9]{1,9}))?", re.ASCII
)
_NEAREST = re.compile(r"([0-9]{1,9})W", re.ASCII)
_LAST = re.compile(r"(\w{1,9})L", re.ASCII)
_NTH = re.compile(r"(\w{1,9})#([0-9]{1,9})", re.ASCII)

_FORMS = (
    "write 5 fields as for Unix (minute hour day-of-month month day-of-week), "
    "or 6 as for EventBridge (and a year; one of the days is `?`)"
)


class _Stop(Exception):
    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.problem = Unusable(message=message, help=help)


def parse_cron(text: str, *, timezone: str, span: Span) -> Schedule | Unusable:
    """The schedule of an expression, or what is wrong with it.

    Args:
        text: As the user wrote it.
        timezone: The schedule's time zone.
        span: The schedule's place.
    """
    try:
        schedule = _parse(text, timezone, span)
    except _Stop as stop:
        return stop.problem
    if not schedule.is_ever():
        message = f"`{text}` never comes: no month that it names has such a day"
        return Unusable(message=message, help="choose a day that its months have")
    return schedule


def _parse(text: str, timezone: str, span: Span) -> Schedule:
    fields = _fields(text)
    reading = _Reading(text)
    if len(fields) == 5:
        minute, hour, day, month, weekday = fields
        days, years = reading.unix_days(day, weekday), YEAR.every
    else:
        minute, hour, day, month, weekday, year = fields
        days = reading.aws_days(day, weekday)
        years = reading.values(YEAR, year)
    return Schedule(
        minutes=reading.values(MINUTE, minute),
        hours=reading.values(HOUR, hour),
        days=days,
        months=reading.values(MONTH, month),
        years=None if years == YEAR.every else years,
        timezone=timezone,
        span=span,
    )


def _fields(text: str) -> list[str]:
    stripped = text.strip()
    if stripped.startswith("@"):
        if stripped.lower() in ALIASES:
            return ALIASES[stripped.lower()].split()
        meant = nearest(stripped, ALIASES)
        help = f"did you mean `{meant}`?" if meant else f"there are {', '.join(f'`{alias}`' for alias in ALIASES)}"
        raise _Stop(f"`{text}` is not an abbreviation of a cron expression", help)
    if stripped.startswith("rate("):
        help = "write the times: `*/5 * * * *` for every five minutes"
        raise _Stop(f"`{text}` counts from its deployment, and is not a cron expression", help)
    if stripped.startswith("cron("):
        raise _Stop(f"`{text}` is not a cron expression", "leave out `cron(` and `)`")
    fields = stripped.split()
    if len(fields) not in (5, 6):
        count = "no fields" if not fields else f"{len(fields)} field{'s' if len(fields) > 1 else ''}"
        raise _Stop(f"the cron expression `{text}` has {count}", _FORMS)
    return fields


class _Reading:
    """Reads the fields of one expression; what is wrong with one is raised as `_Stop`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def values(self, field: _Field, text: str) -> tuple[int, ...]:
        """The values that a field lists, sorted; all of them for `*`."""
        return tuple(sorted({value for element in text.split(",") for value in self._element(field, element)}))

    def unix_days(self, day: str, weekday: str) -> Days:
        """The days of a Unix expression: those in either field, if both are given."""
        days = self.values(DAY_OF_MONTH, _star(day))
        weekdays = _weekdays(self.values(UNIX_WEEKDAY, _star(weekday)), UNIX_WEEKDAY)
        if _star(weekday) == "*":
            return _of_month(days)
        if _star(day) == "*":
            return _of_week(weekdays)
        for field, text, every in (
            (DAY_OF_MONTH, day, len(days) == 31),
            (UNIX_WEEKDAY, weekday, len(weekdays) == len(Weekday)),
        ):
            if every or text.startswith("*"):
                # some take such a field for `*`, others for a list, and then the other field counts or does not
                message = f"forms of cron disagree on `{text}` as the {field.name} of `{self._text}` beside another day"
                raise _Stop(message, "write `*` in one of the two fields for days, or list the days")
        return EitherDay(days=days, weekdays=weekdays)

    def aws_days(self, day: str, weekday: str) -> Days:
        """The days of an EventBridge expression: those of the field that is not `?`."""
        if (day == "?") == (weekday == "?"):
            both = "both" if day == "?" else "none"
            help = "with 6 fields write `?` as the day-of-month or as the day-of-week: `0 6 ? * MON-FRI *`, say"
            raise _Stop(f"of the two days in `{self._text}`, {both} is `?`", help)
        return self._aws_day_of_month(day.upper()) if weekday == "?" else self._aws_day_of_week(weekday.upper())

    def _aws_day_of_month(self, text: str) -> Days:
        if text == "L":
            return LastDay()
        if found := _NEAREST.fullmatch(text):
            return NearestWorkday(day=self._number(AWS_DAY_OF_MONTH, found[1], text))
        return _of_month(self.values(AWS_DAY_OF_MONTH, text))

    def _aws_day_of_week(self, text: str) -> Days:
        if text == "L":
            self._refuse(AWS_WEEKDAY, text, "name the day: `SAT`; the last Friday of a month is `FRIL`")
        if found := _LAST.fullmatch(text):
            return LastWeekday(weekday=Weekday(self._number(AWS_WEEKDAY, found[1], text) - 1))
        if found := _NTH.fullmatch(text):
            n = int(found[2])
            if not 1 <= n <= 5:
                self._refuse(AWS_WEEKDAY, text, "the number after `#` is 1 to 5")
            return NthWeekday(weekday=Weekday(self._number(AWS_WEEKDAY, found[1], text) - 1), n=n)
        return _of_week(_weekdays(self.values(AWS_WEEKDAY, text), AWS_WEEKDAY))

    def _element(self, field: _Field, text: str) -> range | list[int]:
        """The values of one element of a list."""
        found = _ELEMENT.fullmatch(text)
        if found is None:
            self._refuse(field, text, _allowed(field))
        step = self._step(field, found["step"], text)
        if found["every"]:
            return range(field.low, field.high + 1, step)
        first = self._number(field, found["first"], text)
        if found["last"]:
            return self._range(field, text, first, self._number(field, found["last"], text), step)
        return range(first, field.high + 1, step) if found["step"] else [first]

    def _step(self, field: _Field, word: str | None, text: str) -> int:
        step = 1 if word is None else int(word)
        longest = field.high - field.low
        if not 1 <= step <= longest:
            help = f"a step of the {field.name} is 1 to {longest}: its count starts again after {field.high}"
            self._refuse(field, text, help)
        return step

    def _range(self, field: _Field, text: str, first: int, last: int, step: int) -> list[int]:
        if first > last and not field.cyclic:
            help = f"write `{first}-{field.high},{field.low}-{last}` if it goes round, or turn it round"
            self._refuse(field, text, help)
        around = field.high - field.low + 1
        last += around if first > last else 0
        return [(value - field.low) % around + field.low for value in range(first, last + 1, step)]

    def _number(self, field: _Field, word: str, text: str) -> int:
        """A value by its number or name."""
        if word.upper() in field.names:
            return field.low + field.names.index(word.upper())
        if not word.isdecimal():
            meant = nearest(word, field.names)
            self._refuse(field, text, f"did you mean `{meant}`?" if meant else _allowed(field))
        number = int(word)
        if not (field.low <= number <= field.high or number == field.also):
            self._refuse(field, text, _allowed(field))
        return number

    def _refuse(self, field: _Field, text: str, help: str) -> NoReturn:
        raise _Stop(f"`{text}` cannot be the {field.name} of the cron expression `{self._text}`", help)


def _star(text: str) -> str:
    """`?` is another way to write `*` where there are five fields."""
    return "*" if text == "?" else text


def _weekdays(values: tuple[int, ...], field: _Field) -> tuple[Weekday, ...]:
    found = {Weekday((value - field.low) % len(Weekday)) for value in values}
    return tuple(day for day in Weekday if day in found)


def _of_month(days: tuple[int, ...]) -> Days:
    return EveryDay() if days == DAY_OF_MONTH.every else DaysOfMonth(days=days)


def _of_week(weekdays: tuple[Weekday, ...]) -> Days:
    return EveryDay() if len(weekdays) == len(Weekday) else DaysOfWeek(weekdays=weekdays)


def _allowed(field: _Field) -> str:
    """What a field takes."""
    numbers = f"{field.low} to {field.high if field.also is None else field.also}"
    if field.names:
        numbers += f" or {field.names[0]} to {field.names[-1]}"
    more = f", or by itself {field.more}" if field.more else ""
    return f"it takes `*`, {numbers}, ranges (`a-b`), steps (`*/n`) and lists (`a,b`) of them{more}"
