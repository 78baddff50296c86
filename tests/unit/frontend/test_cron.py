"""Cron expressions of both forms, and the one typed schedule that they become."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.frontend.cron import ALIASES, Unusable, parse_cron
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
from flowc.source import Span
from flowc.targets.cron import Inexpressible, eventbridge, unix
from tests.cron_oracles import fires_in_eventbridge, fires_in_unix

SPAN = Span(file="f.py", start=0, end=1)
SUN, MON, TUE, WED, THU, FRI, SAT = Weekday


def parsed(text: str) -> Schedule | Unusable:
    return parse_cron(text, timezone="UTC", span=SPAN)


def schedule(text: str) -> Schedule:
    found = parsed(text)
    assert isinstance(found, Schedule), found
    return found


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 0 * * *", EveryDay()),
        ("0 0 * * 0", DaysOfWeek(weekdays=(SUN,))),
        ("0 0 * * 7", DaysOfWeek(weekdays=(SUN,))),
        ("0 0 * * 1", DaysOfWeek(weekdays=(MON,))),
        ("0 0 * * sun", DaysOfWeek(weekdays=(SUN,))),
        ("0 0 ? * SUN *", DaysOfWeek(weekdays=(SUN,))),
        ("0 0 ? * 1 *", DaysOfWeek(weekdays=(SUN,))),
        ("0 0 ? * 2 *", DaysOfWeek(weekdays=(MON,))),
        ("0 0 ? * 7 *", DaysOfWeek(weekdays=(SAT,))),
        ("0 0 * * 1-5", DaysOfWeek(weekdays=(MON, TUE, WED, THU, FRI))),
        ("0 0 ? * 1-5 *", DaysOfWeek(weekdays=(SUN, MON, TUE, WED, THU))),
        ("0 0 ? * MON-FRI *", DaysOfWeek(weekdays=(MON, TUE, WED, THU, FRI))),
        ("0 0 * * 5-7", DaysOfWeek(weekdays=(SUN, FRI, SAT))),
        ("0 0 * * FRI-MON", DaysOfWeek(weekdays=(SUN, MON, FRI, SAT))),
        ("0 0 ? * FRI-MON *", DaysOfWeek(weekdays=(SUN, MON, FRI, SAT))),
        ("0 0 ? * 6-2 *", DaysOfWeek(weekdays=(SUN, MON, FRI, SAT))),
        ("0 0 * * 7-2", DaysOfWeek(weekdays=(SUN, MON, TUE))),
        ("0 0 * * */2", DaysOfWeek(weekdays=(SUN, TUE, THU, SAT))),
        ("0 0 ? * */2 *", DaysOfWeek(weekdays=(SUN, TUE, THU, SAT))),
        ("0 0 * * 0-7", EveryDay()),
        ("0 0 ? * 1-7 *", EveryDay()),
        ("0 0 1,15 * ?", DaysOfMonth(days=(1, 15))),
        ("0 0 ? * MON", DaysOfWeek(weekdays=(MON,))),
        ("0 0 */10 * *", DaysOfMonth(days=(1, 11, 21, 31))),
        ("0 0 1-31 * *", EveryDay()),
        ("0 0 1,15 * MON", EitherDay(days=(1, 15), weekdays=(MON,))),
        ("0 0 L * ? *", LastDay()),
        ("0 0 15W * ? *", NearestWorkday(day=15)),
        ("0 0 ? * 6L *", LastWeekday(weekday=FRI)),
        ("0 0 ? * FRIL *", LastWeekday(weekday=FRI)),
        ("0 0 ? * 1L *", LastWeekday(weekday=SUN)),
        ("0 0 ? * 3#2 *", NthWeekday(weekday=TUE, n=2)),
        ("0 0 ? * tue#2 *", NthWeekday(weekday=TUE, n=2)),
    ],
)
def test_days(text: str, days: object) -> None:
    assert schedule(text).days == days


@pytest.mark.parametrize(
    ("text", "minutes", "hours", "months", "years"),
    [
        ("*/15 6 * * *", (0, 15, 30, 45), (6,), tuple(range(1, 13)), None),
        ("5/20 6 * * *", (5, 25, 45), (6,), tuple(range(1, 13)), None),
        ("*/7 6 * * *", (0, 7, 14, 21, 28, 35, 42, 49, 56), (6,), tuple(range(1, 13)), None),
        ("0  8-18/5,23\t* jan,JUL-sep *", (0,), (8, 13, 18, 23), (1, 7, 8, 9), None),
        ("30,00 06 * * *", (0, 30), (6,), tuple(range(1, 13)), None),
        ("0 0 1 */3 ? *", (0,), (0,), (1, 4, 7, 10), None),
        ("0 0 1 1 ? 2030-2031,2040", (0,), (0,), (1,), (2030, 2031, 2040)),
        ("0 0 1 1 ? */100", (0,), (0,), (1,), (1970, 2070, 2170)),
    ],
)
def test_times_months_and_years(
    text: str, minutes: tuple[int, ...], hours: tuple[int, ...], months: tuple[int, ...], years: tuple[int, ...] | None
) -> None:
    found = schedule(text)
    assert (found.minutes, found.hours, found.months, found.years) == (minutes, hours, months, years)


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("", "the cron expression `` has no fields", "5 fields as for Unix"),
        ("0 6 * *", "has 4 fields", "5 fields as for Unix"),
        ("0 0 6 * * ? *", "has 7 fields", "6 as for EventBridge"),
        ("60 * * * *", "`60` cannot be the minute of", "0 to 59"),
        ("0 24 * * *", "`24` cannot be the hour of", "0 to 23"),
        ("0 0 0 * *", "`0` cannot be the day-of-month of", "1 to 31"),
        ("0 0 1 13 *", "`13` cannot be the month of", "1 to 12 or JAN to DEC"),
        ("0 0 1 Janu *", "`Janu` cannot be the month of", "did you mean `JAN`?"),
        ("0 0 * * 8", "`8` cannot be the day-of-week of", "`*`, 0 to 7 or SUN to SAT, ranges"),
        ("0 0 ? * 0 *", "`0` cannot be the day-of-week of", "1 to 7 or SUN to SAT"),
        ("0 0 ? * 8 *", "`8` cannot be the day-of-week of", "1 to 7"),
        ("0 0 1 1 ? 1969", "`1969` cannot be the year of", "1970 to 2199"),
        ("0 22-4 * * *", "`22-4` cannot be the hour of", "write `22-23,0-4`"),
        ("0 */24 * * *", "`*/24` cannot be the hour of", "1 to 23"),
        ("*/0 * * * *", "`*/0` cannot be the minute of", "1 to 59"),
        ("*/90 * * * *", "`*/90` cannot be the minute of", "starts again after 59"),
        ("*-5 * * * *", "`*-5` cannot be the minute of", "ranges"),
        ("1,,2 * * * *", "`` cannot be the minute of", "ranges"),
        ("? * * * *", "`?` cannot be the minute of", "ranges"),
        ("0 0 L * *", "`L` cannot be the day-of-month of", "ranges"),
        ("0 0 1,L * ? *", "`L` cannot be the day-of-month of", "by itself `L`"),
        ("0 0 32W * ? *", "`32W` cannot be the day-of-month of", "1 to 31"),
        ("0 0 ? * L *", "`L` cannot be the day-of-week of", "SAT"),
        ("0 0 ? * 3#6 *", "`3#6` cannot be the day-of-week of", "1 to 5"),
        ("0 0 ? * 3#1,6#3 *", "`3#1` cannot be the day-of-week of", "by itself"),
        ("0 0 * * * *", "of the two days in `0 0 * * * *`, none is `?`", "write `?`"),
        ("0 0 ? * ? *", "both is `?`", "write `?`"),
        ("0 0 */2 * MON", "disagree on `*/2` as the day-of-month", "list the days"),
        ("0 0 1-31 * MON", "disagree on `1-31` as the day-of-month", "list the days"),
        ("0 0 1 * */2", "disagree on `*/2` as the day-of-week", "list the days"),
        ("0 0 30 2 *", "never comes", "choose a day"),
        ("0 0 31 4,6,9,11 ? *", "never comes", "choose a day"),
        ("0 0 29 2 ? 2030", "never comes", "choose a day"),
        ("0 0 31W 2 ? *", "never comes", "choose a day"),
        ("@dayly", "not an abbreviation", "did you mean `@daily`?"),
        ("@once", "not an abbreviation", "`@hourly`"),
        ("rate(5 minutes)", "counts from its deployment", "*/5 * * * *"),
        ("cron(0 10 * * ? *)", "`cron(0 10 * * ? *)` is not a cron expression", "leave out"),
        ("٣ * * * *", "`٣` cannot be the minute of", "ranges"),
        ("9999999999 * * * *", "cannot be the minute of", "ranges"),
    ],
)
def test_what_cannot_be_used(text: str, message: str, help: str) -> None:
    found = parsed(text)
    assert isinstance(found, Unusable)
    assert message in found.message
    assert help in found.help


def test_leap_days_and_fifth_weekdays_come() -> None:
    assert schedule("0 0 29 2 *").days == DaysOfMonth(days=(29,))
    assert schedule("0 0 ? 2 SUN#5 *").days == NthWeekday(weekday=SUN, n=5)


def test_abbreviations() -> None:
    assert schedule("@weekly") == schedule("0 0 * * SUN")
    assert schedule("@Hourly") == schedule("0 * * * *")
    assert all(isinstance(parsed(alias), Schedule) for alias in ALIASES)


# --- both outputs, and the typed schedule's own answer, against fields evaluated one by one --------------------------


def elements(low: int, high: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """One element of a field's list: a value, a range, a step."""
    values = st.integers(low, high)
    pairs = st.tuples(values, values).map(sorted)
    steps = st.integers(1, high - low)
    written = values.map(lambda v: names[v - low] if names and v - low < len(names) else str(v))
    return st.one_of(
        written,
        pairs.map(lambda p: f"{p[0]}-{p[1]}"),
        st.tuples(pairs, steps).map(lambda p: f"{p[0][0]}-{p[0][1]}/{p[1]}"),
        st.tuples(values, steps).map(lambda p: f"{p[0]}/{p[1]}"),
    )


