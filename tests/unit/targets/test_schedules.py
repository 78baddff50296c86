"""What the targets write for a schedule, and what they have against one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from flowc.compiler import compile_program, read_program
from flowc.diagnostics import Diagnostic
from flowc.outputs import Compiled, write_files
from flowc.runner.start import read_start
from flowc.targets.registry import load_target
from flowc.targets.stepfunctions.schedule import schedule_name

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:Scheduled"
ROLE = "arn:aws:iam::123456789012:role/service/scheduler"
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


def compiled(
    arguments: str, target: str, folder: Path, **settings: str
) -> tuple[Compiled | None, tuple[Diagnostic, ...]]:
    file = folder / "scheduled.py"
    file.write_text(FLOW.format(arguments))
    program, found, _ = read_program(str(file))
    assert program is not None, found
    return compile_program(program, load_target(target), store="s3://artifacts/flows", image="i:1", settings=settings)


def request(arguments: str, folder: Path, **settings: str) -> Any:
    result, found = compiled(arguments, "stepfunctions", folder, **settings)
    assert result is not None, found
    machine, schedule = result.definition
    assert (machine.name, schedule.name) == ("Scheduled.asl.json", "Scheduled.schedule.json")
    assert schedule.marker in schedule.data
    return json.loads(schedule.data)


def create_schedule() -> Any:
    """botocore's model of CreateSchedule's input."""
    session = botocore.session.get_session()
    return session.get_service_model("scheduler").operation_model("CreateSchedule").input_shape


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", ("0 0 * * *", "cron(0 0 * * ? *)")),
        ("hourly=True", ("0 * * * *", "cron(0 * * * ? *)")),
        ("weekly=True", ("0 0 * * SUN", "cron(0 0 ? * SUN *)")),
        ("cron='*/15 8-18 * * 1-5'", ("*/15 8-18 * * MON-FRI", "cron(0/15 8-18 ? * MON-FRI *)")),
        ("cron='0 6 */2 * *'", ("0 6 */2 * *", "cron(0 6 1/2 * ? *)")),
        ("cron='0,30 6 1 1,7 *'", ("0,30 6 1 JAN,JUL *", "cron(0,30 6 1 JAN,JUL ? *)")),
        ("cron='@quarterly'", ("0 0 1 JAN,APR,JUL,OCT *", "cron(0 0 1 JAN,APR,JUL,OCT ? *)")),
        ("cron='0 0 * * FRI-SUN'", ("0 0 * * SUN,FRI,SAT", "cron(0 0 ? * SUN,FRI,SAT *)")),
        ("cron='0 0 L * ? *'", ("0 0 L * *", "cron(0 0 L * ? *)")),
        ("cron='0 0 ? * 1L *'", ("0 0 * * L0", "cron(0 0 ? * 1L *)")),
        ("cron='0 0 ? * 3#2 *'", ("0 0 * * TUE#2", "cron(0 0 ? * 3#2 *)")),
    ],
)
def test_expressions(arguments: str, expected: tuple[str, str], tmp_path: Path) -> None:
    result, found = compiled(arguments, "airflow", tmp_path)
    assert result is not None, found
    written = re.search(r'CronTriggerTimetable\(\s*"([^"]*)",\s*timezone="UTC"', result.definition[0].data.decode())
    assert written
    assert (written[1], request(arguments, tmp_path)["ScheduleExpression"]) == expected


@pytest.mark.parametrize(
    ("target", "arguments", "code", "message"),
    [
        ("airflow", "cron='0 0 1 1 ? 2030'", "FC406", "Airflow's cron has no years"),
        ("airflow", "cron='0 0 15W * ? *'", "FC406", "(`15W`)"),
        ("stepfunctions", "cron='0 0 1 * MON'", "FC406", "days of the month or of the week, not both"),
        ("stepfunctions", f"cron='0 0 1 1 ? {','.join(map(str, range(1971, 2199, 3)))}'", "FC404", "characters"),
    ],
)
def test_times_that_a_target_does_not_have(
    target: str, arguments: str, code: str, message: str, tmp_path: Path
) -> None:
    result, (found,) = compiled(arguments, target, tmp_path)
    assert result is None
    assert found.code == code
    assert message in found.message
    assert found.primary is not None
    text = (tmp_path / "scheduled.py").read_bytes()[found.primary.span.start : found.primary.span.end]
    assert text.decode() == f"schedule({arguments})"


def test_the_request_is_one_of_create_schedule(tmp_path: Path) -> None:
    sent = request("timezone='Europe/Berlin'", tmp_path, state_machine=MACHINE, schedule_role=ROLE)
    assert ParamValidator().validate(sent, create_schedule()).generate_report() == ""
    assert sent["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert sent["Target"] == {
        "Arn": MACHINE,
        "RoleArn": ROLE,
        "Input": '{"flowc:logical_date": "<aws.scheduler.scheduled-time>"}',
    }


def test_a_run_knows_the_time_that_it_is_for(tmp_path: Path) -> None:
    text = request("", tmp_path)["Target"]["Input"]
    # as EventBridge Scheduler does
    sent = json.loads(text.replace("<aws.scheduler.scheduled-time>", "2026-03-22T18:59:43Z"))
    assert read_start({}, sent).logical_date == "2026-03-22T18:59:43+00:00"


def test_only_what_was_not_given_is_missing(tmp_path: Path) -> None:
    report = ParamValidator().validate(request("", tmp_path), create_schedule()).generate_report()
    assert report.splitlines() == [
        'Missing required parameter in Target: "Arn"',
        'Missing required parameter in Target: "RoleArn"',
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"state_machine": "Scheduled"},
        {"state_machine": "arn:aws:states:eu-central-1:123456789012:execution:Scheduled:1"},
        {"schedule_role": "scheduler"},
    ],
    ids=str,
)
def test_what_is_no_arn_is_refused(settings: dict[str, str], tmp_path: Path) -> None:
    result, (found,) = compiled("", "stepfunctions", tmp_path, **settings)
    assert result is None
    (flag,) = settings
    assert found.code == "FC001"
    assert f"--{flag.replace('_', '-')}" in f"{found.message} {found.help}"


def test_versions_and_aliases_of_a_machine_can_be_started(tmp_path: Path) -> None:
    assert request("", tmp_path, state_machine=f"{MACHINE}:live")["Target"]["Arn"] == f"{MACHINE}:live"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Scheduled", "Scheduled"),
        ("project.test.branch.Flow_1", "project.test.branch.Flow_1"),
        ("Größe", "Gr--e-d0d5ea09"),
        ("F" * 64, "F" * 64),
        ("F" * 65, "F" * 55 + "-00000000"),
    ],
)
def test_names(name: str, expected: str) -> None:
    found = schedule_name(name)
    assert found[:-8] == expected[:-8]
    assert re.fullmatch(r"[0-9a-zA-Z-_.]{1,64}", found)
    assert (found == name) is (expected == name)


def test_different_names_stay_different() -> None:
    assert len({schedule_name(name) for name in ("Größe", "Grüße", "Gr--e", "F" * 65, "F" * 66)}) == 5


def test_a_file_that_flowc_did_not_write_stays(tmp_path: Path) -> None:
    result, _ = compiled("", "stepfunctions", tmp_path)
    assert result is not None
    folder = tmp_path / "out"
    assert write_files(result, str(folder)) == ()
    assert write_files(result, str(folder)) == ()
    (folder / "Scheduled.schedule.json").write_text('{"Name": "mine"}')
    (found,) = write_files(result, str(folder))
    assert found.code == "FC405"


def test_a_flow_without_schedule_has_no_file_for_one(tmp_path: Path) -> None:
    result, found = compiled("daily=False", "stepfunctions", tmp_path)
    assert result is not None, found
    assert [file.name for file in result.definition] == ["Scheduled.asl.json"]
    airflow, _ = compiled("daily=False", "airflow", tmp_path)
    assert airflow is not None
    assert b"schedule=None," in airflow.definition[0].data
