"""What the Step Functions target emits, checked by rules of its own and by botocore's models of the requests."""

import json
from dataclasses import fields, replace

import pytest
from botocore import xform_name
from botocore.exceptions import ParamValidationError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import validate_parameters

from flowc.contract import Address
from flowc.diagnostics import Diagnostic, Severity
from flowc.ir import walk
from flowc.ir.compute import Batch, Tmpfs
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach, Loop, Parallel, Sequence, Switch, Task
from flowc.ir.steps import Catch, Policy, Requests, Step
from flowc.source import Span
from flowc.targets.aws.batch import job_name
from flowc.targets.base import CompileOptions
from flowc.targets.stepfunctions import TARGET, StepFunctionsOptions
from flowc.targets.stepfunctions.asl import format_string
from flowc.targets.stepfunctions.computes import COMPUTES, computes_of
from flowc.targets.stepfunctions.emit import derived_name, label, state_machine
from flowc.targets.stepfunctions.layout import to_text
from flowc.targets.stepfunctions.options import COMPUTE_NAMES, S3Location, s3_location
from flowc.targets.stepfunctions.validate import problems

SPAN = Span(file="demo.py", start=0, end=1)


def step(name, doc="", **policy):
    return Step(name=name, doc=doc, policy=Policy(**policy), reads=(), writes=(), span=SPAN)


def task(name, **given):
    return Task(step=step(name, **given))


def seq(*body):
    return Sequence(body=body)


def all_steps(root):
    """The steps of a region tree, in whatever order."""
    for region in walk.regions(root):
        match region:
            case Task(step=step):
                yield step
            case Parallel(split=split, join=join) | Foreach(split=split, join=join):
                yield from (split, join)


def flow_of(*body, name="Demo", doc="", steps=()):
    return Flow(
        name=name,
        doc=doc,
        file="/some/where/demo.py",
        module="demo",
        params=(),
        steps=steps or tuple(all_steps(seq(*body))),
        root=seq(*body),
        span=SPAN,
    )


def options(**given):
    defaults = {"store": "s3://bucket/some/prefix", "code": "c" * 64, "image": "repo/image:1", "version": "1.2.3"}
    return StepFunctionsOptions(**(defaults | given))


LINEAR = flow_of(task("start"), task("middle"), task("end"), doc="Does something.\n\nAnd more.")
BRANCHES = flow_of(
    Parallel(split=step("start"), branches=(seq(task("a")), seq(task("b"), task("c"))), join=step("join")),
    task("end"),
)
NESTED = flow_of(
    Foreach(
        split=step("start"),
        items="xs",
        body=seq(
            Foreach(split=step("outer"), items="ys", body=seq(task("leaf", retries=2)), join=step("inner_join")),
        ),
        join=step("join"),
    ),
    task("end"),
)
MIXED = flow_of(
    Parallel(
        split=step("start"),
        branches=(
            seq(Foreach(split=step("each"), items="xs", body=seq(task("one"), task("two")), join=step("all"))),
            seq(task("other")),
        ),
        join=step("meet"),
    ),
    task("end"),
)
ROLE = "arn:aws:iam::123456789012:role/own"
ECS = {"compute": "ecs", "ecs_subnets": "subnet-1a, subnet-2b", "ecs_execution_role": ROLE}
LAMBDA = {
    "compute": "lambda",
    "lambda_role": ROLE,
    "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/flows:1",
}
EVERYTHING = Batch(
    image="own:1",
    queue="own",
    job_role=ROLE,
    execution_role=ROLE,
    max_swap_mib=10,
    swappiness=0,
    tmpfs=Tmpfs(path="/fast", size_mib=None, is_temporary=True, options=("noexec",)),
    host_volumes=("/data",),
    efs_volumes=(("fs-12345678", "/mnt/fs-12345678"),),
    devices=("/dev/neuron0",),
    tags=(("team", "fraud"),),
    log_driver="awslogs",
    log_options=(("awslogs-group", "/flows"),),
)
FARGATE = Batch(ephemeral_storage_gib=100, execution_role=ROLE)
JOBS = flow_of(
    task("start", batch=EVERYTHING, shared_memory_mib=64, memory_mib=1000),
    task("middle", batch=FARGATE),
    task("again", batch=Batch(), shared_memory_mib=64),
    task("end"),
)
FLOWS = {"jobs": JOBS, "linear": LINEAR, "branches": BRANCHES, "nested": NESTED, "mixed": MIXED}
OPTIONS = {
    "registers": options(),
    "roles": options(
        batch_queue="arn:aws:batch:eu-west-1:123456789012:job-queue/q",
        batch_job_role="arn:aws:iam::123456789012:role/tasks",
        batch_execution_role="arn:aws:iam::123456789012:role/service/pull",
    ),
    "own-definition": options(batch_job_definition="mine:7"),
    "ecs": options(**ECS, ecs_security_groups="sg-3,sg-4", ecs_public_ip="true", ecs_task_role=ROLE),
    "ecs-on-machines": options(compute="ecs", ecs_launch_type="EC2"),
    "ecs-own-definition": options(compute="ecs", ecs_subnets="subnet-1", ecs_task_definition="mine:7"),
    "lambda": options(**LAMBDA),
    "lambda-own-function": options(compute="lambda", lambda_function="mine:live"),
}


def emitted(flow, given=None):
    (output,) = TARGET.emit(flow, given or options())
    return json.loads(output.data)


def scopes(machine):
    yield machine
    for state in machine["States"].values():
        for inner in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            yield from scopes(inner)


def states(machine):
    return {name: state for scope in scopes(machine) for name, state in scope["States"].items()}


# --- requests --------------------------------------------------------------------------------------------------------


