"""The simulated Step Functions and Batch: jobs are processes, and behave as Batch's do."""

import _thread
import contextlib
import json
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest

from flowc import contract
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Parallel, Sequence, Task
from flowc.ir.steps import Policy, Step
from flowc.simulate.errors import SimulateError
from flowc.simulate.stepfunctions import AwsServer, run_definition
from flowc.source import Span
from flowc.targets.stepfunctions import TARGET, StepFunctionsOptions

pytestmark = pytest.mark.stepfunctions


@pytest.fixture(scope="module")
def server():
    with AwsServer(max_jobs=3, max_retry_delay_s=0.05, job_environment={"EXTRA": "given"}) as server:
        yield server


def task(command, **parameters):
    environment = [{"Name": contract.ENV_RUN, "Value.$": "$$.Execution.Name"}]
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Parameters": {
            "JobName": "job",
            "JobQueue": "arn:aws:batch:eu-west-1:210987654321:job-queue/queue",
            "JobDefinition": "arn:aws:batch:eu-west-1:210987654321:job-definition/own:3",
            "ContainerOverrides": {"Command": command, "Environment": environment},
            **parameters,
        },
        "End": True,
    }


def python(code, **parameters):
    return task(["python", "-c", code], **parameters)


def machine(states, start=None):
    return json.dumps({"StartAt": start or next(iter(states)), "States": states}).encode()


def run(server, states, run_id, **arguments):
    arguments.setdefault("timeout_s", 30)
    return run_definition(server, machine(states), name="machine", run_id=run_id, **arguments)


def test_job_has_the_environment_of_a_batch_job(server, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_USER", "x")
    result = run(server, {"a": python("import json, os; print(json.dumps(dict(os.environ)))")}, "environment")
    assert result.status == "SUCCEEDED", result
    (job,) = result.jobs
    environment = json.loads(job.log_tail)
    assert environment["AWS_BATCH_JOB_ID"]
    assert environment["AWS_BATCH_JOB_ATTEMPT"] == "1"
    assert environment["AWS_BATCH_JQ_NAME"] == "queue"
    assert environment["MANAGED_BY_AWS"] == "STARTED_BY_STEP_FUNCTIONS"
    assert environment[contract.ENV_RUN] == "environment"
    assert environment["EXTRA"] == "given"
    assert {k: environment[k] for k in server.env} == server.env
    assert "SECRET_OF_THE_USER" not in environment


def test_definition_is_created_of_the_unmodified_bytes(server):
    for number in (1, 2):
        definition = b' {"StartAt" :"a", "States": {"a": {"Type": "Pass",  "Result": %d, "End": true}}}\n' % number
        result = run_definition(server, definition, name="unmodified", run_id=f"unmodified-{number}")
        assert result.status == "SUCCEEDED"
        states = server.client("stepfunctions")
        (arn,) = [
            m["stateMachineArn"] for m in states.list_state_machines()["stateMachines"] if m["name"] == "unmodified"
        ]
        assert states.describe_state_machine(stateMachineArn=arn)["definition"].encode() == definition


def test_input_reaches_the_execution(server):
    states = {
        "choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.alpha", "NumericEquals": 3, "Next": "right"}],
            "Default": "wrong",
        },
        "right": {"Type": "Succeed"},
        "wrong": {"Type": "Fail", "Error": "wrong"},
    }
    assert run(server, states, "with-input", input={"alpha": 3}).status == "SUCCEEDED"


def test_failed_job_is_described(server):
    result = run(server, {"a": python("print('to the log'); raise SystemExit(65)")}, "failed")
    assert (result.status, result.error) == ("FAILED", "States.TaskFailed")
    (job,) = result.jobs
    assert (job.exit_code, job.reason, job.log_tail) == (65, "Essential container in task exited", "to the log\n")
    assert job.log_file.read_text() == "to the log\n"
    cause = json.loads(result.cause)
    assert (cause["Status"], cause["Container"]["ExitCode"]) == ("FAILED", 65)


def test_death_by_signal_is_the_exit_code_of_a_container(server):
    result = run(server, {"a": python("import os; os.kill(os.getpid(), 9)")}, "killed")
    assert [j.exit_code for j in result.jobs] == [128 + signal.SIGKILL]


