"""Each repair of moto's interpreter, by a state machine that needs it."""

import json
import sys

import pytest

from flowc.simulate.errors import SimulateError
from flowc.simulate.libraries import MOTO_VERSION, require_version
from flowc.simulate.stepfunctions import AwsServer, ExecutionResult, run_definition

pytestmark = pytest.mark.stepfunctions


@pytest.fixture(scope="module")
def server():
    with AwsServer(max_jobs=4, max_retry_delay_s=0.05) as server:
        server.create_bucket("store")
        yield server


def job(code, *, environment=None, **fields):
    """A state that runs Python code in a Batch job."""
    environment = {"FLOWC_RUN": "$$.Execution.Name", **(environment or {})}
    variables = [
        {"Name": name, "Value.$" if value.startswith(("$", "States.")) else "Value": value}
        for name, value in environment.items()
    ]
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Parameters": {
            "JobName": "job",
            "JobQueue": "queue",
            "JobDefinition": "definition",
            "ContainerOverrides": {"Command": ["python", "-c", code], "Environment": variables},
        },
        "ResultPath": None,
        **({} if "Next" in fields else {"End": True}),
        **fields,
    }


def run(server, request, states, **arguments) -> ExecutionResult:
    definition = json.dumps({"StartAt": next(iter(states)), "States": states}).encode()
    run_id = request.node.name.replace("[", "-").replace("]", "")[:80]
    return run_definition(server, definition, name="machine", run_id=run_id, timeout_s=15, **arguments)


def logs(result):
    return [j.log_tail.strip() for j in result.jobs]


def test_parameters_and_results_have_the_names_of_step_functions(server, request):
    """`repair_integration_names`: SubmitJob's PascalCase parameters arrive, nested ones too; so do results."""
    code = "import os; print(os.environ['ANSWER'])"
    container = {
        "Image": "image",
        "Environment": [{"Name": "ANSWER", "Value": "42"}],
        "ResourceRequirements": [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "512"}],
    }
    result = run(
        server,
        request,
        {
            "register": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:batch:registerJobDefinition",
                "Parameters": {
                    "JobDefinitionName": "registered",
                    "Type": "container",
                    "ContainerProperties": container,
                },
                "Next": "describe",
            },
            "describe": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:batch:describeJobDefinitions",
                "Parameters": {"JobDefinitionName": "registered", "Status": "ACTIVE", "MaxResults": 1},
                "ResultSelector": {"image.$": "$.JobDefinitions[0].ContainerProperties.Image"},
                "Next": "job",
            },
            "job": {
                "Type": "Task",
                "Resource": "arn:aws:states:::batch:submitJob.sync",
                "Parameters": {
                    "JobName.$": "$.image",
                    "JobQueue": "queue",
                    "JobDefinition": "registered",
                    "ContainerOverrides": {
                        "Command": ["python", "-c", code],
                        "Environment": [{"Name": "FLOWC_RUN", "Value.$": "$$.Execution.Name"}],
                    },
                },
                "End": True,
            },
        },
    )
    assert (result.status, logs(result)) == ("SUCCEEDED", ["42"]), result
    assert result.jobs[0].name == "image"


def test_sync_task_is_tried_again(server, request):
    """`repair_retried_sync_tasks`: every attempt runs until its own end."""
    code = "import os, sys, time; time.sleep(0.1); print(os.environ['RETRY']); sys.exit(os.environ['RETRY'] != '2')"
    again = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}
    environment = {"RETRY": "States.Format('{}', $$.State.RetryCount)"}
    result = run(server, request, {"flaky": job(code, environment=environment, Retry=[again])})
    assert (result.status, logs(result)) == ("SUCCEEDED", ["0", "1", "2"]), result
    assert [j.exit_code for j in result.jobs] == [1, 1, 0]