def request_of(state):
    """The service, the operation's name in snake case and the parameters of a Task state, paths as text."""
    service, _, action = state["Resource"].removeprefix("arn:aws:states:::").removeprefix("aws-sdk:").partition(":")
    parameters = named(state["Parameters"], lower=service != "lambda")
    if "Payload" in parameters:
        parameters["Payload"] = json.dumps(parameters["Payload"])
    return service, xform_name(action.removesuffix(".sync")), parameters


def named(value, *, lower):
    """Members as boto3 has them: what is computed by its plain name, and but for Lambda with a small first letter."""
    match value:
        case dict():
            return {
                (k[0].lower() + k[1:] if lower else k).removesuffix(".$"): named(v, lower=lower)
                for k, v in value.items()
            }
        case list():
            return [named(v, lower=lower) for v in value]
        case _:
            return value


def violation(service, operation, parameters):
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    (name,) = [n for n in model.operation_names if xform_name(n) == operation]
    try:
        validate_parameters(parameters, model.operation_model(name).input_shape)
    except ParamValidationError as error:
        return str(error)
    return None


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
@pytest.mark.parametrize("given", OPTIONS.values(), ids=OPTIONS)
def test_requests_are_valid_by_the_service_model(flow, given):
    tasks = [s for s in states(emitted(flow, given)).values() if s["Type"] == "Task"]
    assert tasks
    for state in tasks:
        assert violation(*request_of(state)) is None


def test_service_model_finds_what_is_wrong():
    state = states(emitted(LINEAR))["middle"]
    service, operation, parameters = request_of(state)
    assert (service, operation) == ("batch", "submit_job")
    overrides = parameters["containerOverrides"]
    broken = {
        "Missing required parameter": {k: v for k, v in parameters.items() if k != "jobQueue"},
        'Unknown parameter in input: "queue"': parameters | {"queue": "q"},
        "Invalid type for parameter containerOverrides.command": parameters
        | {"containerOverrides": overrides | {"command": "a b"}},
    }
    for what, given in broken.items():
        assert what in violation(service, operation, given)


# --- states ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
@pytest.mark.parametrize("given", OPTIONS.values(), ids=OPTIONS)
def test_machine_has_no_problems_by_our_own_rules(flow, given):
    (output,) = TARGET.emit(flow, given)
    assert problems(json.loads(output.data), len(output.data)) == ()
    refused = ["FC403"] * 3 if flow is JOBS and given.batch_job_definition else []
    if flow is JOBS and given.compute != "batch":
        refused = []  # its other steps ask for nothing
    assert [d.code for d in TARGET.check(flow, given)] == refused


def test_each_step_is_a_state_of_its_name():
    assert [n for n in states(emitted(MIXED)) if n.isidentifier()] == [
        "start", "meet", "end", "each", "all", "one", "two", "other",
    ]  # fmt: skip


def definition_of(flow, options):
    """The name of the one job definition that there is."""
    (compute,) = computes_of(flow, options)
    (name,) = compute.definitions()
    return name


def test_plain_step():
    state = emitted(LINEAR)["States"]["middle"]
    definition = definition_of(LINEAR, options())
    assert state == {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Parameters": {
            "JobName": "Demo-middle",
            "JobQueue": "flowc",
            "JobDefinition": definition,
            "ContainerOverrides": {
                "Environment": [
                    {"Name": "FLOWC_STEP", "Value": "middle"},
                    {"Name": "FLOWC_RUN", "Value.$": "$.run"},
                    {"Name": "FLOWC_PATH", "Value.$": "$.path"},
                ],
                "ResourceRequirements": [
                    {"Type": "VCPU", "Value": "1"},
                    {"Type": "MEMORY", "Value": "4096"},
                ],
            },
        },
        "ResultPath": None,
        "Retry": [
            {
                "ErrorEquals": ["Batch.AWSBatchException", "Batch.ServerException"],
                "IntervalSeconds": 5,
                "MaxAttempts": 10,
                "BackoffRate": 2,
                "JitterStrategy": "FULL",
            }
        ],
        "Next": "end",
    }
    assert len(json.dumps(state, separators=(",", ":"))) <= 1000


def test_plain_step_is_small_as_written():
    (output,) = TARGET.emit(LINEAR, options())
    text = output.data.decode()
    written = text[text.index('    "middle": {') : text.index('    "end": {')]
    assert len(written) <= 1800


def test_machine_begins_with_its_job_definition_and_a_small_payload():
    machine = emitted(LINEAR)
    assert machine["Comment"] == "Generated by flowc 1.2.3 from demo.py. Does something."
    assert list(machine["States"]) == [
        "Find job definition",
        "Is it registered?",
        "Register job definition",
        "Begin run",
        "start",
        "middle",
        "end",
    ]
    assert machine["States"]["Begin run"]["Parameters"] == {"run.$": "$$.Execution.Name", "path": "_"}
    container = machine["States"]["Register job definition"]["Parameters"]["ContainerProperties"]
    assert container["Image"] == "repo/image:1"
    assert container["Command"] == ["python", "-m", "flowc.runner"]
    assert container["Environment"] == [
        {"Name": "FLOWC_STORE", "Value": "s3://bucket/some/prefix"},
        {"Name": "FLOWC_FLOW", "Value": "Demo"},
        {"Name": "FLOWC_CODE", "Value": "c" * 64},
        {"Name": "FLOWC_ENGINE", "Value": "stepfunctions"},
        {"Name": "AWS_DEFAULT_REGION", "Value.$": "States.ArrayGetItem(States.StringSplit($$.Execution.Id, ':'), 3)"},
    ]


# --- ECS -------------------------------------------------------------------------------------------------------------