def test_job_that_cannot_start_fails(server):
    result = run(server, {"a": task(["no-such-program"])}, "no-program")
    assert (result.status, [j.exit_code for j in result.jobs]) == ("FAILED", [127])
    assert result.jobs[0].reason.startswith("CannotStartContainerError")


def test_job_is_ended_after_its_attempt_duration(server):
    code = "import time; print('begun', flush=True); time.sleep(60)"
    result = run(server, {"a": python(code, Timeout={"AttemptDurationSeconds": 3})}, "too-long")
    assert (result.status, result.error) == ("FAILED", "States.TaskFailed")
    (job,) = result.jobs
    assert (job.exit_code, job.reason) == (128 + signal.SIGTERM, "Job attempt duration exceeded timeout")
    assert job.log_tail == "begun\n"


def task_of_ecs(code, **more):
    environment = [{"Name": contract.ENV_RUN, "Value.$": "$$.Execution.Name"}]
    container = {"Name": "flow", "Command": ["python", "-c", code], "Environment": environment}
    parameters = {"Cluster": "any", "TaskDefinition": "own-task", "Overrides": {"ContainerOverrides": [container]}}
    resource = "arn:aws:states:::ecs:runTask.sync"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **more}


def test_a_task_of_ecs_fails_with_its_container(server):
    retry = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1}]
    result = run(server, {"a": task_of_ecs("print('to the log'); raise SystemExit(65)", Retry=retry)}, "ecs-failed")
    assert (result.status, result.error) == ("FAILED", "States.TaskFailed")
    assert [(j.exit_code, j.log_tail) for j in result.jobs] == [(65, "to the log\n")] * 2
    cause = json.loads(result.cause)
    assert (cause["LastStatus"], cause["Containers"][0]["ExitCode"]) == ("STOPPED", 65)


def test_an_execution_that_is_stopped_terminates_its_tasks_of_ecs(server):
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('recorded'), sys.exit(3)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    states = server.client("stepfunctions")
    arn = states.create_state_machine(
        name="ecs-stopped",
        definition=machine({"a": task_of_ecs(code)}).decode(),
        roleArn="arn:aws:iam::123456789012:role/r",
    )["stateMachineArn"]
    states.start_execution(stateMachineArn=arn, name="ecs-stopped")
    while "ready" not in "".join(job.log_tail for job in server.jobs_of("ecs-stopped")):
        time.sleep(0.02)  # the suite's own time limit ends it if it never is
    server.terminate_jobs("ecs-stopped", "enough")
    server.await_jobs("ecs-stopped")
    assert [(j.exit_code, j.log_tail) for j in server.jobs_of("ecs-stopped")] == [(3, "ready\nrecorded\n")]


def test_a_job_cannot_be_told_more_than_a_task_of_ecs(server):
    result = run(server, {"a": python("#" * 8192)}, "too-much")
    assert (result.status, result.error, result.jobs) == ("FAILED", "Batch.ClientException", ())
    assert "Container Overrides length must be at most 8192" in result.cause


def branches(*bodies):
    scopes = [{"StartAt": f"b{i}", "States": {f"b{i}": body}} for i, body in enumerate(bodies)]
    return {"Type": "Parallel", "Branches": scopes, "End": True}


def test_at_most_max_jobs_run_at_a_time(server):
    code = "import time; print(time.time()); time.sleep(0.3); print(time.time())"
    result = run(server, {"all": branches(*[python(code)] * 7)}, "parallel")
    assert result.status == "SUCCEEDED", result
    spans = [tuple(map(float, j.log_tail.split())) for j in result.jobs]
    overlaps = [sum(start <= at < end for start, end in spans) for at, _ in spans]
    assert (len(spans), max(overlaps)) == (7, 3)


def waiting_for(file, then):
    return f"import os, time\nwhile not os.path.exists({str(file)!r}): time.sleep(0.02)\n{then}"


