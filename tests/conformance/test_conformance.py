"""Every flow, on every engine, with the same results: the literal ones in its own file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from flowc import Run
from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.stepfunctions import AwsServer
from flowc.store.opening import open_store
from tests.conformance import engines, expectations
from tests.conformance.conftest import BUCKET
from tests.conformance.expectations import FLOWS, Case, cases_on, check
from tests.secret_values import keep_secrets


def cases(engine: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases_on(engine), ids=lambda case: case.name)


ON_COMPUTES = ("failing", "included", "parameters", "retried")
"""The flows that every compute of Airflow's is given, beside the one that all flows are given."""

COMPUTES = ("docker", "batch", "ecs", "local")
ON_COMPUTE = [(c, f) for c in COMPUTES for f in cases_on("airflow") if f.name in ON_COMPUTES]
ON_COMPUTE += [("docker", f) for f in cases_on("airflow") if f.name == "mixed_nesting"]

ON_AWS = {
    "ecs": {
        "ecs_subnets": "subnet-0a1b",
        "ecs_execution_role": "arn:aws:iam::123456789012:role/puller",
    },
    "lambda": {
        "lambda_role": "arn:aws:iam::123456789012:role/tasks",
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/flows:1",
    },
}
"""What the computes of Step Functions need beside their names."""

ON_STEP_FUNCTIONS = ("failing", "included", "mixed_nesting", "on_batch", "parameters", "retried")
"""The flows that each of them is given; one has steps on another."""

STORES = pytest.mark.parametrize("kind", ["directory", "s3"])


@pytest.fixture
def environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The `AWS_*` variables for store and secrets; the client reads them from this process's environment."""
    params = request.node.callspec.params
    secrets = params["case"].expected.get("secrets", {})
    is_in_aws = params.get("kind") != "directory" or secrets
    found: dict[str, str] = request.getfixturevalue("aws").env if is_in_aws else {}
    keep_secrets(secrets, found)
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def store_url(kind: str, engine: str, tmp_path: Path) -> str:
    return f"s3://{BUCKET}/{engine}/of stores" if kind == "s3" else (tmp_path / "a store").as_uri()