def test_a_task_of_ecs():
    machine = emitted(LINEAR, OPTIONS["ecs"])
    assert list(machine["States"])[:4] == [
        "Find task definition",
        "Is the task definition registered?",
        "Register task definition",
        "Begin run",
    ]
    assert machine["States"]["middle"]["Parameters"] == {
        "Cluster": "flowc",
        "LaunchType": "FARGATE",
        "TaskDefinition": definition_of(LINEAR, OPTIONS["ecs"]),
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": ["subnet-1a", "subnet-2b"],
                "SecurityGroups": ["sg-3", "sg-4"],
                "AssignPublicIp": "ENABLED",
            }
        },
        "Overrides": {
            "ContainerOverrides": [
                {
                    "Name": "flow",
                    "Environment": [
                        {
                            "Name": "FLOWC_ATTEMPT",
                            "Value.$": "States.Format('{}.{}', $$.State.EnteredTime, $$.State.RetryCount)",
                        },
                        {"Name": "FLOWC_STEP", "Value": "middle"},
                        {"Name": "FLOWC_RUN", "Value.$": "$.run"},
                        {"Name": "FLOWC_PATH", "Value.$": "$.path"},
                    ],
                }
            ],
            "Cpu": "1024",
            "Memory": "4096",
        },
    }
    request = machine["States"]["Register task definition"]["Parameters"]
    assert (request["NetworkMode"], request["TaskRoleArn"]) == ("awsvpc", ROLE)
    (container,) = request["ContainerDefinitions"]
    assert (container["Image"], container["Command"]) == ("repo/image:1", ["python", "-m", "flowc.runner"])
    region = "States.ArrayGetItem(States.StringSplit($$.Execution.Id, ':'), 3)"
    assert [v["Name"] for v in container["Environment"]] == [
        "FLOWC_STORE", "FLOWC_FLOW", "FLOWC_CODE", "FLOWC_ENGINE", "AWS_DEFAULT_REGION",
    ]  # fmt: skip
    assert container["Environment"][-1]["Value.$"] == region
    assert container["LogConfiguration"]["Options"]["awslogs-region.$"] == region


def test_a_region_of_the_settings_stands_in_the_definition():
    given = options(**ECS, environment=(("AWS_DEFAULT_REGION", "eu-west-1"),))
    (container,) = emitted(LINEAR, given)["States"]["Register task definition"]["Parameters"]["ContainerDefinitions"]
    regions = [v for v in container["Environment"] if v["Name"] == "AWS_DEFAULT_REGION"]
    assert regions == [{"Name": "AWS_DEFAULT_REGION", "Value": "eu-west-1"}]


def test_tasks_of_ecs_ask_for_their_sizes():
    flow = flow_of(task("start", cpu=0.25, memory_mib=512, disk_mib=30_000), task("end", retries=1))
    assert checked(flow, **ECS) == []
    found = emitted(flow, options(**ECS))["States"]
    overrides = found["start"]["Parameters"]["Overrides"]
    assert (overrides["Cpu"], overrides["Memory"]) == ("256", "512")
    assert overrides["EphemeralStorage"] == {"SizeInGiB": 30}
    assert [r["ErrorEquals"] for r in found["end"]["Retry"]] == [
        ["ECS.AmazonECSException", "ECS.ServerException", "AmazonECS.Unknown"],
        ["States.TaskFailed"],
    ]


def test_tasks_on_machines_have_gpus_and_no_network_of_their_own():
    flow = flow_of(task("start", gpu=2, shared_memory_mib=64), task("end"))
    machine = emitted(flow, OPTIONS["ecs-on-machines"])
    assert checked(flow, compute="ecs", ecs_launch_type="EC2") == []
    definition = machine["States"]["Register task definition"]["Parameters"]
    assert definition["NetworkMode"] == "bridge"
    (container,) = definition["ContainerDefinitions"]
    assert container["ResourceRequirements"] == [{"Type": "GPU", "Value": "2"}]
    assert container["LinuxParameters"] == {"SharedMemorySize": 64}
    assert "NetworkConfiguration" not in machine["States"]["start"]["Parameters"]
    assert "Register task definition 2" in machine["States"]


def test_own_task_definition_leaves_the_rest_to_each_state():
    machine = emitted(LINEAR, OPTIONS["ecs-own-definition"])
    assert list(machine["States"]) == ["Begin run", "start", "middle", "end"]
    parameters = machine["States"]["middle"]["Parameters"]
    assert parameters["TaskDefinition"] == "mine:7"
    (container,) = parameters["Overrides"]["ContainerOverrides"]
    assert container["Command"] == ["python", "-m", "flowc.runner"]
    assert container["Environment"][0] == {"Name": "FLOWC_STORE", "Value": "s3://bucket/some/prefix"}


@pytest.mark.parametrize(
    ("policy", "given", "part"),
    [
        ({"cpu": 3}, ECS, "Fargate has no tasks with 3 CPUs and 4096 MiB"),
        ({"gpu": 1, "shared_memory_mib": 1}, ECS, "Fargate has no GPUs, no shared memory"),
        (
            {"gpu": 1},
            {"compute": "ecs", "ecs_launch_type": "EC2", "ecs_task_definition": "x"},
            "the one to use is given",
        ),
    ],
)
def test_what_ecs_lacks(policy, given, part):
    (diagnostic,) = checked_step(given, **policy)
    assert (diagnostic.code, diagnostic.primary.span) == ("FC403", SPAN)
    assert part in diagnostic.message


# --- Lambda ----------------------------------------------------------------------------------------------------------