def test_running_jobs_end_and_nothing_new_starts_after_a_failure(server, tmp_path):
    begun, failed = tmp_path / "begun", tmp_path / "failed"
    sibling = f"open({str(begun)!r}, 'w').close()\n" + waiting_for(failed, "print('done')")
    first = {k: v for k, v in python(sibling).items() if k != "End"} | {"Next": "after"}
    body = {
        "Type": "Parallel",
        "Branches": [
            {"StartAt": "fails", "States": {"fails": python(waiting_for(begun, "raise SystemExit(1)"))}},
            {"StartAt": "runs", "States": {"runs": first, "after": python("print('too late')")}},
        ],
        "End": True,
    }
    results = []
    runner = threading.Thread(target=lambda: results.append(run(server, {"all": body}, "siblings")))
    runner.start()
    await_failure(server, "arn:aws:states:us-east-1:123456789012:execution:machine:siblings")
    failed.touch()
    runner.join()
    assert results[0].status == "FAILED"
    assert sorted((job.exit_code, job.log_tail) for job in results[0].jobs) == [(0, "done\n"), (1, "")]


def await_failure(server, execution):
    states = server.client("stepfunctions")
    while True:
        with contextlib.suppress(states.exceptions.ExecutionDoesNotExist):
            if states.describe_execution(executionArn=execution)["status"] == "FAILED":
                return
        time.sleep(0.02)


def test_execution_that_is_stopped_terminates_its_jobs(server):
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('recorded'), sys.exit(3)))\n"
        "time.sleep(60)"
    )
    result = run(server, {"a": python(code)}, "stopped", timeout_s=1)
    assert result.status == "ABORTED"
    assert [(j.exit_code, j.log_tail) for j in result.jobs] == [(3, "recorded\n")]


def test_job_that_does_not_heed_sigterm_is_killed_when_the_server_ends(tmp_path):
    code = "import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(99)"
    begun = threading.Event()
    with AwsServer(folder=tmp_path, on_job=lambda job: begun.set()) as server:
        states = server.client("stepfunctions")
        server.client("batch").register_job_definition(
            jobDefinitionName="own",
            type="container",
            containerProperties={
                "image": "i",
                "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "9"}],
            },
        )
        body = python(code)
        body["Parameters"]["JobDefinition"] = "own"
        arn = states.create_state_machine(
            name="m", definition=machine({"a": body}).decode(), roleArn="arn:aws:iam::123456789012:role/r"
        )["stateMachineArn"]
        states.start_execution(stateMachineArn=arn, name="r")
        assert begun.wait(20)
        (job,) = server.jobs_of("r")
        while not job.log_file.read_text().strip():
            time.sleep(0.05)
        pid = int(job.log_file.read_text())
    while _alive(pid):  # the suite's own time limit ends it if it stays
        time.sleep(0.02)


def _alive(pid):
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_definition_that_is_refused_is_an_error(server):
    with pytest.raises(SimulateError, match=r"the state machine broken cannot be run: .*mismatched input"):
        run_definition(server, b'{"StartAt": "a", "States": {"a": {"Type": "No"}}}', name="broken", run_id="r")
    with pytest.raises(SimulateError, match="the state machine broken cannot be run"):
        run_definition(server, b"no JSON", name="broken", run_id="r")


def test_interrupted_run_ends_its_jobs(tmp_path):
    """A run that the user interrupts ends with its jobs, which get the time to record it."""
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('recorded'), sys.exit(3)))\n"
        "print('begun', flush=True); time.sleep(60)"
    )
    log = []

    def interrupt(job):
        log.append(job)
        if job.exit_code is None:
            while not job.log_file.exists() or not job.log_file.read_text():
                time.sleep(0.02)
            _thread.interrupt_main()

    with AwsServer(folder=tmp_path, on_job=interrupt) as server:
        with pytest.raises(KeyboardInterrupt):
            run(server, {"a": python(code)}, "interrupted")
        assert [(j.exit_code, j.log_tail) for j in server.jobs_of("interrupted")] == [(3, "begun\nrecorded\n")]
    assert [j.exit_code for j in log] == [None, 3]


