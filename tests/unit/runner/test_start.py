"""What the start task is told of its run, and what all tasks then know of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from flowc.errors import ContractError
from flowc.runner.start import UNMARKED, Start, parse_time, read_start
from tests.projects import Project

Make = Callable[..., Project]

BODY = """
    @step
    def start(self):
        self.xs = [1]
        self.next(self.score, foreach="xs")

    @step
    def score(self):
        names = [n for n in dir(current) if not n.startswith("_") and n != "get"]
        self.facts = {n: getattr(current, n) for n in names}
        self.got = current.get("tags"), current.get("nothing", 1), "user" in current, "username" in current
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-12-01", "2026-12-01T00:00:00+00:00"),
        ("2026-12-01T06:00:00Z", "2026-12-01T06:00:00+00:00"),
        ("2026-12-01T06:00:00.250000+02:00", "2026-12-01T04:00:00.250000+00:00"),
        ("2026-12-01 06:00", "2026-12-01T06:00:00+00:00"),
    ],
)
def test_times(text: str, time: str) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+10:00", ""])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=f"`{text}` is not a time".replace("+", r"\+")):
        parse_time(text)


@pytest.mark.parametrize(
    ("environment", "sent", "start"),
    [
        ({}, {}, UNMARKED),
        ({"FLOWC_TAGS": "", "FLOWC_USER": "", "FLOWC_LOGICAL_DATE": "", "FLOWC_DATA_INTERVAL_END": ""}, {}, UNMARKED),
        ({"FLOWC_TAGS": '["b", "a", "b"]', "FLOWC_USER": "ada"}, {"alpha": 1}, Start(tags=("a", "b"), user="ada")),
        ({"FLOWC_LOGICAL_DATE": "2026-12-01"}, {}, Start(logical_date="2026-12-01T00:00:00+00:00")),
        ({}, {"flowc:logical_date": "2026-12-01T06:00:00Z"}, Start(logical_date="2026-12-01T06:00:00+00:00")),
        ({}, {"flowc:logical_date": None}, UNMARKED),
        (
            {"FLOWC_DATA_INTERVAL_START": "2026-12-01", "FLOWC_DATA_INTERVAL_END": "2026-12-02"},
            {},
            Start(data_interval=("2026-12-01T00:00:00+00:00", "2026-12-02T00:00:00+00:00")),
        ),
        ({"FLOWC_DATA_INTERVAL_START": "2026-12-01", "FLOWC_DATA_INTERVAL_END": "2026-12-01T00:00Z"}, {}, UNMARKED),
        ({"FLOWC_DATA_INTERVAL_START": "2026-12-01"}, {}, UNMARKED),
    ],
)
def test_what_is_told(environment: dict[str, str], sent: dict[str, object], start: Start) -> None:
    assert read_start(environment, sent) == start