def test_a_function_of_lambda():
    machine = emitted(LINEAR, OPTIONS["lambda"])
    assert list(machine["States"])[:5] == [
        "Find function",
        "Is it being made?",
        "Wait for function",
        "Create function",
        "Begin run",
    ]
    name = definition_of(LINEAR, OPTIONS["lambda"])
    middle = machine["States"]["middle"]
    assert middle["Resource"] == "arn:aws:states:::lambda:invoke"
    assert middle["Parameters"] == {
        "FunctionName": name,
        "Payload": {
            "environment": {
                "FLOWC_STORE": "s3://bucket/some/prefix",
                "FLOWC_FLOW": "Demo",
                "FLOWC_CODE": "c" * 64,
                "FLOWC_ENGINE": "stepfunctions",
                "FLOWC_STEP": "middle",
                "FLOWC_RUN.$": "$.run",
                "FLOWC_PATH.$": "$.path",
            }
        },
    }
    assert machine["States"]["Create function"]["Parameters"] == {
        "FunctionName": name,
        "PackageType": "Image",
        "Code": {"ImageUri": LAMBDA["image"]},
        "ImageConfig": {"EntryPoint": ["python", "-m"], "Command": ["flowc.runner.lambda_"]},
        "Role": ROLE,
        "Timeout": 900,
        "MemorySize": 4096,
    }


def test_a_function_is_created_once_whoever_is_first():
    machine = emitted(flow_of(task("start", memory_mib=512), task("end")), OPTIONS["lambda"])
    find, create = (machine["States"][n] for n in ("Find function", "Create function"))
    assert find["Catch"] == [
        {"ErrorEquals": ["Lambda.ResourceNotFoundException"], "ResultPath": None, "Next": "Create function"}
    ]
    assert create["Catch"] == [
        {"ErrorEquals": ["Lambda.ResourceConflictException"], "ResultPath": None, "Next": "Wait for function"}
    ]
    for state in (find, create):
        first = state["Retry"][0]
        assert (first["ErrorEquals"], first["MaxAttempts"]) == (state["Catch"][0]["ErrorEquals"], 0)


def test_tasks_begin_when_their_functions_are_made():
    """An invocation that is tried again until then would take its retries for those of its step."""
    machine = emitted(flow_of(task("start", memory_mib=512), task("end")), OPTIONS["lambda"])
    following = {"": "Find function 2", " 2": "Begin run"}
    for number, after in following.items():
        find, decide, wait, create = (
            machine["States"][f"{name}{number}"]
            for name in ("Find function", "Is it being made?", "Wait for function", "Create function")
        )
        assert (find["ResultSelector"], find["Next"]) == ({"state.$": "$.State"}, f"Is it being made?{number}")
        pending = {"Variable": "$.state", "StringEquals": "Pending", "Next": f"Wait for function{number}"}
        assert (decide["Choices"], decide["Default"]) == ([pending], after)
        assert (wait["Type"], wait["Next"]) == ("Wait", f"Find function{number}")
        assert create["Next"] == f"Find function{number}"


def test_bad_input_is_not_tried_again_where_it_can_be_told():
    machine = emitted(flow_of(task("start", retries=2), task("end")), OPTIONS["lambda"])
    retry = machine["States"]["start"]["Retry"]
    assert [(r["ErrorEquals"], r["MaxAttempts"]) for r in retry[1:]] == [
        (["flowc.BadInput"], 0),
        (["States.TaskFailed"], 2),
    ]
    assert "Lambda.ResourceConflictException" in retry[0]["ErrorEquals"], "the function is still being made"
    assert len(machine["States"]["end"]["Retry"]) == 1


def test_functions_have_the_sizes_that_steps_ask_for():
    flow = flow_of(task("start", memory_mib=512, disk_mib=100), task("middle", memory_mib=10_240, disk_mib=10_240))
    assert checked(flow, **LAMBDA) == []
    created = [s["Parameters"] for n, s in emitted(flow, OPTIONS["lambda"])["States"].items() if n.startswith("Create")]
    assert [(c["MemorySize"], c["EphemeralStorage"]) for c in created] == [
        (512, {"Size": 512}),
        (10_240, {"Size": 10_240}),
    ]
    assert len({c["FunctionName"] for c in created}) == 2
    assert len(definition_of(flow_of(task("start"), name="F" * 200), OPTIONS["lambda"])) == 64


def test_own_function_is_invoked_as_it_is():
    machine = emitted(LINEAR, OPTIONS["lambda-own-function"])
    assert list(machine["States"]) == ["Begin run", "start", "middle", "end"]
    assert machine["States"]["start"]["Parameters"]["FunctionName"] == "mine:live"


@pytest.mark.parametrize(
    ("policy", "code", "part"),
    [
        ({"gpu": 1}, "FC403", "a function of Lambda has no GPUs"),
        ({"shared_memory_mib": 1}, "FC403", "a function of Lambda has no shared memory"),
        ({"timeout_s": 901}, "FC404", "runs for 900 s, and the step may run for 901"),
        ({"memory_mib": 10_241}, "FC404", "has at most 10240 MiB of memory, and the step asks for 10241"),
        ({"memory_mib": 100}, "FC404", "has at least 128 MiB of memory, and the step asks for 100"),
        ({"disk_mib": 10_241}, "FC404", "has at most 10240 MiB of disk, and the step asks for 10241"),
        ({"cpu": 4, "requests": (Requests(cpu=4),)}, "FC403", "with 4 CPUs has 7076 MiB of memory"),
        ({"cpu": 8, "requests": (Requests(cpu=8),)}, "FC403", "with 8 CPUs has 14152 MiB of memory"),
    ],
)
def test_what_lambda_lacks(policy, code, part):
    (diagnostic,) = checked_step(LAMBDA, **policy)
    assert (diagnostic.code, diagnostic.primary.span) == (code, SPAN)
    assert part in diagnostic.message


