"""The engines that every conformance flow goes through."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from flowc.compiler import Program, compile_program, read_program
from flowc.outputs import Compiled
from flowc.simulate.airflow import AirflowDriver, AirflowPod, AirflowResult
from flowc.simulate.engines import Simulated, on_airflow, on_stepfunctions
from flowc.simulate.stepfunctions import AwsServer
from flowc.store.opening import open_store
from flowc.targets.registry import load_target
from tests.vendors.pods import problems

IMAGE = "flowc-runner:test"


def program(file: Path) -> Program:
    """A flow that must be without fault."""
    found, diagnostics, _ = read_program(str(file))
    assert found is not None, diagnostics
    assert not diagnostics
    return found


def compiled(flow: Program, target: str, store: str, image: str = IMAGE, **settings: str) -> Compiled:
    """A flow that must compile."""
    result, diagnostics = compile_program(flow, load_target(target), store=store, image=image, settings=settings)
    assert result is not None, diagnostics
    assert not diagnostics
    return result


def run_local(file: Path, store: str, parameters: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """`flowc run` as a process; the run's id."""
    words = [f"--{n}={v if isinstance(v, str) else json.dumps(v)}" for n, v in parameters.items()]
    process = subprocess.run(
        [sys.executable, "-m", "flowc", "run", str(file), "--store", store, "--max-workers", "2", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    started = re.search(r"^run \w+/(\S+)$", process.stdout, re.MULTILINE)
    assert started, process.stderr
    return started[1]


def run_airflow(
    driver: AirflowDriver,
    flow: Program,
    store: str,
    run_id: str,
    parameters: Mapping[str, Any],
    environment: Mapping[str, str],
    folder: Path,
    aws: AwsServer | None = None,
    **settings: str,
) -> Simulated:
    """The compiled DAG in the real Airflow; its pods are such as Kubernetes takes."""
    watched = _Watched(driver)
    simulated = on_airflow(
        cast(AirflowDriver, watched),
        flow,
        compiled(flow, "airflow", store, **settings),
        store=open_store(store, environment),
        run_id=run_id,
        parameters=parameters,
        folder=folder,
        environment=environment,
        aws=aws,
    )
    pods = [pod.body for pod in watched.pods if pod.body.get("kind") == "Pod"]
    assert [problem for pod in pods for problem in problems(pod)] == []
    return simulated


class _Watched:
    """A running Airflow, of whose runs the pods are kept."""

    def __init__(self, driver: AirflowDriver) -> None:
        self.pods: tuple[AirflowPod, ...] = ()
        self._driver = driver

    def run(self, *arguments: Any, **keywords: Any) -> AirflowResult:
        result = self._driver.run(*arguments, **keywords)
        self.pods = tuple(result.pods)
        return result


def run_stepfunctions(
    server: AwsServer,
    flow: Program,
    store: str,
    run_id: str,
    parameters: Mapping[str, Any],
    folder: Path,
    **settings: str,
) -> Simulated:
    """The compiled state machine in an interpreter of Step Functions."""
    return on_stepfunctions(
        server,
        flow,
        compiled(flow, "stepfunctions", store, **settings),
        store=open_store(store, server.env),
        run_id=run_id,
        parameters=parameters,
        folder=folder,
    )