@pytest.mark.parametrize(
    ("environment", "sent", "message"),
    [
        ({"FLOWC_TAGS": "["}, {}, "FLOWC_TAGS is not JSON"),
        ({"FLOWC_TAGS": '["a", 1]'}, {}, "FLOWC_TAGS is not a JSON list of strings"),
        ({"FLOWC_TAGS": '{"a": 1}'}, {}, "FLOWC_TAGS is not a JSON list of strings"),
        ({"FLOWC_LOGICAL_DATE": "soon"}, {}, "FLOWC_LOGICAL_DATE: `soon` is not a time"),
        ({"FLOWC_DATA_INTERVAL_END": "soon"}, {}, "FLOWC_DATA_INTERVAL_END: `soon` is not a time"),
        ({}, {"flowc:logical_date": "soon"}, "flowc:logical_date: `soon` is not a time"),
        ({}, {"flowc:logical_date": 20261201}, "`flowc:logical_date` is a time in quotes, not 20261201"),
    ],
)
def test_what_cannot_be_used(environment: dict[str, str], sent: dict[str, object], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        read_start(environment, sent)


def facts_of(made: Project, **environment: str) -> dict[str, object]:
    """What `current` knows in a task of a run whose start is told this."""
    assert made.run_process("start", **environment) == (0, "")
    assert made.run_process("score", 0) == (0, "")
    facts: dict[str, object] = made.values("score", 0)["facts"]
    return {name: value for name, value in facts.items() if value is not None}


def test_a_task_after_the_start_knows_of_the_run(project: Make) -> None:
    made = project(BODY, head="from metaflow import project\n@project(name='fraud', production=True)")
    facts = facts_of(
        made,
        FLOWC_TAGS='["b", "a"]',
        FLOWC_USER="ada",
        FLOWC_PARAMETERS='{"flowc:logical_date": "2026-12-01T06:00:00Z"}',
        FLOWC_DATA_INTERVAL_START="2026-11-30T06:00:00+00:00",
        FLOWC_DATA_INTERVAL_END="2026-12-01T06:00:00+00:00",
    )
    run = made.address("score", 0).run
    del facts["card"]
    tempdir = facts.pop("tempdir")
    assert isinstance(tempdir, str) and tempdir.startswith("/")
    times = {n: str(facts.pop(n)) for n in ("logical_date", "data_interval_start", "data_interval_end")}
    assert times == {
        "logical_date": "2026-12-01 06:00:00+00:00",
        "data_interval_start": "2026-11-30 06:00:00+00:00",
        "data_interval_end": "2026-12-01 06:00:00+00:00",
    }
    assert facts == {
        "attempt": "a1",
        "branch_name": "prod",
        "flow_name": "Made",
        "is_production": True,
        "is_running_flow": True,
        "is_user_branch": False,
        "parameter_names": (),
        "pathspec": f"Made/{run}/score/0",
        "project_flow_name": "fraud.prod.Made",
        "project_name": "fraud",
        "retry_count": 0,
        "run_id": run,
        "step_name": "score",
        "tags": frozenset({"a", "b"}),
        "task_id": "0",
        "username": "ada",
    }
    assert made.values("score", 0)["got"] == (frozenset({"a", "b"}), 1, False, True)
    record = json.loads(made.store.read(f"Made/runs/{run}/run.json"))
    facts_of_start = {n: v for n, v in record.items() if n not in ("contract", "run_id", "code", "created_ns")}
    assert facts_of_start == {
        "parameters": {},
        "engine": "airflow",
        "tags": ["a", "b"],
        "user": "ada",
        "project": "fraud",
        "branch": "prod",
        "logical_date": "2026-12-01T06:00:00+00:00",
        "data_interval": ["2026-11-30T06:00:00+00:00", "2026-12-01T06:00:00+00:00"],
    }


def test_what_nobody_has_told_is_none_and_not_in_the_record(project: Make) -> None:
    made = project(BODY)
    facts = facts_of(made)
    assert facts["tags"] == frozenset()
    assert not facts.keys() & {"username", "logical_date", "data_interval_start", "project_name", "is_production"}
    record = json.loads(made.store.read(f"Made/runs/{made.address('start').run}/run.json"))
    assert set(record) == {"contract", "run_id", "code", "parameters", "engine", "created_ns"}


def test_a_malformed_date_ends_the_start_before_its_code_runs(project: Make) -> None:
    made = project(BODY)
    code, output = made.run_process("start", FLOWC_PARAMETERS='{"flowc:logical_date": "soon"}')
    assert code == 65
    assert output.startswith("flowc: flowc:logical_date: `soon` is not a time: expected ISO 8601")
    assert made.commit("start") is None


def test_a_task_that_does_not_ask_does_not_import_what_reads_times(project: Make) -> None:
    head = "import sys\nLOADED = sorted({'datetime', 'getpass'} & set(sys.modules))\n"
    made = project(BODY.replace("{n: getattr(current, n) for n in names}", "LOADED"), head=head)
    assert made.run_process("start", FLOWC_LOGICAL_DATE="") == (0, "")
    assert made.run_process("score", 0) == (0, "")
    assert made.values("score", 0)["facts"] == []
