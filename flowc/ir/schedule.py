"""When a deployed flow runs: the typed form of what `@schedule` says, whatever form that was written in."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TypeAlias, assert_never

from flowc.source import Span

CYCLE_YEARS = 28
"""In as many years every date falls on every day of the week, as long as no leap year is left out."""


class Weekday(Enum):
    """A day of the week, by the days since Sunday. Forms of cron disagree on numbers, so that only names are kept."""

    SUN = 0
    MON = 1
    TUE = 2
    WED = 3
    THU = 4
    FRI = 5
    SAT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryDay:
    """No day is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOfMonth:
    """Days by their numbers, 1 to 31, sorted; a month without one has no run for it."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOfWeek:
    """Days of every week, from Sunday on; neither none nor all."""

    weekdays: tuple[Weekday, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EitherDay:
    """Days that are among the days of the month, or of the week, or both."""

    days: tuple[int, ...]
    weekdays: tuple[Weekday, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDay:
    """The last day of the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestWorkday:
    """The day from Monday to Friday that is nearest to a day of the month, in that month."""

    day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWeekday:
    """The last one of a day of the week in the month."""

    weekday: Weekday


@dataclass(frozen=True, slots=True, kw_only=True)
class NthWeekday:
    """The n-th one of a day of the week in the month, n from 1 to 5."""

    weekday: Weekday
    n: int


Days: TypeAlias = EveryDay | DaysOfMonth | DaysOfWeek | EitherDay | LastDay | NearestWorkday | LastWeekday | NthWeekday


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The minutes at which a flow runs, on the clock of a time zone.

    Attributes:
        minutes: 0 to 59, sorted, never empty.
        hours: 0 to 23, sorted, never empty.
        days: The days, within `months` and `years`.
        months: 1 to 12, sorted, never empty.
        years: 1970 to 2199, sorted; None for all.
        timezone: A name of the IANA time zone database.
        span: The decorator.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Days
    months: tuple[int, ...]
    years: tuple[int, ...] | None
    timezone: str
    span: Span

    def is_on(self, day: date) -> bool:
        """Whether there are runs on a day."""
        return day.month in self.months and (self.years is None or day.year in self.years) and _is_among(day, self.days)

    def is_at(self, moment: datetime) -> bool:
        """Whether a run is due in the minute that a clock in the time zone shows."""
        return moment.minute in self.minutes and moment.hour in self.hours and self.is_on(moment.date())

    def is_ever(self) -> bool:
        """Whether there is any day at all with runs."""
        years = range(2000, 2000 + CYCLE_YEARS) if self.years is None else self.years
        return any(
            self.is_on(date(year, month, day))
            for year in years
            for month in self.months
            for day in range(1, calendar.monthrange(year, month)[1] + 1)
        )


def weekday_of(day: date) -> Weekday:
    """The day of the week."""
    return Weekday(day.isoweekday() % 7)


def _is_among(day: date, days: Days) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    match days:
        case EveryDay():
            return True
        case DaysOfMonth(days=numbers):
            return day.day in numbers
        case DaysOfWeek(weekdays=weekdays):
            return weekday_of(day) in weekdays
        case EitherDay(days=numbers, weekdays=weekdays):
            return day.day in numbers or weekday_of(day) in weekdays
        case LastDay():
            return day.day == last
        case NearestWorkday(day=number):
            return number <= last and day == _nearest_workday(day.replace(day=number), last)
        case LastWeekday(weekday=weekday):
            return weekday_of(day) is weekday and day.day > last - 7
        case NthWeekday(weekday=weekday, n=n):
            return weekday_of(day) is weekday and (day.day - 1) // 7 + 1 == n
        case _:
            assert_never(days)


def _nearest_workday(day: date, last: int) -> date:
    match weekday_of(day):
        case Weekday.SAT:
            return day + timedelta(days=2 if day.day == 1 else -1)
        case Weekday.SUN:
            return day + timedelta(days=-2 if day.day == last else 1)
        case _:
            return day
