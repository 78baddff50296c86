"""A container engine, its service, and the servers that containers reach; see `prepare.sh` for what has to stand."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.stepfunctions import AwsServer
from tests.cli.flowc import EXAMPLES, flowc

BUCKET = "containers"
IMAGE = "localhost/flowc-test-runner:latest"
BASE_VARIABLE = "FLOWC_TEST_BASE"


@pytest.fixture(scope="session")
def base_image() -> str:
    """The image that has this system's Python and nothing else."""
    found = os.environ.get(BASE_VARIABLE)
    assert found, "these tests need what `make test-containers` prepares"
    return found


@pytest.fixture(scope="session")
def image(base_image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The step-runner image, with what the example flows import."""
    folder = tmp_path_factory.mktemp("image")
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(f"{name}=={version(name)}\n" for name in ("numpy", "scikit-learn")))
    words = ("--engine", "podman", "--base", base_image, "--tag", IMAGE, "--for", EXAMPLES / "model_search.py")
    built = flowc("image", "build", *words, "--requirements", requirements, cwd=folder)
    assert built.returncode == 0, built.stderr
    return IMAGE


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    """The URL of a service that podman offers in place of Docker's."""
    with tempfile.TemporaryDirectory(prefix="flowc-podman-") as folder:
        path = Path(folder, "socket")
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(
                ["podman", "system", "service", "--time", "0", f"unix://{path}"],
                cwd=folder,  # its monitor of control groups leaves a file behind
                stdout=log,
                stderr=log,
            )
        try:
            _await(path, process)
            yield f"unix://{path}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _await(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens."""
    while True:
        assert process.poll() is None, path.with_name("log").read_text()
        with socket.socket(socket.AF_UNIX) as there:
            try:
                there.connect(str(path))
            except (FileNotFoundError, ConnectionRefusedError):
                continue
        return


@pytest.fixture(scope="session")
def docker_host(service: str) -> Iterator[str]:
    """`DOCKER_HOST` names the service, for this process and those that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", service)
        yield service


@pytest.fixture(scope="session")
def aws(docker_host: str) -> Iterator[AwsServer]:
    """Step Functions and S3, and Batch whose jobs are containers."""
    with AwsServer(containers=True) as server:
        server.create_bucket(BUCKET)
        yield server


@pytest.fixture(scope="session")
def airflow(docker_host: str) -> Iterator[AirflowDriver]:
    """A running Airflow, which reaches the engine."""
    with AirflowDriver() as driver:
        yield driver