def test_settings_of_the_user_for_aws_and_proxies_do_not_matter(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with AwsServer() as server:
        server.create_bucket("bucket")
        result = run(server, {"a": python("import os; print(os.environ.get('AWS_PROFILE'))")}, "settings")
        assert (result.status, [j.log_tail for j in result.jobs]) == ("SUCCEEDED", ["None\n"])


def test_server_that_dies_is_an_error():
    with AwsServer() as server:
        code = f"import os, time; os.kill({server.process_id}, 9); time.sleep(60)"
        with pytest.raises(SimulateError, match=r"has ended unexpectedly|cannot be run"):
            run(server, {"a": python(code)}, "dies")


def test_server_that_does_not_start_says_why():
    with pytest.raises(SimulateError, match=r"does not start:\n(.*\n)*.*semaphore initial value"):
        AwsServer(max_jobs=-1).__enter__()


@pytest.mark.parametrize("library", ["boto3", "moto"])
def test_missing_library_is_an_error_that_says_what_to_install(monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(SimulateError, match=rf"{library} is not installed: pip install 'flowc\[simulate\]'"):
        AwsServer().__enter__()


# --- what the target emits, with jobs that stand in for the runner ---------------------------------------------------

RUNNER = """#!{python} -S
import json, os, sys
env = os.environ
assert sys.argv[1:] == ["-m", "flowc.runner"], sys.argv
facts = {{k: v for k, v in env.items() if k.startswith("FLOWC_")}}
with open(env["TASKS"], "a") as tasks:
    tasks.write(json.dumps(facts) + "\\n")
if facts["FLOWC_STEP"] == env.get("FAILS") and facts.get("FLOWC_RETRY", "0") != "2":
    sys.exit(1)
if facts["FLOWC_STEP"] in ("start", "outer"):
    root = facts["FLOWC_STORE"].removeprefix("s3://")
    key = "/".join([facts["FLOWC_FLOW"], "runs", facts["FLOWC_RUN"], facts["FLOWC_STEP"], facts["FLOWC_PATH"]])
    url = env["AWS_ENDPOINT_URL"] + "/" + root + "/" + key + "/items.json"
    sign = "AWS4-HMAC-SHA256 Credential=x/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
    headers = {{"Authorization": sign, "Content-Type": "application/json"}}
    import urllib.request
    urllib.request.urlopen(urllib.request.Request(url, b"[0, 1]", headers, method="PUT"))
"""

SPAN = Span(file="demo.py", start=0, end=1)


def step(name, **policy):
    return Step(name=name, doc="", policy=Policy(**policy), reads=(), writes=(), span=SPAN)


def sequence(*body):
    return Sequence(body=body)


INNER = Foreach(split=step("outer"), items="ys", body=sequence(Task(step=step("leaf"))), join=step("inner_join"))
BODY = Parallel(split=step("split"), branches=(sequence(INNER), sequence(Task(step=step("other")))), join=step("meet"))
FLAKY = step("flaky", retries=2, retry_delay_s=120)
NAMES = ("start", "split", "outer", "leaf", "inner_join", "other", "meet", "join", "end")
FLOW = Flow(
    name="Demo",
    doc="",
    file="demo.py",
    module="demo",
    params=(),
    steps=(*map(step, NAMES), FLAKY),
    root=sequence(
        Foreach(split=step("start"), items="xs", body=sequence(BODY), join=step("join")),
        Task(step=FLAKY),
        Task(step=step("end")),
    ),
    span=SPAN,
)
EXPECTED = sorted(
    [
        ("start", "_"),
        ("split", "0"), ("split", "1"), ("outer", "0"), ("outer", "1"), ("other", "0"), ("other", "1"),
        ("leaf", "0.0"), ("leaf", "0.1"), ("leaf", "1.0"), ("leaf", "1.1"),
        ("inner_join", "0"), ("inner_join", "1"), ("meet", "0"), ("meet", "1"),
        ("join", "_"), ("flaky", "_"), ("flaky", "_"), ("flaky", "_"), ("end", "_"),
    ]
)  # fmt: skip


def options(**given):
    defaults = {"store": "s3://bucket/deep/prefix", "code": "c" * 64, "image": "repo/image:1", "version": "1.0"}
    return StepFunctionsOptions(**(defaults | given))


@pytest.fixture
def runner(tmp_path):
    path = tmp_path / "runner"
    path.write_text(RUNNER.format(python=sys.executable))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


ECS = {
    "compute": "ecs",
    "ecs_subnets": "subnet-1",
    "ecs_execution_role": "arn:aws:iam::123456789012:role/puller",
}


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        ({}, 2),
        ({"store": "s3://bucket"}, 1),
        ({"batch_job_definition": "arn:aws:batch:eu-west-1:210987654321:job-definition/x:7"}, 1),
        (ECS, 2),
        (ECS | {"ecs_task_definition": "arn:aws:ecs:eu-west-1:210987654321:task-definition/x:7"}, 1),
    ],
    ids=["registers", "no-prefix", "own-definition", "ecs", "ecs-own-definition"],
)
def test_emitted_machine_runs_every_task_once(runner, tmp_path, given, runs):
    tasks = tmp_path / "tasks"
    environment = {"TASKS": str(tasks), "FAILS": "flaky"}
    parameters = {"alpha": 0.5, "s": "é\"'"}
    (output,) = TARGET.emit(FLOW, options(**given))
    with AwsServer(python=str(runner), max_retry_delay_s=0.05, job_environment=environment) as server:
        server.create_bucket("bucket")
        for number in range(runs):
            result = run_definition(
                server, output.data, name="Demo", run_id=f"run-{number}", input=parameters, timeout_s=60
            )
            assert result.status == "SUCCEEDED", result
            assert sorted((j.step, j.path) for j in result.jobs) == EXPECTED
        jobs = server.client("batch").describe_job_definitions()["jobDefinitions"]
        tasks_of_ecs = server.client("ecs").list_task_definitions()["taskDefinitionArns"]
    definitions = (tasks_of_ecs, jobs) if given.get("compute") == "ecs" else (jobs, tasks_of_ecs)
    assert [len(made) for made in definitions] == [1, 0], "a definition is registered once"
    facts = [json.loads(line) for line in tasks.read_text().splitlines()]
    assert {f["FLOWC_STORE"] for f in facts} == {given.get("store", "s3://bucket/deep/prefix")}
    assert {(f["FLOWC_FLOW"], f["FLOWC_CODE"], f["FLOWC_ENGINE"]) for f in facts} == {
        ("Demo", "c" * 64, "stepfunctions")
    }
    sent = [json.loads(f["FLOWC_PARAMETERS"]) for f in facts if "FLOWC_PARAMETERS" in f]
    assert sent == [parameters] * runs
    if given.get("compute") == "ecs":
        assert len({f["FLOWC_ATTEMPT"] + f["FLOWC_STEP"] + f["FLOWC_PATH"] for f in facts}) == len(facts)
    retries = [f["FLOWC_RETRY"] for f in facts if f["FLOWC_STEP"] == "flaky"]
    assert retries == ["0", "1", "2"] * runs
    assert_order(facts[: len(EXPECTED)])


