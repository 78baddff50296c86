"""Schedules on the schedulers: the times that the real Airflow has for them, and those of EventBridge's expression.

Expected times are literal, and for random schedules those of an evaluation that knows nothing of flowc.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from flowc.compiler import read_program
from flowc.frontend.cron import parse_cron
from flowc.frontend.timezones import TIMEZONES
from flowc.ir.flow import Flow
from flowc.ir.schedule import Schedule
from flowc.simulate.airflow import find_airflow
from flowc.simulate.stepfunctions import AwsServer
from flowc.source import Span
from flowc.targets.registry import load_target
from tests.cron_oracles import fires_in_eventbridge, fires_in_unix

FLOW = """\
from flowc import FlowSpec, schedule, step


@schedule({})
class Scheduled(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
SCRIPT = Path(__file__).parent / "airflow_times.py"
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:Scheduled"
NOWHERE = Span(file="", start=0, end=0)
ROLE = "arn:aws:iam::123456789012:role/scheduler"


class Case(NamedTuple):
    """A schedule, and the first times after another one, in UTC."""

    arguments: str
    after: str
    times: Sequence[str]


CASES = {
    "sunday": Case("cron='0 0 * * 0'", "2026-01-01 00:00", ["2026-01-04 00:00", "2026-01-11 00:00"]),
    "sunday as 7": Case("cron='0 0 * * 7'", "2026-01-01 00:00", ["2026-01-04 00:00", "2026-01-11 00:00"]),
    "monday": Case("cron='0 0 * * 1'", "2026-01-01 00:00", ["2026-01-05 00:00", "2026-01-12 00:00"]),
    "sunday of eventbridge": Case("cron='0 0 ? * 1 *'", "2026-01-01 00:00", ["2026-01-04 00:00", "2026-01-11 00:00"]),
    "monday of eventbridge": Case("cron='0 0 ? * 2 *'", "2026-01-01 00:00", ["2026-01-05 00:00", "2026-01-12 00:00"]),
    "weekly": Case("weekly=True", "2026-01-01 00:00", ["2026-01-04 00:00", "2026-01-11 00:00", "2026-01-18 00:00"]),
    "daily": Case("", "2026-02-27 12:00", ["2026-02-28 00:00", "2026-03-01 00:00", "2026-03-02 00:00"]),
    "hourly": Case("hourly=True", "2026-01-01 22:30", ["2026-01-01 23:00", "2026-01-02 00:00", "2026-01-02 01:00"]),
    "quarters": Case(
        "cron='*/15 * * * *'", "2026-01-01 00:00", ["2026-01-01 00:15", "2026-01-01 00:30", "2026-01-01 00:45"]
    ),
    "working days": Case(
        "cron='0 6 * * MON-FRI'",
        "2026-01-01 12:00",
        ["2026-01-02 06:00", "2026-01-05 06:00", "2026-01-06 06:00", "2026-01-07 06:00"],
    ),
    "last day": Case("cron='0 0 L * ? *'", "2028-01-01 00:00", ["2028-01-31 00:00", "2028-02-29 00:00"]),
    "last friday": Case("cron='0 0 ? * 6L *'", "2026-01-01 00:00", ["2026-01-30 00:00", "2026-02-27 00:00"]),
    "second tuesday": Case("cron='0 0 ? * 3#2 *'", "2026-01-01 00:00", ["2026-01-13 00:00", "2026-02-10 00:00"]),
    # 6 o'clock in summer is 4 in UTC, in winter 5
    "spring in berlin": Case(
        "cron='0 6 * * *', timezone='Europe/Berlin'",
        "2026-03-27 12:00",
        ["2026-03-28 05:00", "2026-03-29 04:00", "2026-03-30 04:00"],
    ),
    "autumn in berlin": Case(
        "cron='0 6 * * *', timezone='Europe/Berlin'",
        "2026-10-23 12:00",
        ["2026-10-24 04:00", "2026-10-25 05:00", "2026-10-26 05:00"],
    ),
    "spring in new york": Case(
        "cron='30 7 ? * * *', timezone='America/New_York'",
        "2026-03-06 13:00",
        ["2026-03-07 12:30", "2026-03-08 11:30", "2026-03-09 11:30"],
    ),
    "autumn in new york": Case(
        "weekly=True, timezone='America/New_York'",
        "2026-10-26 00:00",
        ["2026-11-01 04:00", "2026-11-08 05:00"],
    ),
}

ONLY_AIRFLOW = {
    # either of the days
    "first or monday": Case(
        "cron='0 0 1 * MON'", "2026-01-20 00:00", ["2026-01-26 00:00", "2026-02-01 00:00", "2026-02-02 00:00"]
    ),
    # 2:30 does not exist on March 29: the run is at 3:30
    "in the gap": Case(
        "cron='30 2 * * *', timezone='Europe/Berlin'",
        "2026-03-28 00:00",
        ["2026-03-28 01:30", "2026-03-29 01:30", "2026-03-30 00:30"],
    ),
    # 2:30 comes twice on October 25: the run is at the second one
    "in the overlap": Case(
        "cron='30 2 * * *', timezone='Europe/Berlin'",
        "2026-10-24 00:00",
        ["2026-10-24 00:30", "2026-10-25 01:30", "2026-10-26 01:30"],
    ),
    # every hour means every hour that passes
    "hours of autumn": Case(
        "hourly=True, timezone='Europe/Berlin'",
        "2026-10-24 23:30",
        ["2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25 02:00"],
    ),
}


def flow(arguments: str, folder: Path) -> Flow:
    file = folder / "scheduled.py"
    file.write_text(FLOW.format(arguments))
    program, diagnostics, _ = read_program(str(file))
    assert program is not None, diagnostics
    return program.flow


def emitted(flow: Flow, target_name: str, **settings: str) -> bytes:
    """The file with the schedule, of a flow that the target has nothing against."""
    target = load_target(target_name)
    given = {s.name: s.default for s in target.settings} | settings
    options = target.options(store="s3://artifacts/flows", code="c0de" * 16, image="i:1", version="1", **given)
    assert list(target.check(flow, options)) == []
    data: bytes = target.emit(flow, options)[-1].data
    return data


def ask_airflow(questions: Sequence[tuple[bytes, str, int]], folder: Path) -> list[Any]:
    """What `airflow_times.py` answers for DAGs."""
    asked = []
    for number, (data, after, count) in enumerate(questions):
        file = folder / f"d{number}_dag.py"
        file.write_bytes(data)
        asked.append([str(file), after.replace(" ", "T") + "Z", count])
    process = subprocess.run(
        [str(find_airflow()), "-P", str(SCRIPT)],
        input=json.dumps({"home": str(folder), "questions": asked}),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    answers: list[Any] = json.loads(process.stdout.splitlines()[-1])
    return answers


def utc(time: str) -> datetime:
    return datetime.fromisoformat(time).replace(tzinfo=UTC)


def eventbridge_times(request: Any, after: str, count: int) -> list[datetime]:
    """The first times of a request to EventBridge Scheduler, found minute by minute."""
    expression = request["ScheduleExpression"].removeprefix("cron(").removesuffix(")")
    zone = ZoneInfo(request["ScheduleExpressionTimezone"])
    minute, times = utc(after), []
    while len(times) < count:
        minute += timedelta(minutes=1)
        if fires_in_eventbridge(expression, minute.astimezone(zone)):
            times.append(minute)
    return times


@pytest.mark.airflow
def test_airflow_has_these_times(tmp_path: Path) -> None:
    cases = {**CASES, **ONLY_AIRFLOW}
    questions = [(emitted(flow(c.arguments, tmp_path), "airflow"), c.after, len(c.times)) for c in cases.values()]
    answers = ask_airflow(questions, tmp_path)
    found = {name: [datetime.fromisoformat(t) for t in a["times"]] for name, a in zip(cases, answers, strict=True)}
    assert found == {name: [utc(t) for t in case.times] for name, case in cases.items()}
    assert not any(answer["catchup"] for answer in answers)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_eventbridge_has_these_times(case: Case, tmp_path: Path) -> None:
    request = json.loads(emitted(flow(case.arguments, tmp_path), "stepfunctions"))
    assert eventbridge_times(request, case.after, len(case.times)) == [utc(t) for t in case.times]


@pytest.mark.airflow
def test_a_new_dag_waits_for_its_next_time(tmp_path: Path) -> None:
    # two hours ago, this week and every week: Airflow's own default would start a run at once
    ago = datetime.now(UTC) - timedelta(hours=2)
    scheduled = flow(f"cron='{ago.minute} {ago.hour} * * {ago.isoweekday()}'", tmp_path)
    (answer,) = ask_airflow([(emitted(scheduled, "airflow"), "2026-01-01 00:00", 1)], tmp_path)
    assert datetime.fromisoformat(answer["first"]) == ago.replace(second=0, microsecond=0) + timedelta(weeks=1)


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    some = st.lists(st.integers(low, high), min_size=1, max_size=5, unique=True).map(lambda v: ",".join(map(str, v)))
    steps = st.integers(1, (high - low) // 2).map(lambda n: f"*/{n}")
    pairs = st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda p: f"{min(p)}-{max(p)}")
    return st.one_of(st.just("*"), some, steps, pairs)


@pytest.mark.airflow
@pytest.mark.slow
def test_airflow_and_eventbridge_agree_on_random_schedules(tmp_path: Path) -> None:
    """Unix expressions through the compiler into both, and each evaluated for itself; all in one start of Airflow."""
    written: list[str] = []

    @seed(20261130)
    @settings(max_examples=60, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.tuples(numbers(0, 59), numbers(0, 23), numbers(1, 28), numbers(1, 12), numbers(0, 7)))
    def collect(fields: tuple[str, ...]) -> None:
        minute, hour, day, month, weekday = fields
        if day.startswith("*") or day == "1-28" or weekday.startswith("*"):
            day = "*" if len(written) % 2 else day
            weekday = weekday if day == "*" else "*"
        written.append(f"{minute} {hour} {day} {month} {weekday}")

    collect()
    written = [text for text in written if isinstance(parse_cron(text, timezone="UTC", span=NOWHERE), Schedule)]
    assert len(written) > 40
    after, count = "2027-12-31 23:59", 8
    flows = {text: flow(f"cron='{text}'", tmp_path) for text in written}
    answers = ask_airflow([(emitted(f, "airflow"), after, count) for f in flows.values()], tmp_path)
    for (text, scheduled), answer in zip(flows.items(), answers, strict=True):
        times = [datetime.fromisoformat(t) for t in answer["times"]]
        assert times == unix_times(text, after, count), text
        _, _, day, _, weekday = text.split()
        if "*" in (day, weekday):
            request = json.loads(emitted(scheduled, "stepfunctions"))
            assert eventbridge_times(request, after, count) == times, text


def unix_times(expression: str, after: str, count: int) -> list[datetime]:
    minute, times = utc(after), []
    while len(times) < count:
        minute += timedelta(minutes=1)
        if fires_in_unix(expression, minute):
            times.append(minute)
    return times


@pytest.mark.airflow
def test_the_time_zones_are_those_that_airflow_has(tmp_path: Path) -> None:
    code = "import json, zoneinfo; print(json.dumps(sorted(zoneinfo.available_timezones())))"
    command = [str(find_airflow()), "-c", code]
    found = subprocess.run(command, env={"PYTHONTZPATH": ""}, capture_output=True, text=True, check=True, timeout=60)
    assert set(json.loads(found.stdout)) - {"Factory", "localtime"} == TIMEZONES


@pytest.mark.stepfunctions
def test_eventbridge_scheduler_takes_the_request(tmp_path: Path) -> None:
    scheduled = flow("cron='0 6 * * MON-FRI', timezone='Europe/Berlin'", tmp_path)
    request = json.loads(emitted(scheduled, "stepfunctions", state_machine=MACHINE, schedule_role=ROLE))
    with AwsServer() as server:
        client = server.client("scheduler")
        client.create_schedule(**request)
        found = client.get_schedule(Name="Scheduled")
    assert {key: found[key] for key in request if key != "Target"} == {
        "Name": "Scheduled",
        "Description": "Generated by flowc 1 from scheduled.py",
        "ScheduleExpression": "cron(0 6 ? * MON-FRI *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
    }
    assert found["Target"]["Arn"] == MACHINE
    assert found["Target"]["RoleArn"] == ROLE
    assert json.loads(found["Target"]["Input"]) == {"flowc:logical_date": "<aws.scheduler.scheduled-time>"}