def test_a_function_of_the_user_s_has_the_size_that_it_has():
    own = {"compute": "lambda", "lambda_function": "mine"}
    (diagnostic,) = checked_step(own, memory_mib=20_000, requests=(Requests(memory_mib=20_000),))
    assert (diagnostic.code, diagnostic.severity) == ("FC408", Severity.WARNING)
    assert checked_step(own) == []


# --- one flow on several computes ------------------------------------------------------------------------------------


def test_every_compute_has_its_name():
    assert tuple(COMPUTES) == COMPUTE_NAMES


@pytest.mark.parametrize("compute", ["ecs", "lambda"])
def test_a_step_under_batch_is_a_job_whatever_the_others_are(compute):
    flow = flow_of(task("start"), task("middle", batch=Batch(image="own:1")), task("end"))
    machine = emitted(flow, OPTIONS[compute])
    service = {n: machine["States"][n]["Resource"].rsplit(":", 2)[-2] for n in ("start", "middle", "end")}
    assert service == {"start": compute, "middle": "batch", "end": compute}
    assert list(machine["States"])[:3] == ["Find job definition", "Is it registered?", "Register job definition"]
    assert problems(machine, 0) == ()


def test_concurrency_holds_for_every_foreach():
    found = states(emitted(NESTED, options(max_concurrency="7")))
    assert [found[f"{split} items"]["MaxConcurrency"] for split in ("start", "outer")] == [7, 7]
    found = states(emitted(NESTED, options(max_concurrency="500")))
    assert [found[f"{split} items"]["MaxConcurrency"] for split in ("start", "outer")] == [30, 500]


@pytest.mark.parametrize("own", [{"batch_job_definition": "x"}, {**ECS, "ecs_task_definition": "x"}])
def test_what_tasks_are_told_has_to_fit(own):
    environment = tuple((f"AWS_{n}", "x" * 1000) for n in range(9))
    (diagnostic,) = checked(flow_of(task("start")), **own, environment=environment)
    assert diagnostic.code == "FC404"
    assert "its overrides have" in diagnostic.message
    assert checked(flow_of(task("start")), **own, environment=environment[:6]) == []


def test_own_job_definition_leaves_the_rest_to_each_state():
    machine = emitted(LINEAR, OPTIONS["own-definition"])
    assert list(machine["States"]) == ["Begin run", "start", "middle", "end"]
    parameters = machine["States"]["middle"]["Parameters"]
    assert parameters["JobDefinition"] == "mine:7"
    overrides = parameters["ContainerOverrides"]
    assert overrides["Command"] == ["python", "-m", "flowc.runner"]
    assert [v["Name"] for v in overrides["Environment"]] == [
        "FLOWC_STORE", "FLOWC_FLOW", "FLOWC_CODE", "FLOWC_ENGINE", "FLOWC_STEP", "FLOWC_RUN", "FLOWC_PATH",
    ]  # fmt: skip


def test_only_the_start_step_gets_parameters():
    holders = [
        name
        for name, state in states(emitted(MIXED)).items()
        if "FLOWC_PARAMETERS" in json.dumps(state.get("Parameters", {}))
    ]
    assert holders == ["start"]
    (variable,) = [
        v
        for v in states(emitted(MIXED))["start"]["Parameters"]["ContainerOverrides"]["Environment"]
        if v["Name"] == "FLOWC_PARAMETERS"
    ]
    assert variable["Value.$"] == "States.JsonToString($$.Execution.Input)"


@pytest.mark.parametrize(("delay_s", "interval_s"), [(0, 1), (1, 1), (90, 90)])
def test_retries_and_resources_of_a_policy(delay_s, interval_s):
    flow = flow_of(task("start", retries=4, retry_delay_s=delay_s, cpu=2, memory_mib=9000))
    state = emitted(flow)["States"]["start"]
    assert state["Retry"][1] == {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": interval_s,
        "MaxAttempts": 4,
        "BackoffRate": 1,
    }
    overrides = state["Parameters"]["ContainerOverrides"]
    assert overrides["ResourceRequirements"] == [
        {"Type": "VCPU", "Value": "2"},
        {"Type": "MEMORY", "Value": "9000"},
    ]
    assert {"Name": "FLOWC_RETRY", "Value.$": "States.Format('{}', $$.State.RetryCount)"} in overrides["Environment"]


@pytest.mark.parametrize("retries", [0, 2])
def test_a_caught_failure_has_one_try_more(retries):
    catch = Catch(var="failure", print_exception=True)
    state = emitted(flow_of(task("start", retries=retries, catch=catch)))["States"]["start"]
    assert state["Retry"][1]["MaxAttempts"] == retries + 1
    variables = state["Parameters"]["ContainerOverrides"]["Environment"]
    assert "FLOWC_RETRY" in [v["Name"] for v in variables]


def test_gpus_are_among_the_requirements():
    state = emitted(flow_of(task("start", cpu=4.0, gpu=2)))["States"]["start"]
    assert state["Parameters"]["ContainerOverrides"]["ResourceRequirements"] == [
        {"Type": "VCPU", "Value": "4"},
        {"Type": "MEMORY", "Value": "4096"},
        {"Type": "GPU", "Value": "2"},
    ]


def test_doc_of_a_step_is_its_comment():
    state = emitted(flow_of(task("start", doc="Load it.\n\nFrom there.")))["States"]["start"]
    assert list(state)[:3] == ["Type", "Comment", "Resource"]
    assert state["Comment"] == "Load it."


