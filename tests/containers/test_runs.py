"""Flows whose tasks are containers of the step-runner image, on both schedulers: they do what processes do."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from flowc import Run
from flowc.compiler import compile_program
from flowc.contract import RUNNER
from flowc.package import build_package, upload_package
from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.engines import Simulated, on_airflow, on_stepfunctions
from flowc.simulate.stepfunctions import AwsServer
from flowc.store.opening import open_store
from flowc.targets.registry import load_target
from tests.cli.flowc import EXAMPLES, flowc
from tests.conformance.engines import program
from tests.containers.conftest import BUCKET
from tests.secret_values import keep_secrets

FLOWS = Path(__file__).parent / "flows"
URL = f"s3://{BUCKET}/store"

Start = Callable[..., Simulated]

COMPUTES = {
    "batch": ("stepfunctions", {}),
    "docker": ("airflow", {"compute": "docker", "docker_network": "host"}),
    "pod": ("airflow", {}),
}
"""What tasks are, on which target, by which settings."""


@pytest.fixture(params=COMPUTES)
def start(
    request: pytest.FixtureRequest,
    aws: AwsServer,
    airflow: AirflowDriver,
    image: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Start:
    """Compiles a flow and runs it to its end, in containers of an image."""
    target, settings = COMPUTES[request.param]
    for name, value in aws.env.items():
        monkeypatch.setenv(name, value)

    def run(file: Path, parameters: Mapping[str, Any] | None = None) -> Simulated:
        flow = program(file)
        compiled, found = compile_program(flow, load_target(target), store=URL, image=image, settings=settings)
        assert compiled is not None, found
        given: dict[str, Any] = {
            "store": open_store(URL, aws.env),
            "run_id": f"{request.param}-{os.urandom(4).hex()}",
            "parameters": parameters or {},
            "folder": tmp_path,
        }
        if target == "airflow":
            return on_airflow(airflow, flow, compiled, environment=aws.env, containers=True, **given)
        return on_stepfunctions(aws, flow, compiled, **given)

    return run


def opened(simulated: Simulated, flow: str) -> Run:
    """The run, which has to have succeeded."""
    assert simulated.succeeded, (simulated.reason, [(p.step, p.exit_code, p.tail) for p in simulated.processes])
    return Run(f"{flow}/{simulated.run}", URL)


def test_model_search(start: Start) -> None:
    """Foreach, branches and joins, with arrays and a fitted model in the store."""
    run = opened(start(EXAMPLES / "model_search.py", {"grid": {"C": [1, 10], "gamma": [0.001]}}), "ModelSearch")
    assert run.data.best_parameters == {"C": 10, "gamma": 0.001}
    assert run.data.test_accuracy > 0.9


def test_memory(start: Start) -> None:
    """Who takes more memory than `@resources` gave is killed, and the run says why."""
    run = opened(start(FLOWS / "hungry.py"), "Hungry")
    assert "out of memory" in run.data.said
    assert "128 MiB" in run.data.said
    assert "eating" in run["eat"].task.log


def test_environment(start: Start, aws: AwsServer) -> None:
    """What a step is given arrives: its own variables, secrets, shared memory and processors."""
    keep_secrets({"database": json.dumps({"PASSWORD": "open {{ sesame }} $HOME"})}, aws.env)
    run = opened(start(FLOWS / "surroundings.py"), "Surroundings")
    assert run.data.own == "quoted \"'$(HOME) $$ {{ x }}\n"
    assert run.data.password_length == len("open {{ sesame }} $HOME")
    # podman gives a pod's volumes in memory no limit
    assert run.data.shared_mib == 100 or run.id.startswith("pod")
    assert run.data.user != 0


def test_told_to_end(aws: AwsServer, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that is stopped, as a machine that goes stops it, tidies up, and leaves a record and its output."""
    for name, value in aws.env.items():
        monkeypatch.setenv(name, value)
    flow = program(FLOWS / "patient.py")
    store = open_store(URL, aws.env)
    package = build_package(flow.plan, flow.folder)
    upload_package(store, "Patient", package)
    variables = {
        **aws.env,
        "FLOWC_STORE": URL,
        "FLOWC_FLOW": "Patient",
        "FLOWC_CODE": package.code,
        "FLOWC_RUN": "stopped",
        "FLOWC_STEP": "start",
        "FLOWC_ATTEMPT": "first",
        "FLOWC_ENGINE": "stepfunctions",
    }
    names = [word for name in variables for word in ("--env", name)]
    container = f"flowc-test-{os.urandom(4).hex()}"
    command = ["podman", "run", "--name", container, "--network", "host", *names, image, *RUNNER]
    process = subprocess.Popen(command, env=os.environ | variables, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "waiting\n"
        subprocess.run(["podman", "stop", container], check=True, capture_output=True)
        rest = process.stdout.read()
        assert process.wait(60) == 143
    finally:
        process.stdout.close()
        subprocess.run(["podman", "rm", "--force", container], check=False, capture_output=True)
    assert rest.startswith("tidied\n")
    task = Run("Patient/stopped", URL)["start"].task
    assert task.log == f"waiting\n{rest}"
    assert task.exception["type"] == "terminated"  # type: ignore[index]
    assert not task.successful


def test_simulate(aws: AwsServer, image: str, tmp_path: Path) -> None:
    """The command, with containers: the state machine of a flow, in an S3 of its own."""
    words = ("--target", "stepfunctions", "--image", image, "--containers")
    result = flowc("simulate", FLOWS / "who.py", *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "user is 10001" in result.stdout
