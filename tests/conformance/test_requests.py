"""What the schedulers ask of their clusters when a compiled flow runs, as the cluster hears it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from flowc.package import upload_package
from flowc.simulate.airflow import AirflowDriver, AirflowPod
from flowc.simulate.stepfunctions import AwsServer
from flowc.store.opening import open_store
from tests.conformance import engines
from tests.conformance.conftest import BUCKET
from tests.conformance.expectations import FLOWS
from tests.vendors.pods import problems

FLOW = FLOWS / "resources.py"


def pods_of(file: Path, airflow: AirflowDriver, folder: Path) -> Mapping[str, AirflowPod]:
    """The pods of a flow's run, the last one of each step."""
    flow = engines.program(file)
    url = (folder / "store").as_uri()
    made = engines.compiled(flow, "airflow", url)
    (definition,) = made.definition
    (folder / definition.name).write_bytes(definition.data)
    upload_package(open_store(url), flow.flow.name, made.code)
    result = airflow.run(
        folder / definition.name,
        dag_id=flow.flow.name,
        run_id=f"requests-of-{file.stem}",
        runner=[sys.executable],
        log_dir=folder / "logs",
    )
    assert result.state == "success"
    assert [problem for pod in result.pods for problem in problems(pod.body)] == []
    return {pod.env["FLOWC_STEP"]: pod for pod in result.pods}


@pytest.mark.airflow
def test_pods_ask_for_the_resources_of_their_steps(airflow: AirflowDriver, tmp_path: Path) -> None:
    pods = pods_of(FLOW, airflow, tmp_path)
    assert {step: pod.resources for step, pod in pods.items()} == {
        "start": {"requests": {"cpu": "1", "memory": "2048Mi"}, "limits": {"memory": "2048Mi"}},
        "fit": {
            "requests": {"cpu": "2", "memory": "16384Mi"},
            "limits": {"memory": "16384Mi", "nvidia.com/gpu": "1"},
        },
        "join": {"requests": {"cpu": "4", "memory": "4096Mi"}, "limits": {"memory": "4096Mi"}},
        "end": {"requests": {"cpu": "1", "memory": "4096Mi"}, "limits": {"memory": "4096Mi"}},
    }


@pytest.mark.airflow
def test_pods_ask_for_disk_and_shared_memory(airflow: AirflowDriver, tmp_path: Path) -> None:
    pods = pods_of(FLOWS / "shared.py", airflow, tmp_path)
    assert pods["start"].resources["requests"] == {"cpu": "1", "memory": "512Mi", "ephemeral-storage": "2048Mi"}
    for step, size in (("start", "64Mi"), ("work", "128Mi")):
        spec = pods[step].body["spec"]
        assert spec["volumes"] == [{"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": size}}]
        assert spec["containers"][0]["volumeMounts"] == [{"name": "shared-memory", "mountPath": "/dev/shm"}]
    assert not pods["join"].body["spec"].get("volumes")


@pytest.mark.airflow
def test_pods_are_made_as_their_steps_say(airflow: AirflowDriver, tmp_path: Path) -> None:
    pods = pods_of(FLOWS / "on_kubernetes.py", airflow, tmp_path)
    start, fit, end = (pods[step].body for step in ("start", "fit", "end"))
    (container,) = start["spec"]["containers"]
    assert (container["image"], container["imagePullPolicy"]) == ("team/start:1", "Always")
    assert container["envFrom"] == [{"secretRef": {"name": "warehouse"}}]
    assert container["securityContext"] == {"runAsUser": 1000, "runAsNonRoot": True}
    assert container["volumeMounts"] == [
        {"name": "tmpfs", "mountPath": "/metaflow_temp"},
        {"name": "claim-0", "mountPath": "/models"},
    ]
    spec = start["spec"]
    assert spec["volumes"] == [
        {"name": "tmpfs", "emptyDir": {"medium": "Memory", "sizeLimit": "512Mi"}},
        {"name": "claim-0", "persistentVolumeClaim": {"claimName": "models.v1"}},
    ]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["serviceAccountName"] == "starter"
    assert spec["nodeSelector"] == {"pool": "cpu", "disk": "ssd"}
    assert spec["tolerations"] == [
        {"key": "spot", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60},
    ]
    metadata = start["metadata"]
    assert metadata["namespace"] == "flows"
    assert metadata["labels"]["team"] == "fraud"
    assert metadata["annotations"]["team/contact"] == "fraud@example.com, 'Tür' \"3\""
    assert pods["fit"].resources == {
        "requests": {"cpu": "2", "memory": "2048Mi"},
        "limits": {"cpu": "2", "memory": "2048Mi", "amd.com/gpu": "1"},
    }
    assert fit["spec"]["containers"][0]["volumeMounts"] == [{"name": "shared-memory", "mountPath": "/dev/shm"}]
    assert pods["join"].body["spec"]["containers"][0]["volumeMounts"] == [{"name": "tmpfs", "mountPath": "/var/tmp"}]
    assert end["spec"]["containers"][0]["image"] == engines.IMAGE
    assert end["metadata"]["namespace"] != "flows"