# --- foreach ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("store", "prefix"),
    [("s3://bucket", ""), ("s3://bucket/", ""), ("s3://bucket/a", "a/"), ("s3://bucket/a/b/", "a/b/")],
)
def test_items_are_read_from_where_the_runner_leaves_them(store, prefix):
    found = states(emitted(NESTED, options(store=store)))
    for split, path in (("start", ()), ("outer", (3,))):
        reader = found[f"{split} items"]["ItemReader"]
        address = Address(flow="Demo", run="RUN", step=split, path=path)
        template = reader["Parameters"]["Key.$"].removeprefix("States.Format('").removesuffix("', $.run, $.path)")
        assert template.format("RUN", address.prefix.rsplit("/", 1)[1]) == prefix + address.items_key
        assert reader["Parameters"]["Bucket"] == "bucket"


def test_item_extends_the_path():
    found = states(emitted(NESTED))
    assert found["start items"]["ItemSelector"] == {
        "run.$": "$.run",
        "path.$": "States.Format('{}', $$.Map.Item.Value)",
    }
    assert found["outer items"]["ItemSelector"] == {
        "run.$": "$.run",
        "path.$": "States.Format('{}.{}', $.path, $$.Map.Item.Value)",
    }


def test_foreach_around_another_has_fewer_items_at_a_time():
    """So that 1,000 open Map Runs, an account's limit, are enough."""
    found = states(emitted(NESTED))
    assert [found[f"{split} items"]["MaxConcurrency"] for split in ("start", "outer")] == [30, 100]


def test_child_executions_return_nothing():
    for scope in (s["ItemProcessor"] for s in states(emitted(MIXED)).values() if "ItemProcessor" in s):
        assert scope["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        (last,) = [s for s in scope["States"].values() if s.get("End")]
        assert last["OutputPath"] is None


def test_results_of_branches_and_items_are_dropped():
    kinds = [s for s in states(emitted(MIXED)).values() if s["Type"] in ("Map", "Parallel")]
    assert [(s["Type"], s["ResultPath"], s["Next"]) for s in kinds] == [
        ("Parallel", None, "meet"),
        ("Map", None, "all"),
    ]


# --- names -----------------------------------------------------------------------------------------------------------


def test_long_names_are_cut_and_stay_distinct():
    long = "x" * 79
    assert [len(derived_name(long + end, "branches")) for end in "ab"] == [80, 80]
    assert derived_name(long + "a", "items") != derived_name(long + "b", "items")
    assert [len(label(long + end)) for end in "ab"] == [40, 40]
    assert label(long + "a") != label(long + "b")
    assert len(job_name("F" * 100, "s" * 100)) == 128


def test_names_in_other_alphabets():
    flow = flow_of(Foreach(split=step("größe"), items="xs", body=seq(task("länge")), join=step("join")), name="Größe")
    assert label("größe") != label("größ_e")
    machine = emitted(flow)
    assert problems(machine, 0) == ()
    assert machine["States"]["größe"]["Parameters"]["JobName"] == "Gr--e-gr--e"
    assert job_name("Élan", "x") == "lan-x"


def test_a_definition_for_each_kind_of_container():
    machine = emitted(JOBS)
    assert problems(machine, 0) == ()
    requests = {
        p["JobDefinitionName"]: p for p in (s.get("Parameters", {}) for s in states(machine).values()) if "Type" in p
    }
    assert len(requests) == 4
    definitions = {n: requests[states(machine)[n]["Parameters"]["JobDefinition"]] for n in ("start", "middle")}
    registered = [n for n in machine["States"] if n.startswith("Register job definition")]
    assert registered == ["Register job definition", *(f"Register job definition {n}" for n in (2, 3, 4))]
    start = definitions["start"]["ContainerProperties"]
    assert start["LinuxParameters"]["Tmpfs"] == [
        {"ContainerPath": "/fast", "Size": 500, "MountOptions": ["noexec"]},
    ]
    middle = definitions["middle"]
    assert middle["PlatformCapabilities"] == ["FARGATE"]
    assert middle["ContainerProperties"]["EphemeralStorage"] == {"SizeInGiB": 100}
    assert "PlatformCapabilities" not in definitions["start"]
    same = flow_of(task("a", batch=Batch(queue="x")), task("b"), task("c", batch=Batch(queue="y")))
    assert definition_of(same, options())


def test_queue_and_tags_go_with_the_job():
    found = states(emitted(JOBS))
    assert found["start"]["Parameters"]["JobQueue"] == "own"
    assert found["start"]["Parameters"]["Tags"] == {"team": "fraud"}
    assert found["end"]["Parameters"]["JobQueue"] == "flowc"
    assert "Tags" not in found["end"]["Parameters"]


def test_job_definition_is_named_by_its_content():
    name = definition_of(LINEAR, options())
    assert name.startswith("flowc-Demo-")
    assert name == definition_of(LINEAR, options())
    for other in (options(image="other"), options(store="s3://bucket"), options(code="d" * 64)):
        assert definition_of(LINEAR, other) != name
    assert len(definition_of(flow_of(task("start"), name="F" * 200), options())) == 128


# --- output ----------------------------------------------------------------------------------------------------------


def test_output_is_the_same_every_time():
    first, second = (TARGET.emit(MIXED, options()) for _ in range(2))
    assert first == second
    (output,) = first
    assert output.name == "Demo.asl.json"
    assert output.marker in output.data[:200]
    assert output.data.endswith(b"}\n")


def test_size_is_linear_in_steps():
    def size(count):
        return len(TARGET.emit(flow_of(*(task(f"step_{i:04}") for i in range(count))), options())[0].data)

    assert size(300) - size(200) == size(200) - size(100)


def test_text_holds_what_the_machine_says():
    value = {"a": [], "b": {}, "c": [1, 2.5, None, True], "d": {"x": {"y": 'é"\\'}}, "e": ["z" * 120], "f": [[1], []]}
    text = to_text(value)
    assert json.loads(text) == value
    assert '  "c": [1, 2.5, null, true],\n' in text
    assert all(len(line) <= 100 for line in text.splitlines() if "zzz" not in line)


def test_format_string_escapes_what_has_a_meaning():
    assert format_string("it's {}", "$.run") == r"States.Format('it\'s {}', $.run)"


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("s3://bucket", S3Location("bucket", "")),
        ("s3://bucket/a/b", S3Location("bucket", "a/b/")),
        ("file:///tmp/x", None),
        ("s3://", None),
        ("bucket/a", None),
    ],
)
def test_store_in_s3(url, location):
    assert s3_location(url) == location