def test_error_keeps_its_name_when_it_leaves_a_branch(server, request):
    """`repair_error_names_of_branches`: what a branch failed with can be caught by its name, and is reported."""
    branch = {"StartAt": "fails", "States": {"fails": job("raise SystemExit(3)")}}
    result = run(
        server,
        request,
        {
            "branches": {
                "Type": "Parallel",
                "Branches": [branch],
                "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "caught", "ResultPath": "$.error"}],
                "End": True,
            },
            "caught": {"Type": "Fail", "ErrorPath": "$.error.Error", "Cause": "caught"},
        },
    )
    assert (result.status, result.error, result.cause) == ("FAILED", "States.TaskFailed", "caught")


def test_errors_are_named_after_services(server, request):
    """`repair_error_names_of_services`: as Step Functions write the service's name."""
    result = run(
        server,
        request,
        {
            "get": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
                "Parameters": {"Bucket": "store", "Key": "missing"},
                "Catch": [{"ErrorEquals": ["S3.NoSuchKeyException"], "Next": "caught"}],
                "End": True,
            },
            "caught": {"Type": "Pass", "End": True},
        },
    )
    assert result.status == "SUCCEEDED", result


def each(server, key, items, body, **fields):
    """A distributed Map over items that lie in S3."""
    server.client("s3").put_object(Bucket="store", Key=key, Body=json.dumps(items).encode())
    return {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": "store", "Key": key},
        },
        "ItemSelector": {"item.$": "States.Format('{}', $$.Map.Item.Value)"},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": next(iter(body)),
            "States": body,
        },
        "ResultPath": None,
        "End": True,
        **fields,
    }


def test_distributed_map_fails_with_a_child(server, request):
    """`repair_failures_in_distributed_maps`: the Map fails, and no further item is started."""
    code = "import os, sys; print(os.environ['ITEM']); sys.exit(os.environ['ITEM'] == '1')"
    body = {"job": job(code, environment={"ITEM": "$.item"})}
    states = {"each": each(server, "five", [0, 1, 2, 3, 4], body, MaxConcurrency=1)}
    result = run(server, request, states)
    assert (result.status, result.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert logs(result) == ["0", "1"]


def test_nothing_new_starts_after_a_child_has_failed(server, request):
    """`repair_failures_in_distributed_maps`: a running sibling ends, but does not go on to its next state."""
    code = "import os, sys, time\nif os.environ['ITEM'] == '1': sys.exit(1)\ntime.sleep(1); print('done')"
    first = job(code, environment={"ITEM": "$.item"}, Next="second")
    body = {"first": first, "second": job("print('second')")}
    result = run(server, request, {"each": each(server, "two", [0, 1], body)})
    assert (result.status, result.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert sorted(logs(result)) == ["", "done"]


def test_distributed_map_of_nothing_succeeds(server, request):
    result = run(server, request, {"each": each(server, "none", [], {"job": job("")})})
    assert (result.status, result.jobs) == ("SUCCEEDED", ())


def test_many_states_call_services_at_a_time(server, request):
    """`repair_clients`: one client is shared by all threads; that calls reach another S3 is tested with the server."""
    get = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Parameters": {"Bucket": "store", "Key": "items"},
        "ResultSelector": {"items.$": "States.StringToJson($.Body)"},
        "End": True,
    }
    result = run(server, request, {"each": each(server, "items", list(range(60)), {"get": get})})
    assert result.status == "SUCCEEDED", result


def test_retries_do_not_wait_as_long_as_the_definition_says(server, request):
    """`limit_retry_delays`"""
    again = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 600, "MaxAttempts": 1}
    result = run(server, request, {"fails": job("raise SystemExit(1)", Retry=[again])})
    assert (result.status, len(result.jobs)) == ("FAILED", 2)


def test_another_moto_is_refused():
    require_version(MOTO_VERSION)
    with pytest.raises(SimulateError, match=r"moto 5\.2\.5, and moto 5\.2\.6 is installed: pip install"):
        require_version("5.2.6")


def test_server_runs_on_this_interpreter(server, request):
    result = run(server, request, {"job": job("import sys; print(sys.executable)")})
    assert logs(result) == [sys.executable]
