"""What the schedulers ask of their clusters when a compiled flow runs, as the cluster hears it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flowc.package import upload_package
from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.stepfunctions import AwsServer
from flowc.store.opening import open_store
from tests.conformance import engines
from tests.conformance.conftest import BUCKET
from tests.conformance.expectations import FLOWS

FLOW = FLOWS / "resources.py"


@pytest.mark.airflow
def test_pods_ask_for_the_resources_of_their_steps(airflow: AirflowDriver, tmp_path: Path) -> None:
    flow = engines.program(FLOW)
    url = (tmp_path / "store").as_uri()
    made = engines.compiled(flow, "airflow", url)
    (definition,) = made.definition
    (tmp_path / definition.name).write_bytes(definition.data)
    upload_package(open_store(url), flow.flow.name, made.code)
    result = airflow.run(
        tmp_path / definition.name,
        dag_id=flow.flow.name,
        run_id="resources",
        runner=[sys.executable],
        log_dir=tmp_path / "logs",
    )
    assert result.state == "success"
    assert {pod.env["FLOWC_STEP"]: pod.resources for pod in result.pods} == {
        "start": {"requests": {"cpu": "1", "memory": "2048Mi"}, "limits": {"memory": "2048Mi"}},
        "fit": {
            "requests": {"cpu": "2", "memory": "16384Mi"},
            "limits": {"memory": "16384Mi", "nvidia.com/gpu": "1"},
        },
        "join": {"requests": {"cpu": "4", "memory": "4096Mi"}, "limits": {"memory": "4096Mi"}},
        "end": {"requests": {"cpu": "1", "memory": "4096Mi"}, "limits": {"memory": "4096Mi"}},
    }


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
