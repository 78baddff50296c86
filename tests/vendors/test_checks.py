"""The checks themselves: each finds what was planted for it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.vendors import aws, dags, machines, pods

Json = dict[str, Any]
ROLE = "arn:aws:iam::123456789012:role/flows"

REQUESTS: dict[str, tuple[str, Json]] = {
    "SubmitJob": (
        "batch",
        {
            "jobName": "Flow-start",
            "jobQueue": "flowc",
            "jobDefinition": "flowc-Flow-0a1b",
            "tags": {"team": "fraud"},
            "containerOverrides": {
                "environment": [{"name": "FLOWC_STEP", "value": "start"}],
                "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "4096"}],
            },
        },
    ),
    "RegisterJobDefinition": (
        "batch",
        {
            "jobDefinitionName": "flowc-Flow-0a1b",
            "type": "container",
            "containerProperties": {
                "image": "flows:1",
                "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "4096"}],
                "volumes": [{"name": "host-0", "host": {"sourcePath": "/data"}}],
                "mountPoints": [{"sourceVolume": "host-0", "containerPath": "/data"}],
                "linuxParameters": {"tmpfs": [{"containerPath": "/fast", "size": 64}]},
            },
        },
    ),
    "RunTask": (
        "ecs",
        {
            "cluster": "flowc",
            "taskDefinition": "flowc-Flow-0a1b",
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b"]}},
            "overrides": {"containerOverrides": [{"name": "flow", "environment": []}]},
        },
    ),
    "RegisterTaskDefinition": (
        "ecs",
        {
            "family": "flowc-Flow-0a1b",
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": ROLE,
            "containerDefinitions": [
                {"name": "flow", "image": "flows:1", "logConfiguration": {"logDriver": "awslogs"}},
            ],
        },
    ),
    "CreateFunction": (
        "lambda",
        {
            "FunctionName": "flows",
            "PackageType": "Image",
            "Code": {"ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/flows:1"},
            "Role": ROLE,
            "Timeout": 900,
            "MemorySize": 10_240,
        },
    ),
    "Invoke": ("lambda", {"FunctionName": "flows", "Payload": "{}"}),
}


def change(path: str, value: object) -> Callable[[Json], None]:
    """Sets what stands at a path, a number being that of an item; None takes it away."""

    def act(request: Json) -> None:
        *parents, last = (int(part) if part.isdecimal() else part for part in path.split("."))
        at: Any = request
        for part in parents:
            at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
        if value is None:
            del at[last]
        else:
            at[last] = value

    return act


@pytest.mark.parametrize("operation", REQUESTS)
def test_sound_requests(operation: str) -> None:
    service, request = REQUESTS[operation]
    assert aws.problems(service, operation, request) == []


@pytest.mark.parametrize(
    ("operation", "path", "value", "part"),
    [
        ("SubmitJob", "jobQueue", None, 'Missing required parameter in input: "jobQueue"'),
        ("SubmitJob", "queue", "flowc", 'Unknown parameter in input: "queue"'),
        ("SubmitJob", "containerOverrides.environment.0.value", 1, "Invalid type for parameter"),
        ("SubmitJob", "jobName", "Flow start", "is no name of a job"),
        ("SubmitJob", "jobName", "a" * 129, "is no name of a job"),
        ("SubmitJob", "containerOverrides.environment.0.value", "a" * 8192, "at most 8192 are allowed"),
        ("SubmitJob", "containerOverrides.environment.0.name", "AWS_BATCH_X", "Batch's own"),
        ("SubmitJob", "containerOverrides.resourceRequirements.0.type", "CPU", "none of ['GPU', 'VCPU', 'MEMORY']"),
        ("SubmitJob", "containerOverrides.resourceRequirements.0.type", "MEMORY", "asked for twice"),
        ("SubmitJob", "containerOverrides.resourceRequirements.0.value", "one", "VCPU cannot be 'one'"),
        ("SubmitJob", "tags.aws:team", "a", "no tag can have 'aws:team'"),
        ("SubmitJob", "tags.team", "a" * 257, "a length of 257, and at most 256"),
        ("SubmitJob", "tags", {str(n): "" for n in range(51)}, "a length of 51, and at most 50"),
        ("RegisterJobDefinition", "type", "pod", "which is none of ['container', 'multinode']"),
        ("RegisterJobDefinition", "containerProperties.image", "", "there is no image"),
        ("RegisterJobDefinition", "containerProperties.resourceRequirements", [], "how many CPUs"),
        ("RegisterJobDefinition", "containerProperties.volumes.0.name", "other", "not those that are mounted"),
        ("RegisterJobDefinition", "containerProperties.mountPoints.0.containerPath", "/fast", "mounted at one path"),
        ("RegisterJobDefinition", "containerProperties.mountPoints.0.containerPath", "data", "not all paths are abs"),
        ("RegisterJobDefinition", "containerProperties.linuxParameters.swappiness", 10, "without maxSwap"),
        ("RegisterJobDefinition", "containerProperties.ephemeralStorage", {"sizeInGiB": 30}, "only Fargate has a disk"),
        ("RegisterJobDefinition", "platformCapabilities", ["FARGATE"], "Fargate needs an execution role"),
        ("RegisterJobDefinition", "platformCapabilities", ["LAMBDA"], "'LAMBDA', which is none of"),
        ("RunTask", "networkConfiguration", None, "need a network"),
        ("RunTask", "launchType", "POD", "which is none of"),
        ("RunTask", "capacityProviderStrategy", [{"capacityProvider": "a"}], "either a launch type or a strategy"),
        ("RunTask", "overrides.cpu", "1" * 8192, "at most 8192 are allowed"),
        ("RegisterTaskDefinition", "family", "a b", "is no name of a family"),
        ("RegisterTaskDefinition", "networkMode", "host", "have the network mode awsvpc"),
        ("RegisterTaskDefinition", "cpu", None, "CPUs and memory"),
        ("RegisterTaskDefinition", "executionRoleArn", None, "needs an execution role"),
        ("CreateFunction", "Timeout", 901, "no invocation may take 901 s"),
        ("CreateFunction", "MemorySize", 127, "valid min value: 128"),
        ("CreateFunction", "Code.ImageUri", "flows:1", "images come from ECR"),
        ("CreateFunction", "Environment.Variables.AWS_REGION", "a", "AWS_REGION is Lambda's own"),
        ("CreateFunction", "PackageType", "Zap", "which is none of"),
        ("Invoke", "FunctionName", "my flows", "does not match"),
        ("Invoke", "Payload", "a" * 262_145, "at most 262144 are allowed"),
    ],
)
def test_unsound_requests(operation: str, path: str, value: object, part: str) -> None:
    service, request = copy.deepcopy(REQUESTS[operation])
    change(path, value)(request)
    found = aws.problems(service, operation, request)
    assert any(part in problem for problem in found), found


def machine(resource: str, parameters: Json) -> Json:
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    inner = {"StartAt": "a", "States": {"a": state}}
    return {"StartAt": "m", "States": {"m": {"Type": "Parallel", "Branches": [inner], "End": True}}}


SUBMIT = "arn:aws:states:::batch:submitJob.sync"


def test_requests_in_machines() -> None:
    given = {
        "JobName": "Flow-start",
        "JobQueue.$": "$.queue",
        "JobDefinition": "d",
        "Tags": {"Team": "fraud"},
        "ContainerOverrides": {"Environment.$": "$.told"},
    }
    (request,) = machines.requests(machine(SUBMIT, given))
    assert request.problems == ()
    assert (request.state, request.service, request.operation) == ("a", "batch", "submitJob")
    assert request.parameters == {
        "jobName": "Flow-start",
        "jobQueue": "unknown",
        "jobDefinition": "d",
        "tags": {"Team": "fraud"},
        "containerOverrides": {"environment": []},
    }
    assert machines.problems(machine(SUBMIT, given)) == []
    found = machines.problems(machine(SUBMIT, {**given, "ContainerOverrides": {"Env": []}, "Queue": "a"}))
    assert [p.partition(" is not")[0] for p in found] == ["state `a`: .ContainerOverrides.Env", "state `a`: .Queue"]
    (missing,) = machines.problems(machine("arn:aws:states:::ecs:runTask.sync", {"Cluster": "a"}))
    assert 'Missing required parameter in input: "taskDefinition"' in missing


def test_a_payload_is_an_object_in_a_machine() -> None:
    given = {"FunctionName": "flows", "Payload": {"FLOWC_STEP": "start"}}
    (request,) = machines.requests(machine("arn:aws:states:::lambda:invoke", given))
    assert json.loads(request.parameters["Payload"]) == given["Payload"]


DAG = """
from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.sdk import DAG, task