def fields(low: int, high: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    lists = st.lists(elements(low, high, names), min_size=1, max_size=4).map(",".join)
    return st.one_of(st.just("*"), st.integers(1, high - low).map(lambda n: f"*/{n}"), lists)


WEEKDAYS = tuple(day.name for day in Weekday)
UNIX = st.tuples(fields(0, 59), fields(0, 23), fields(1, 31), fields(1, 12), fields(0, 6, WEEKDAYS)).map(" ".join)
EVENTBRIDGE_DAYS = st.one_of(
    st.tuples(st.one_of(fields(1, 31), st.just("L"), st.integers(1, 31).map(lambda d: f"{d}W")), st.just("?")),
    st.tuples(
        st.just("?"),
        st.one_of(
            fields(1, 7, WEEKDAYS),
            st.integers(1, 7).map(lambda d: f"{d}L"),
            st.tuples(st.integers(1, 7), st.integers(1, 5)).map(lambda p: f"{p[0]}#{p[1]}"),
        ),
    ),
)
EVENTBRIDGE = st.tuples(
    fields(0, 59), fields(0, 23), EVENTBRIDGE_DAYS, fields(1, 12), st.one_of(st.just("*"), fields(2020, 2040))
).map(lambda f: f"{f[0]} {f[1]} {f[2][0]} {f[3]} {f[2][1]} {f[4]}")

FIRST_DAY = date(2027, 12, 1)


def moments(found: Schedule) -> list[datetime]:
    """Each day of some thirteen months at a time of the schedule's, and hours and minutes of a day."""
    hour, minute = found.hours[0], found.minutes[-1]
    days = [FIRST_DAY + timedelta(days=i) for i in range(400)]
    at_work = next((d for d in days if found.is_on(d)), FIRST_DAY)
    times = [*((hour, m) for m in range(60)), *((h, minute) for h in range(24))]
    return [
        *(datetime(d.year, d.month, d.day, hour, minute) for d in days),
        *(datetime(at_work.year, at_work.month, at_work.day, h, m) for h, m in times),
    ]


@settings(max_examples=150, deadline=None)
@given(UNIX)
def test_a_unix_expression_keeps_its_times(text: str) -> None:
    found = parsed(text)
    if isinstance(found, Unusable):
        assert "disagree" in found.message or "never comes" in found.message, found
        return
    for_airflow, for_aws = unix(found), eventbridge(found)
    assert isinstance(for_airflow, str)
    assert isinstance(for_aws, str) is not isinstance(found.days, EitherDay)
    for moment in moments(found):
        wanted = fires_in_unix(text, moment)
        assert found.is_at(moment) is wanted, moment
        assert fires_in_unix(for_airflow, moment) is wanted, (for_airflow, moment)
        assert isinstance(for_aws, Inexpressible) or fires_in_eventbridge(for_aws, moment) is wanted, (for_aws, moment)


@settings(max_examples=150, deadline=None)
@given(EVENTBRIDGE)
def test_an_eventbridge_expression_keeps_its_times(text: str) -> None:
    found = parsed(text)
    if isinstance(found, Unusable):
        assert "never comes" in found.message, found
        return
    for_airflow, for_aws = unix(found), eventbridge(found)
    assert isinstance(for_aws, str)
    if isinstance(for_airflow, Inexpressible):
        assert found.years is not None or isinstance(found.days, NearestWorkday)
    for moment in moments(found):
        wanted = fires_in_eventbridge(text, moment)
        assert found.is_at(moment) is wanted, moment
        assert fires_in_eventbridge(for_aws, moment) is wanted, (for_aws, moment)
        if isinstance(for_airflow, str) and not isinstance(found.days, LastDay | LastWeekday | NthWeekday):
            assert fires_in_unix(for_airflow, moment) is wanted, (for_airflow, moment)
    # written again, it is the same schedule
    assert parsed(for_aws) == found
