"""What is generated, against what the vendors have published: goldens, and every conformance flow on every compute."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from flowc.compiler import compile_program
from flowc.targets.registry import load_target
from tests.conformance import engines
from tests.conformance.expectations import Case, cases
from tests.vendors import aws, dags, machines

ROOT = Path(__file__).parents[1] / "golden"
GOLDENS = sorted(path for path in ROOT.glob("*/*/*") if path.is_file())
ROLE = "arn:aws:iam::123456789012:role/flows"
ON_ECS = {"compute": "ecs", "ecs_subnets": "subnet-0a1b", "ecs_execution_role": ROLE}
COMPUTES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "airflow": ("airflow", {}),
    "airflow-batch": ("airflow", {"compute": "batch", "batch_execution_role": ROLE}),
    "airflow-ecs": ("airflow", ON_ECS),
    "airflow-ec2": ("airflow", {**ON_ECS, "ecs_launch_type": "EC2"}),
    "stepfunctions": ("stepfunctions", {"batch_execution_role": ROLE}),
    "stepfunctions-ecs": ("stepfunctions", ON_ECS),
    "stepfunctions-ec2": ("stepfunctions", {**ON_ECS, "ecs_launch_type": "EC2"}),
    "stepfunctions-lambda": ("stepfunctions", {"compute": "lambda", "lambda_role": ROLE}),
}
"""A target, and the settings that choose where its tasks run."""

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/flows:1"
"""One that Lambda takes as well."""

DEPLOYED = {"Arn": "arn:aws:states:eu-west-1:123456789012:stateMachine:flow", "RoleArn": ROLE}
"""What a schedule gets when it is deployed, where it was compiled without."""


def problems(name: str, text: str) -> list[str]:
    """What is wrong with the requests in a generated file."""
    if name.endswith(".py"):
        return dags.problems(text)
    content = json.loads(text)
    if name.endswith(".schedule.json"):
        request = {**content, "Target": {**DEPLOYED, **content["Target"]}}
        return aws.problems("scheduler", "CreateSchedule", request)
    assert name.endswith(".asl.json"), name
    return machines.problems(content)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: "-".join(path.parts[-3:]))
def test_goldens(golden: Path) -> None:
    text = golden.read_text(encoding="utf-8").replace("flowc-runner:golden", IMAGE)
    assert problems(golden.name, text) == []


@pytest.mark.parametrize("compute", COMPUTES)
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_conformance_flows(case: Case, compute: str) -> None:
    target, settings = COMPUTES[compute]
    program = engines.program(case.file)
    made, diagnostics = compile_program(
        program, load_target(target), store="s3://bucket/flows", image=IMAGE, settings=settings
    )
    if made is None:  # the compute cannot do what the flow asks for
        assert {d.code[:3] for d in diagnostics} == {"FC4"}
        return
    for file in made.definition:
        assert problems(file.name, file.data.decode()) == []
