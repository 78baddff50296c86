"""What a scheduler may hand over, and what it may not."""

from __future__ import annotations

import pytest

from flowc import __version__
from flowc.contract import PLAN as PLANS
from flowc.contract import Address, Plan, PlanStep
from flowc.errors import ContractError
from flowc.runner.request import Request, check_request, read_request

CODE = "0123456789abcdef" * 4
ENVIRONMENT = {
    "FLOWC_STORE": "s3://bucket/prefix",
    "FLOWC_FLOW": "Model",
    "FLOWC_CODE": CODE,
    "FLOWC_RUN": "scheduled__2026-01-01T00:00:00",
    "FLOWC_STEP": "fit",
    "FLOWC_PATH": "0.12",
    "FLOWC_ATTEMPT": "id/1",
    "FLOWC_RETRY": "2",
    "FLOWC_PARAMETERS": '{"alpha": 0.5}',
    "FLOWC_ENGINE": "airflow",
}


def test_a_request_is_read_from_the_environment() -> None:
    assert read_request(ENVIRONMENT) == Request(
        store="s3://bucket/prefix",
        code=CODE,
        run_id="scheduled__2026-01-01T00:00:00",
        task=Address("Model", "scheduled__2026-01-01T00-00-00-1a7bdee5", "fit", (0, 12)),
        attempt="id-1-a9075f93",
        retry=2,
        parameters={"alpha": 0.5},
        engine="airflow",
    )


def test_what_may_be_left_out_has_a_default() -> None:
    names = ("FLOWC_PATH", "FLOWC_RETRY", "FLOWC_PARAMETERS", "FLOWC_ENGINE")
    for environment in (
        {n: v for n, v in ENVIRONMENT.items() if n not in names},
        {n: "" if n in names else v for n, v in ENVIRONMENT.items()},
    ):
        request = read_request(environment)
        assert (request.task.path, request.retry, request.parameters, request.engine) == ((), 0, {}, "")


@pytest.mark.parametrize("name", ["FLOWC_STORE", "FLOWC_FLOW", "FLOWC_CODE", "FLOWC_RUN", "FLOWC_STEP"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_missing_is_named(name: str, value: str | None) -> None:
    environment = {**ENVIRONMENT, name: value or ""}
    if value is None:
        del environment[name]
    with pytest.raises(ContractError, match=f"the environment variable {name} is missing"):
        read_request(environment)


@pytest.mark.parametrize("environment", [{}, {"FLOWC_CACHE": "/var/cache/flowc", "FLOWC_STEP": ""}], ids=str)
def test_without_a_task_the_runner_says_what_it_is(environment: dict[str, str]) -> None:
    with pytest.raises(ContractError, match=rf"this is the step runner of flowc {__version__}, for plans .* {PLANS}; "):
        read_request(environment)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("FLOWC_PATH", "1.x", "`1.x` is not a path"),
        ("FLOWC_RETRY", "twice", "invalid literal"),
        ("FLOWC_PARAMETERS", "{", "makes no sense"),
        ("FLOWC_PARAMETERS", "[1]", "not a JSON object"),
        ("FLOWC_CODE", "../../etc", "not the hash of a code package"),
        ("FLOWC_CODE", CODE.upper(), "not the hash of a code package"),
        ("FLOWC_RUN", "\udcff", "makes no sense"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        read_request({**ENVIRONMENT, name: value})


@pytest.mark.parametrize(
    ("variables", "attempt"),
    [
        ({"AWS_BATCH_JOB_ID": "job", "AWS_BATCH_JOB_ATTEMPT": "2"}, "job.2"),
        ({"AWS_BATCH_JOB_ID": "job"}, "job.1"),
        ({"AWS_BATCH_JOB_ID": "job", "FLOWC_ATTEMPT": "own"}, "own"),
    ],
)
def test_batch_names_the_attempt_where_nobody_else_does(variables: dict[str, str], attempt: str) -> None:
    environment = {n: v for n, v in ENVIRONMENT.items() if n != "FLOWC_ATTEMPT"}
    assert read_request({**environment, **variables}).attempt == attempt


def test_an_attempt_must_have_a_name() -> None:
    environment = {n: v for n, v in ENVIRONMENT.items() if n != "FLOWC_ATTEMPT"}
    with pytest.raises(ContractError, match="neither FLOWC_ATTEMPT nor AWS_BATCH_JOB_ID names this attempt"):
        read_request(environment)


def test_step_functions_needs_an_executions_name_that_is_a_key() -> None:
    environment = {**ENVIRONMENT, "FLOWC_ENGINE": "stepfunctions"}
    with pytest.raises(ContractError, match="the execution's name `scheduled__"):
        read_request(environment)
    assert read_request({**environment, "FLOWC_RUN": "a.b"}).task.run == "a.b"


PLAN = Plan(1, "Model", "model", "", "start", "end", (), {"fit": PlanStep("fit", (), ("start",), None, None, None, 0)})


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (Address("Model", "r", "fit", ()), r"step `fit` is in 1 foreachs, and its path is \(\)"),
        (Address("Model", "r", "fit", (0, 1)), r"step `fit` is in 1 foreachs, and its path is \(0, 1\)"),
        (Address("Model", "r", "fitt", (0,)), "the code package of Model has no step `fitt` of flow Model"),
        (Address("Other", "r", "fit", (0,)), "the code package of Model has no step `fit` of flow Other"),
    ],
)
def test_a_task_that_the_plan_does_not_have_is_refused(task: Address, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_request(PLAN, task)


def test_a_task_of_the_plan_is_accepted() -> None:
    check_request(PLAN, Address("Model", "r", "fit", (5,)))
