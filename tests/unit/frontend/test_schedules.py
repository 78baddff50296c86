"""`@schedule` on a flow's classes: which of them counts, and how it may be written."""

from __future__ import annotations

import pytest

from flowc import spec
from flowc.frontend import parse_flow
from flowc.ir.schedule import DaysOfWeek, EveryDay, Schedule, Weekday
from flowc.source import SourceFile

BODY = """
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def schedule_of(text: str) -> Schedule | None:
    source = SourceFile(file="f.py", text=f"from metaflow import FlowSpec, schedule, step\n{text}{BODY}")
    decl, diagnostics = parse_flow(source)
    assert diagnostics == ()
    assert decl is not None
    return decl.deployment.schedule


@pytest.mark.parametrize("written", ["@schedule", "@schedule()", "@schedule(weekly=False)", "@schedule(cron=None)"])
def test_without_times_it_is_daily(written: str) -> None:
    found = schedule_of(f"{written}\nclass F(FlowSpec):")
    assert found is not None
    assert (found.minutes, found.hours, found.days, found.timezone) == ((0,), (0,), EveryDay(), "UTC")


def test_a_weekly_flow_runs_on_sundays() -> None:
    found = schedule_of("@schedule(weekly=True, daily=False, timezone='Asia/Tokyo')\nclass F(FlowSpec):")
    assert found is not None
    assert (found.days, found.timezone) == (DaysOfWeek(weekdays=(Weekday.SUN,)), "Asia/Tokyo")


def test_the_most_derived_class_counts() -> None:
    base = "@schedule(cron='0 6 * * *')\nclass Base(FlowSpec):\n    pass\n"
    inherited = schedule_of(f"{base}class F(Base):")
    assert inherited is not None
    assert inherited.hours == (6,)
    own = schedule_of(f"{base}@schedule(hourly=True, timezone=None)\nclass F(Base):")
    assert own is not None
    assert own.hours == tuple(range(24))
    assert schedule_of(f"{base}@schedule(daily=False)\nclass F(Base):") is None


def test_without_a_decorator_there_is_no_schedule() -> None:
    assert schedule_of("class F(FlowSpec):") is None


def test_names_and_constants() -> None:
    found = schedule_of("import metaflow as mf\nAT = '0 6'\n@mf.schedule(cron=AT + ' * * 0')\nclass F(FlowSpec):")
    assert found is not None
    assert found.days == DaysOfWeek(weekdays=(Weekday.SUN,))
    # the decorator, without its `@`
    text = "from metaflow import FlowSpec, schedule, step\nimport metaflow as mf\nAT = '0 6'\n@"
    assert found.span.start == len(text)


def test_the_decorator_leaves_the_class_as_it_is() -> None:
    class Plain:
        pass

    assert spec.schedule(Plain) is Plain
    assert spec.schedule()(Plain) is Plain
    assert (
        spec.schedule(cron="0 6 * * *", timezone="Europe/Berlin", hourly=False, daily=True, weekly=False)(Plain)
        is Plain
    )