# --- diagnostics -----------------------------------------------------------------------------------------------------


def checked(flow=LINEAR, **given) -> list[Diagnostic]:
    return list(TARGET.check(flow, options(**given)))


@pytest.mark.parametrize(
    ("given", "code", "part"),
    [
        ({"store": "file:///tmp/x"}, "FC402", "cannot use the store `file:///tmp/x`"),
        ({"store": "s3://B"}, "FC402", "`B` is not the name of a bucket"),
        ({"store": "s3://bucket/{x}"}, "FC402", "cannot use the store"),
        ({"batch_queue": ""}, "FC001", "`` is not what --batch-queue takes"),
        ({"batch_job_role": "role"}, "FC001", "`role` is not what --batch-job-role takes"),
        ({"batch_execution_role": "role"}, "FC001", "`role` is not what --batch-execution-role takes"),
        ({"schedule_role": "role"}, "FC001", "`role` is not what --schedule-role takes"),
        ({"compute": "docker"}, "FC001", "there is no compute `docker` on Step Functions"),
        *(({"max_concurrency": n}, "FC001", f"`{n}` is not a number of items") for n in ("0", "x", "10001", "")),
        (ECS | {"ecs_cluster": "a b"}, "FC001", "`a b` is not what --ecs-cluster takes"),
        (ECS | {"ecs_subnets": "subnet-1;subnet-2"}, "FC001", "is not what --ecs-subnets takes"),
        (ECS | {"ecs_public_ip": "yes"}, "FC001", "`yes` is not what --ecs-public-ip takes"),
        (ECS | {"ecs_subnets": None}, "FC001", "tasks on Fargate need --ecs-subnets"),
        (ECS | {"ecs_execution_role": None}, "FC001", "tasks on Fargate need --ecs-execution-role"),
        (ECS | {"ecs_launch_type": "EC2", "ecs_public_ip": "true"}, "FC001", "only tasks on Fargate get a public"),
        (LAMBDA | {"lambda_role": None}, "FC001", "functions of Lambda need --lambda-role"),
        (LAMBDA | {"lambda_role": "role"}, "FC001", "`role` is not what --lambda-role takes"),
        (LAMBDA | {"lambda_function": "a b"}, "FC001", "`a b` is not what --lambda-function takes"),
        (LAMBDA | {"image": "registry/flows:1"}, "FC001", "Lambda takes images from ECR only"),
    ],
)
def test_options_that_cannot_be_used(given, code, part):
    (diagnostic,) = checked(**given)
    assert diagnostic.code == code
    assert part in diagnostic.message


def test_name_of_a_step_that_is_too_long():
    long = step("s" * 81)
    (diagnostic,) = checked(flow_of(Task(step=long), steps=(long,)))
    assert (diagnostic.code, diagnostic.primary.span) == ("FC404", SPAN)


def test_a_fraction_of_a_cpu():
    half = step("start", cpu=0.5)
    (diagnostic,) = checked(flow_of(Task(step=half), steps=(half,)))
    assert (diagnostic.code, diagnostic.primary.span) == ("FC403", SPAN)
    assert "0.5" in diagnostic.message


def checked_step(given=None, **policy):
    """What is said of a flow of one step, with options."""
    only = step("start", **policy)
    return checked(flow_of(Task(step=only), steps=(only,)), **(given or {}))


def test_disk_is_passed_over_with_a_warning():
    (diagnostic,) = checked_step(disk_mib=500)
    assert (diagnostic.code, diagnostic.severity, diagnostic.primary.span) == ("FC408", Severity.WARNING, SPAN)


@pytest.mark.parametrize(
    "policy",
    [{"shared_memory_mib": 1}, *({"batch": b} for b in (EVERYTHING, Batch(image="x"), Batch(devices=("/dev/a",))))],
)
def test_a_definition_of_the_user_s_has_what_it_has(policy):
    own = step("start", **policy)
    flow = flow_of(Task(step=own), steps=(own,))
    (diagnostic,) = checked(flow, batch_job_definition="mine:7")
    assert (diagnostic.code, diagnostic.primary.span) == ("FC403", SPAN)
    assert checked(flow) == []


def test_queue_and_tags_do_not_need_a_definition():
    own = step("start", batch=Batch(queue="x", tags=(("a", "b"),)))
    assert checked(flow_of(Task(step=own), steps=(own,)), batch_job_definition="mine:7") == []


def test_fargate_lacks_what_machines_have():
    assert checked_step(batch=FARGATE) == []
    (diagnostic,) = checked_step(batch=replace(EVERYTHING, ephemeral_storage_gib=30), gpu=1)
    assert diagnostic.code == "FC403"
    for what in ("no GPUs", "no swap", "no file systems in memory", "no devices", "no folders of the machine"):
        assert what in diagnostic.message
    (diagnostic,) = checked_step(batch=replace(FARGATE, execution_role=None))
    assert "needs a role" in diagnostic.message
    only = step("start", batch=replace(FARGATE, execution_role=None))
    assert checked(flow_of(Task(step=only), steps=(only,)), batch_execution_role=ROLE) == []


