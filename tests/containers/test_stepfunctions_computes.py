"""Tasks of ECS and functions of Lambda as containers of the step-runner image."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowc import Run
from flowc.compiler import compile_program
from flowc.simulate.engines import on_stepfunctions
from flowc.simulate.stepfunctions import AwsServer
from flowc.store.opening import open_store
from flowc.targets.registry import load_target
from tests.conformance.engines import program
from tests.containers.conftest import BUCKET

FLOWS = Path(__file__).parent / "flows"
ROLE = "arn:aws:iam::123456789012:role/flows"
IN_ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/flowc-test-runner:latest"
COMPUTES = {
    "ecs": {"ecs_subnets": "subnet-1", "ecs_execution_role": ROLE},
    "lambda": {"lambda_role": ROLE},
}


@pytest.fixture(scope="module")
def image_in_ecr(image: str) -> Iterator[str]:
    """The image by a name that functions can be made of."""
    subprocess.run(["podman", "tag", image, IN_ECR], check=True)
    yield IN_ECR
    subprocess.run(["podman", "untag", image, IN_ECR], check=True)


@pytest.mark.parametrize("compute", COMPUTES)
def test_a_run(
    compute: str, aws: AwsServer, image_in_ecr: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a function only `/tmp` can be written to; there are temporary files and the code package all the same."""
    for name, value in aws.env.items():
        monkeypatch.setenv(name, value)
    flow, url = program(FLOWS / "writing.py"), f"s3://{BUCKET}/{compute}"
    settings = {"compute": compute, **COMPUTES[compute]}
    target = load_target("stepfunctions")
    compiled, found = compile_program(flow, target, store=url, image=image_in_ecr, settings=settings)
    assert compiled is not None, found
    run_id = f"{compute}-{os.urandom(4).hex()}"
    store = open_store(url, aws.env)
    ended = on_stepfunctions(aws, flow, compiled, store=store, run_id=run_id, parameters={}, folder=tmp_path)
    assert ended.succeeded, (ended.reason, [(p.step, p.exit_code, p.tail) for p in ended.processes])
    run = Run(f"Writing/{run_id}", url)
    assert run.data.written == ["0", "1"]
    assert run.data.is_read_only is (compute == "lambda")
    assert [p.tail for p in ended.processes if p.step == "write"] == ["in a file\n"] * 2