def assert_order(facts):
    order = [(f["FLOWC_STEP"], f["FLOWC_PATH"]) for f in facts]
    assert order[0] == ("start", "_")
    assert order[-5:] == [("join", "_"), ("flaky", "_"), ("flaky", "_"), ("flaky", "_"), ("end", "_")]
    for path in "01":
        assert order.index(("inner_join", path)) > max(order.index(("leaf", f"{path}.{i}")) for i in "01")
        assert order.index(("meet", path)) > order.index(("other", path))


def test_machine_and_jobs_use_the_store_of_another_s3(runner, tmp_path):
    tasks = tmp_path / "tasks"
    (output,) = TARGET.emit(FLOW, options())
    with AwsServer() as other:
        other.create_bucket("bucket")
        with AwsServer(
            python=str(runner),
            max_retry_delay_s=0.05,
            s3_environment=other.env | {"AWS_ACCESS_KEY_ID": "another"},
            job_environment={"TASKS": str(tasks), "FAILS": "flaky"},
        ) as server:
            result = run_definition(server, output.data, name="Demo", run_id="run", timeout_s=60)
            assert result.status == "SUCCEEDED", result
            assert server.env["AWS_ENDPOINT_URL"] == other.endpoint != server.endpoint
            assert server.client("s3").list_buckets()["Buckets"] == []
        keys = [o["Key"] for o in other.client("s3").list_objects_v2(Bucket="bucket")["Contents"]]
    assert keys == [
        "deep/prefix/Demo/runs/run/outer/0/items.json",
        "deep/prefix/Demo/runs/run/outer/1/items.json",
        "deep/prefix/Demo/runs/run/start/_/items.json",
    ]