@task(task_id="definitions")
def register():
    raise AssertionError("runs in a task only")

def job_definitions(region):
    return [{{"jobDefinitionName": "d", "type": "container", "containerProperties": {{"image": "{image}",
        "resourceRequirements": [{{"type": "VCPU", "value": "1"}}, {{"type": "MEMORY", "value": "4"}}]}}}}]

with DAG("Flow", default_args={{"job_queue": "q", "job_definition": "d", "job_name": "a-{{{{ ti.task_id }}}}"}}):
    start = BatchOperator(task_id="start", tags={tags})
    items = register.override(task_id="items")(start)
    told = items.map(lambda path: {{"container_overrides": {{"environment": [{{"name": "P", "value": path}}]}}}})
    work = BatchOperator.partial(task_id="work")
    told = items.map(lambda path: {{"container_overrides": {{"environment": [{{"name": "P", "value": path}}]}}}})
    register() >> start >> work.expand_kwargs(told)
"""


def test_requests_in_dags() -> None:
    text = DAG.format(image="flows:1", tags={"team": "fraud"})
    register, start, work = dags.requests(text)
    assert register[:2] == ("batch", "RegisterJobDefinition")
    known = {"jobQueue": "q", "jobDefinition": "d", "jobName": "a-{{ ti.task_id }}"}
    assert start == ("batch", "SubmitJob", {**known, "tags": {"team": "fraud"}})
    assert work[2] == {**known, "containerOverrides": {"environment": [{"name": "P", "value": "0"}]}}
    assert dags.problems(text) == []
    assert len(dags.problems(DAG.format(image="", tags={"aws:team": "fraud"}))) == 2


POD: Json = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "flow-start-0a1b", "namespace": "flows", "labels": {"team": "fraud"}, "annotations": {}},
    "spec": {
        "containers": [
            {
                "name": "base",
                "image": "flows:1",
                "env": [{"name": "FLOWC_STEP", "value": "start"}],
                "resources": {
                    "requests": {"cpu": "500m", "memory": "1Gi", "nvidia.com/gpu": "1"},
                    "limits": {"memory": "1024Mi", "nvidia.com/gpu": "1"},
                },
                "securityContext": {"runAsUser": 1000},
                "volumeMounts": [{"name": "tmpfs", "mountPath": "/fast"}],
            }
        ],
        "volumes": [{"name": "tmpfs", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}],
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}],
        "nodeSelector": {"pool": "gpu"},
        "serviceAccountName": "flows",
        "imagePullSecrets": [{"name": "registry"}],
    },
}


def test_a_sound_pod() -> None:
    assert pods.problems(POD) == []


CONTAINER = "spec.containers.0"


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        ("spec.containers", None, "'containers' is a required property"),
        ("spec.tolerations.0.seconds", 60, "'seconds' was unexpected"),
        (f"{CONTAINER}.securityContext.runAsUser", "root", "'root' is not of type 'integer'"),
        (f"{CONTAINER}.securityContext", {"runAsUser": 0, "runAsNonRoot": True}, "root is not another user"),
        ("metadata.name", "Flow_start", "is no name of a pod"),
        ("metadata.namespace", "a.b", "is no name of a namespace"),
        ("metadata.labels.team", "a b", "the label 'team' cannot be 'a b'"),
        ("metadata.labels.a/b/c", "", "'a/b/c' is no key"),
        ("metadata.annotations.a", "a" * 262_144, "the annotations are too large"),
        ("spec.nodeSelector.pool", "a b", "no node is pool=a b"),
        ("spec.serviceAccountName", "Flows", "'Flows' is no name of an object"),
        ("spec.imagePullSecrets.0.name", "a_b", "'a_b' is no name of an object"),
        ("spec.tolerations.0.operator", "In", "no toleration has the operator 'In'"),
        ("spec.tolerations.0.value", "a", "`Exists` does not look at"),
        ("spec.tolerations.0.effect", "NoSchedule", "only NoExecute has seconds"),
        ("spec.tolerations.0", {"value": "a"}, "without a key"),
        ("spec.volumes.0.name", "a_b", "is no name of a volume"),
        ("spec.volumes.0.name", "other", "there is no volume 'tmpfs'"),
        (f"{CONTAINER}.volumeMounts.0.mountPath", "fast", "nothing can be mounted at 'fast'"),
        (f"{CONTAINER}.image", "", "there is no image"),
        (f"{CONTAINER}.env.0.name", "A=B", "'A=B' is no name of a variable"),
        (f"{CONTAINER}.env", [{"name": "A"}, {"name": "A"}], "variables are set twice"),
        (f"{CONTAINER}.resources.requests.cpu", "1 core", "'1 core' is no quantity"),
        (f"{CONTAINER}.resources.requests.memory", "1025Mi", "more memory is asked for than the limit"),
        (f"{CONTAINER}.resources.limits", {}, "nvidia.com/gpu needs a limit"),
        (f"{CONTAINER}.resources.limits.nvidia.com/gpu", "0.5", "comes in whole ones"),
    ],
)
def test_unsound_pods(path: str, value: object, part: str) -> None:
    pod = copy.deepcopy(POD)
    if path.endswith("nvidia.com/gpu"):
        pod["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] = value
    else:
        change(path, value)(pod)
    found = pods.problems(pod)
    assert any(part in problem for problem in found), found