def test_jobs_on_fargate_have_certain_sizes_and_log_drivers():
    (diagnostic,) = checked_step(batch=FARGATE, cpu=2, memory_mib=2048)
    assert (diagnostic.code, diagnostic.primary.span) == ("FC403", SPAN)
    assert "Fargate has no tasks with 2 CPUs and 2048 MiB" in diagnostic.message
    assert "cpu=2, memory=4096 or cpu=1, memory=2048" in diagnostic.help
    (diagnostic,) = checked_step(batch=replace(FARGATE, log_driver="syslog"))
    assert "no log driver `syslog`" in diagnostic.message
    assert checked_step(batch=replace(FARGATE, log_driver="splunk")) == []
    assert checked_step(batch=Batch(log_driver="syslog"), cpu=2, memory_mib=2048) == []


def test_definition_that_is_too_large():
    flow = flow_of(*(task(f"step_{i}") for i in range(1000)))
    assert checked(flow) == []
    (diagnostic,) = checked(flow_of(*(task(f"step_{i}") for i in range(1200))))
    assert diagnostic.code == "FC404"
    assert "Step Functions take 1,048,576" in diagnostic.message


def test_switches_and_loops_do_not_reach_emission():
    switch = Switch(decider=step("start"), on="x", cases=(("a", seq(task("a"))),), merge="end")
    loop = Loop(body=seq(), decider=step("start"), on="x", repeat=("a",), exit=None)
    for region in (switch, loop):
        with pytest.raises(ValueError, match="rejected before emission"):
            state_machine(flow_of(region), options())


def test_settings_are_the_fields_of_the_options():
    common = {f.name for f in fields(CompileOptions)}
    own = tuple(f.name for f in fields(TARGET.options) if f.name not in common)
    assert own == tuple(s.name for s in TARGET.settings)
    defaults = options()
    assert [getattr(defaults, s.name) for s in TARGET.settings] == [s.default for s in TARGET.settings]


# --- our own rules ---------------------------------------------------------------------------------------------------


def job(**fields):
    parameters = {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"}
    return {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": parameters, **fields}


def call(what, **parameters):
    return {"Type": "Task", "Resource": f"arn:aws:states:::{what}", "Parameters": parameters, "End": True}


def one(state):
    return {"StartAt": "a", "States": {"a": state}}


INLINE = {"ProcessorConfig": {"Mode": "INLINE"}, **one({"Type": "Pass", "End": True})}
TWICE = {"Type": "Parallel", "Branches": [one({"Type": "Pass", "End": True})], "End": True}


@pytest.mark.parametrize(
    ("machine", "problem"),
    [
        (one(job(Next="b")), "there is no state `b`"),
        (one(job()), "either a next state or an end"),
        (one(job(End=True, Next="a")), "either a next state or an end"),
        (one(job(End=True, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "b"}])), "there is no state `b`"),
        ({"StartAt": "b", "States": {"a": job(End=True)}}, "there is no state `b`"),
        ({"StartAt": "a", "States": {"a": job(End=True), "b": job(End=True)}}, "`b` cannot be reached"),
        (one(TWICE), "2 states are named `a`"),
        ({"StartAt": "a" * 81, "States": {"a" * 81: job(End=True)}}, "its name has 81 characters"),
        (one(job(End=True, Parameters={"JobName": "j", "JobDefinition": "d"})), "needs `JobQueue`"),
        (one(job(End=True) | {"Parameters": job()["Parameters"] | {"Queue": "q"}}), "no parameter `Queue`"),
        (one(job(End=True) | {"Parameters": job()["Parameters"] | {"JobName": "a b"}}), "not a job name"),
        (
            one(job(End=True) | {"Parameters": job()["Parameters"] | {"ContainerOverrides": {"Image": "i"}}}),
            "have no member `Image`",
        ),
        (one(call("ecs:runTask.sync", Cluster="c")), "RunTask needs `TaskDefinition`"),
        (one(call("ecs:runTask.sync", TaskDefinition="d", Tags=[])), "RunTask has no parameter `Tags`"),
        (
            one(call("ecs:runTask.sync", TaskDefinition="d", Overrides={"Image": "i"})),
            "Overrides have no member `Image`",
        ),
        (one(call("ecs:runTask.sync", TaskDefinition="d", Overrides={"Cpu": "1" * 8192})), "and ECS takes 8,192"),
        (one(call("lambda:invoke", FunctionName="f")), "Invoke needs `Payload`"),
        (one(call("lambda:invoke", FunctionName="f", Payload={}, LogType="x")), "Invoke has no parameter `LogType`"),
        (one(job(End=True, Retry=[{"ErrorEquals": ["x"], "IntervalSeconds": 0}])), "less than a second"),
        (one(job(End=True, Retry=[{"ErrorEquals": ["x"], "BackoffRate": 0.5}])), "backoff rate"),
        (one(job(End=True, Retry=[{"ErrorEquals": ["x"], "MaxAttempts": -1}])), "negative"),
        (one(job(End=True, Retry=[{"ErrorEquals": []}])), "names no error"),
        (one({"Type": "Map", "ItemReader": {}, "ItemProcessor": INLINE, "End": True}), "only a distributed Map"),
        (
            one(
                {
                    "Type": "Map",
                    "Label": "a b",
                    "ItemProcessor": INLINE | {"ProcessorConfig": {"Mode": "DISTRIBUTED"}},
                    "End": True,
                }
            ),
            "needs an execution type",
        ),
    ],
)
def test_rules_find(machine, problem):
    found = problems(machine, 1)
    assert any(problem in text for text in found), found


def test_rules_find_nothing_in_a_sound_machine():
    assert problems(one(job(End=True)), 1024 * 1024) == ()
    assert problems(one(job(End=True)), 1024 * 1024 + 1) != ()