@pytest.mark.stepfunctions
def test_jobs_are_made_as_their_steps_say(aws: AwsServer, tmp_path: Path) -> None:
    flow = engines.program(FLOWS / "on_batch.py")
    batch = aws.client("batch")
    for run in ("first", "second"):
        result = engines.run_stepfunctions(aws, flow, f"s3://{BUCKET}/made", run, {}, tmp_path / run)
        assert result.succeeded, result.reason
    active = batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    store = {"name": "FLOWC_STORE", "value": f"s3://{BUCKET}/made"}  # others have registered theirs on this server
    own = {d["jobDefinitionName"]: d for d in active if store in d["containerProperties"].get("environment", [])}
    assert len(own) == 4 and {d["revision"] for d in own.values()} == {1}, "each is registered once"
    by_image = {d["containerProperties"]["image"]: d for d in own.values()}
    start = by_image["team/start:1"]
    container = start["containerProperties"]
    assert start["propagateTags"] is True
    assert container["jobRoleArn"] == "arn:aws:iam::123456789012:role/starter"
    assert container["executionRoleArn"] == "arn:aws:iam::123456789012:role/puller"
    assert container["linuxParameters"] == {
        "maxSwap": 512,
        "swappiness": 10,
        "tmpfs": [{"containerPath": "/scratch", "size": 512, "mountOptions": ["noexec"]}],
    }
    assert container["logConfiguration"] == {"logDriver": "awslogs", "options": {"awslogs-group": "/flows"}}
    assert {v["name"] for v in container["volumes"]} == {"host-0", "fs-12345678"}
    assert container["mountPoints"] == [
        {"sourceVolume": "host-0", "containerPath": "/data"},
        {"sourceVolume": "fs-12345678", "containerPath": "/mnt/fs-12345678"},
    ]
    tmpfs = [d["containerProperties"].get("linuxParameters", {}).get("tmpfs", []) for d in own.values()]
    assert {(t["containerPath"], t["size"]) for found in tmpfs for t in found} == {("/scratch", 512), ("/var/tmp", 64)}
    shared = [d["containerProperties"].get("linuxParameters", {}).get("sharedMemorySize") for d in own.values()]
    assert sorted(filter(None, shared)) == [256]
    jobs = batch.list_jobs(jobQueue="quick", jobStatus="SUCCEEDED")["jobSummaryList"]
    described = batch.describe_jobs(jobs=[job["jobId"] for job in jobs])["jobs"]
    made = [job["jobName"] for job in described if job["jobDefinition"] == start["jobDefinitionArn"]]
    assert made == ["OnBatch-start", "OnBatch-start"]


@pytest.mark.stepfunctions
def test_jobs_ask_for_the_resources_of_their_steps(aws: AwsServer, tmp_path: Path) -> None:
    flow = engines.program(FLOW)
    result = engines.run_stepfunctions(aws, flow, f"s3://{BUCKET}/requests", "resources", {}, tmp_path)
    assert result.succeeded, result.reason
    batch = aws.client("batch")
    jobs = batch.list_jobs(jobQueue="flowc", jobStatus="SUCCEEDED")["jobSummaryList"]
    own = [job["jobId"] for job in jobs if job["jobName"].startswith("Resources-")]
    asked = {}
    for job in batch.describe_jobs(jobs=own)["jobs"]:
        needs = {r["type"]: r["value"] for r in job["container"]["resourceRequirements"]}
        asked[job["jobName"].removeprefix("Resources-")] = needs
    assert asked == {
        "start": {"VCPU": "1", "MEMORY": "2048"},
        "fit": {"VCPU": "2", "MEMORY": "16384", "GPU": "1"},
        "join": {"VCPU": "4", "MEMORY": "4096"},
        "end": {"VCPU": "1", "MEMORY": "4096"},
    }
