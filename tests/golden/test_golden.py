"""Whole output files, as a person would review them. A missing golden fails; only `make golden` writes one."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.compiler import read_program
from flowc.targets.registry import load_target

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
FLOWS = HERE.parent / "conformance" / "flows"
SOURCES = [
    *(EXAMPLES / f"{name}.py" for name in ("hello", "three_branches", "nested_foreach", "model_search")),
    *(FLOWS / f"{name}.py" for name in ("configured", "deferred", "included")),
    EXAMPLES / "churn" / "churn.py",
    *(FLOWS / f"{name}.py" for name in ("on_batch", "on_kubernetes", "shared")),
    *(FLOWS / f"{name}.py" for name in ("retried", "mixed_nesting", "parameters", "project", "resources", "scheduled")),
]
STORE = "s3://artifacts/flows"
CODE = "c0de" * 16  # the goldens are about the form; the package's hash has tests of its own


ONLY = {"on_kubernetes": "airflow"}
VARIANTS: dict[str, dict[str, str]] = {
    "airflow-batch": {"compute": "batch"},
    "airflow-docker": {"compute": "docker", "docker_network": "host", "max_concurrency": "8"},
    "airflow-ecs": {
        "compute": "ecs",
        "ecs_subnets": "subnet-1a,subnet-2b",
        "ecs_execution_role": "arn:aws:iam::123456789012:role/puller",
    },
    "airflow-local": {"compute": "local", "local_python": "/opt/flows/bin/python"},
    "stepfunctions-ecs": {
        "compute": "ecs",
        "ecs_subnets": "subnet-1a,subnet-2b",
        "ecs_execution_role": "arn:aws:iam::123456789012:role/puller",
        "max_concurrency": "8",
    },
    "stepfunctions-lambda": {"compute": "lambda", "lambda_role": "arn:aws:iam::123456789012:role/tasks"},
}
"""Settings of targets, by the names of folders that begin with the target's."""

VARIED = EXAMPLES / "nested_foreach.py"
CASES = [
    *((s, t) for s in SOURCES for t in ("airflow", "stepfunctions") if ONLY.get(s.stem, t) == t),
    *((VARIED, variant) for variant in VARIANTS),
]


@pytest.mark.parametrize(("source", "target_name"), CASES, ids=lambda part: getattr(part, "stem", part))
def test_golden(source: Path, target_name: str, request: pytest.FixtureRequest) -> None:
    program, diagnostics, _ = read_program(str(source))
    assert program is not None, diagnostics
    target = load_target(target_name.partition("-")[0])
    defaults = {s.name: s.default for s in target.settings} | VARIANTS.get(target_name, {})
    options = target.options(store=STORE, code=CODE, image="flowc-runner:golden", version="0.0.0", **defaults)
    folder = HERE / source.stem / target_name
    for file in target.emit(program.flow, options):
        golden = folder / file.name
        if request.config.getoption("--update-golden"):
            folder.mkdir(parents=True, exist_ok=True)
            golden.write_bytes(file.data)
        assert golden.exists(), f"there is no golden {golden}: look at the output and run `make golden`"
        assert file.data.decode() == golden.read_text(encoding="utf-8")


def test_every_golden_belongs_to_a_test() -> None:
    expected = {(source.stem, target_name) for source, target_name in CASES}
    assert {(p.parts[-3], p.parts[-2]) for p in HERE.glob("*/*/*")} == expected