def given(case: Case, url: str, environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """What a run is started with; files lie under a name that templates, shells and URLs might trip over."""
    found = dict(case.expected.get("parameters", {}))
    for name, path in case.expected.get("files", {}).items():
        data, place = (FLOWS / path).read_bytes(), f"giv en {{{{ ds }}}} $HOME 'ünï' %20/{Path(path).name}"
        if url.startswith("s3://"):
            open_store(f"s3://{BUCKET}", environment).write(place, [data])
            found[name] = f"s3://{BUCKET}/{place}"
        else:
            (folder / place).parent.mkdir(exist_ok=True)
            (folder / place).write_bytes(data)
            found[name] = (folder / place).as_uri()
    return found


@cases("local")
@STORES
def test_local(case: Case, kind: str, environment: dict[str, str], tmp_path: Path) -> None:
    url = store_url(kind, "local", tmp_path)
    run = engines.run_local(case.file, url, given(case, url, environment, tmp_path), environment)
    check(Run(f"{case.flow}/{run}", url), case)


@cases("airflow")
@STORES
@pytest.mark.airflow
def test_airflow(case: Case, kind: str, environment: dict[str, str], airflow: AirflowDriver, tmp_path: Path) -> None:
    url = store_url(kind, "airflow", tmp_path)
    # as Airflow names a manual run; the characters are not those of a key
    run_id = f"manual__2026-11-30T12:00:00+00:00_{kind}"
    flow = engines.program(case.file)
    parameters = given(case, url, environment, tmp_path)
    result = engines.run_airflow(airflow, flow, url, run_id, parameters, environment, tmp_path / "out")
    assert result.succeeded is (case.expected["state"] == "succeeded"), result.reason
    check(Run(f"{case.flow}/{flow.flow.run_id_prefix}{run_id}", url), case)


@pytest.mark.airflow
def test_pods_that_the_triggerer_waits_for(airflow: AirflowDriver, tmp_path: Path) -> None:
    (case,) = (c for c in expectations.cases() if c.name == "only_step")
    url = (tmp_path / "store").as_uri()
    flow = engines.program(case.file)
    result = engines.run_airflow(
        airflow, flow, url, "deferred", case.expected["parameters"], {}, tmp_path / "out", deferrable="true"
    )
    assert result.succeeded, result.reason
    assert "running trigger in line" in (tmp_path / "out" / "logs" / "airflow.log").read_text()
    check(Run(f"{case.flow}/deferred", url), case)


@pytest.mark.airflow
def test_jobs_beside_pods(airflow: AirflowDriver, aws: AwsServer, tmp_path: Path, monkeypatch: Any) -> None:
    (case,) = (c for c in expectations.cases() if c.name == "on_batch")
    for name, value in aws.env.items():
        monkeypatch.setenv(name, value)
    url = f"s3://{BUCKET}/airflow/mixed"
    flow = engines.program(case.file)
    result = engines.run_airflow(airflow, flow, url, "one", {}, aws.env, tmp_path, aws)
    assert result.succeeded, result.reason
    assert [p.step for p in result.processes] == ["end", "start", "fit", "fit", "join"]  # the pod first
    check(Run(f"{case.flow}/one", url), case)


@pytest.mark.parametrize(("compute", "case"), ON_COMPUTE, ids=lambda part: getattr(part, "name", part))
@pytest.mark.airflow
def test_computes_of_airflow(
    case: Case, compute: str, environment: dict[str, str], airflow: AirflowDriver, aws: AwsServer, tmp_path: Path
) -> None:
    url = store_url("s3", f"airflow/{compute}", tmp_path)
    flow = engines.program(case.file)
    parameters = given(case, url, environment, tmp_path)
    run_id = f"manual__2026-11-30T12:00:00+00:00_{case.name}"
    on_fargate = {
        "ecs_subnets": "subnet-0a1b",
        "ecs_execution_role": "arn:aws:iam::123456789012:role/puller",
    }
    settings = {"compute": compute, "max_concurrency": "2", **(on_fargate if compute == "ecs" else {})}
    folder = tmp_path / "out"
    result = engines.run_airflow(airflow, flow, url, run_id, parameters, environment, folder, aws, **settings)
    assert result.succeeded is (case.expected["state"] == "succeeded"), result.reason
    check(Run(f"{case.flow}/{flow.flow.run_id_prefix}{run_id}", url), case)
    said = (folder / "logs" / "airflow.log").read_text()
    for process in result.processes:
        # what a task prints reaches the scheduler's log
        assert all(line in said for line in process.tail.splitlines()), process


@cases("stepfunctions")
@pytest.mark.stepfunctions
def test_stepfunctions(case: Case, environment: dict[str, str], aws: AwsServer, tmp_path: Path) -> None:
    url = store_url("s3", "stepfunctions", tmp_path).replace(" ", "-")
    flow = engines.program(case.file)
    run_id = f"run-{os.urandom(4).hex()}"
    parameters = given(case, url, environment, tmp_path)
    result = engines.run_stepfunctions(aws, flow, url, run_id, parameters, tmp_path / "out")
    assert result.succeeded is (case.expected["state"] == "succeeded"), result.reason
    check(Run(f"{case.flow}/{flow.flow.run_id_prefix}{run_id}", url), case)


@pytest.mark.parametrize("compute", ON_AWS)
@pytest.mark.parametrize(
    "case", [c for c in cases_on("stepfunctions") if c.name in ON_STEP_FUNCTIONS], ids=lambda case: case.name
)
@pytest.mark.stepfunctions
def test_computes_of_stepfunctions(
    case: Case, compute: str, environment: dict[str, str], aws: AwsServer, tmp_path: Path
) -> None:
    url = store_url("s3", f"stepfunctions/{compute}", tmp_path).replace(" ", "-")
    flow = engines.program(case.file)
    parameters = given(case, url, environment, tmp_path)
    folder, settings = tmp_path / "out", {"compute": compute, "max_concurrency": "2", **ON_AWS[compute]}
    result = engines.run_stepfunctions(aws, flow, url, f"run-{compute}", parameters, folder, **settings)
    assert result.succeeded is (case.expected["state"] == "succeeded"), result.reason
    check(Run(f"{case.flow}/{flow.flow.run_id_prefix}run-{compute}", url), case)
