"""The simulated Lambda: functions are processes, which ask a Runtime API for what they are to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flowc import contract
from flowc.simulate.stepfunctions import AwsServer, ExecutionResult, run_definition

pytestmark = pytest.mark.stepfunctions

LOOP = """
import http.client, json, os, sys
def call(method, what, body=None):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, "/2018-06-01/runtime/invocation/" + what, body)
    response = connection.getresponse()
    return response.headers.get("Lambda-Runtime-Aws-Request-Id"), response.read()
class Failed(Exception): pass
while True:
    identity, event = call("GET", "next")
    told = json.loads(event)["environment"]
    print(os.getpid(), told["FLOWC_STEP"], os.environ.get("HOME"), flush=True)
    try:
        exec(told["FLOWC_DO"])
    except Failed:
        continue
    call("POST", identity + "/response", b"{}")
"""
FAIL = """
call("POST", identity + "/error", json.dumps({"errorType": told["FLOWC_ERROR"], "errorMessage": "it was so"}).encode())
raise Failed
"""


@pytest.fixture(scope="module")
def server() -> Iterator[AwsServer]:
    with AwsServer(max_jobs=3, max_retry_delay_s=0.05) as running:
        yield running


def create(server: AwsServer, name: str, timeout_s: int = 60) -> str:
    server.client("lambda").create_function(
        FunctionName=name,
        PackageType="Image",
        Code={"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/flows:1"},
        ImageConfig={"EntryPoint": ["python", "-c"], "Command": [LOOP]},
        Role="arn:aws:iam::123456789012:role/tasks",
        Timeout=timeout_s,
    )
    return name


def invocation(function: str, do: str = "", *, following: str | None = None, **more: Any) -> dict[str, Any]:
    told = {"FLOWC_RUN.$": "$$.Execution.Name", "FLOWC_STEP": "s", "FLOWC_DO": do, "FLOWC_ERROR": "ValueError"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": {"environment": told | more.pop("told", {})}},
        "ResultPath": None,
        **({"End": True} if following is None else {"Next": following}),
        **more,
    }


def run(server: AwsServer, run_id: str, **states: Any) -> ExecutionResult:
    definition = json.dumps({"StartAt": next(iter(states)), "States": states}).encode()
    return run_definition(server, definition, name="machine", run_id=run_id, timeout_s=30)


def test_a_process_serves_one_invocation_after_the_other(server: AwsServer) -> None:
    name = create(server, "twice")
    result = run(server, "twice", a=invocation(name, following="b"), b=invocation(name, "print('more', flush=True)"))
    assert result.status == "SUCCEEDED", result
    first, second = (job.log_tail.split() for job in result.jobs)
    assert second == [*first, "more"], "the same process, without what it had written before"
    assert first[1:] == ["s", "None"], "there is no home"
    assert [(j.name, j.step, j.exit_code, j.reason) for j in result.jobs] == [("twice", "s", 0, None)] * 2


def test_an_error_is_the_state_s_own(server: AwsServer) -> None:
    result = run(server, "error", a=invocation(create(server, "fails"), FAIL))
    assert (result.status, result.error) == ("FAILED", "ValueError")
    assert json.loads(result.cause or "")["errorMessage"] == "it was so"
    assert [(j.exit_code, j.reason) for j in result.jobs] == [(1, "ValueError")]


def retrier(*errors: str, times: int) -> dict[str, Any]:
    return {"ErrorEquals": list(errors), "IntervalSeconds": 1, "MaxAttempts": times, "BackoffRate": 1}


@pytest.mark.parametrize(
    ("error", "code", "tries"),
    [("ValueError", 1, 3), (contract.LAMBDA_INPUT_ERROR, 65, 1), ("Runtime.ExitError", 1, 3)],
)
def test_errors_are_told_from_each_other_by_retriers(server: AwsServer, error: str, code: int, tries: int) -> None:
    do = "sys.exit(3)" if error == "Runtime.ExitError" else FAIL
    retry = [retrier(contract.LAMBDA_INPUT_ERROR, times=0), retrier("States.TaskFailed", times=2)]
    function = create(server, f"retried-{code}-{error.replace('.', '-')}")
    result = run(server, function, a=invocation(function, do, told={"FLOWC_ERROR": error}, Retry=retry))
    assert (result.status, result.error) == ("FAILED", error)
    assert [j.exit_code for j in result.jobs] == [code] * tries


def test_a_function_has_its_time(server: AwsServer) -> None:
    name = create(server, "slow", timeout_s=1)
    result = run(server, "slow", a=invocation(name, "import time; time.sleep(60)"))
    assert (result.status, result.error) == ("FAILED", "Sandbox.Timedout")
    assert "timed out after 1.00 seconds" in (result.cause or "")
    # another process serves the next one
    assert run(server, "slow-again", a=invocation(name)).status == "SUCCEEDED"


def test_an_execution_that_is_stopped_leaves_no_function_behind(server: AwsServer, tmp_path: Path) -> None:
    begun, name = tmp_path / "begun", create(server, "stopped")
    do = f"import time; open({str(begun)!r}, 'w').close(); time.sleep(60)"
    definition = json.dumps({"StartAt": "a", "States": {"a": invocation(name, do)}}).encode()
    result = run_definition(server, definition, name="stopped", run_id="stopped", timeout_s=2)
    assert result.status == "ABORTED"
    assert [j.reason for j in result.jobs] == ["Runtime.ExitError"]


def test_a_function_is_found_when_it_was_created(server: AwsServer) -> None:
    functions = server.client("lambda")
    with pytest.raises(ClientError, match="Function not found"):
        functions.get_function_configuration(FunctionName="not-there")
    name = create(server, "there")
    assert functions.get_function_configuration(FunctionName=name)["Timeout"] == 60
    with pytest.raises(ClientError, match="already exist") as caught:
        create(server, "there")
    assert caught.value.response["Error"]["Code"] == "ResourceConflictException"
