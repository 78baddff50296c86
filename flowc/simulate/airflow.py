"""Running a generated DAG in the real Airflow, from an interpreter that need not have it.

Airflow's pins are many, so that it has an environment of its own. `AirflowDriver` starts that environment's
interpreter with the script `airflow_driver.py`, and talks to it in JSON lines. One process serves any number
of runs, one at a time: importing Airflow takes longer than most runs.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flowc.simulate.errors import SimulateError

PYTHON_VARIABLE = "FLOWC_AIRFLOW_PYTHON"
"""The environment variable that names an interpreter which has Airflow."""

INSTALL = (
    "install `apache-airflow`, `apache-airflow-providers-cncf-kubernetes`, for containers "
    "`apache-airflow-providers-docker`, and for S3 stores, Batch and ECS "
    "`apache-airflow-providers-amazon` into a virtual environment of their own, and name its interpreter in "
    f"{PYTHON_VARIABLE}; `make setup` does it in a checkout"
)

STOP_S = 5.0
"""How long a driver may take to end by itself."""

_SCRIPT = Path(__file__).with_name("airflow_driver.py")
_KUBELET = Path(__file__).with_name("kubelet.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowTask:
    """A task instance at the end of a run.

    Attributes:
        task_id: A step's name, or that of a task which lists items.
        map_index: The number of a mapped instance; -1 for one that is not mapped, or was never expanded.
        label: What Airflow shows for a mapped instance: its path.
        state: Airflow's word: `success`, `failed`, `upstream_failed`, `skipped`.
        try_number: Of the last attempt, from 1; 0 if there was none.
        start: Seconds since the epoch; None if it never started.
        end: Seconds since the epoch; None if it never ended.
    """

    task_id: str
    map_index: int
    label: str | None
    state: str
    try_number: int
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowPod:
    """A pod that the run asked for, or a container or process of the worker, as a process.

    Attributes:
        name: The pod's name in the cluster; else one that is new in the run.
        labels: The pod's labels.
        resources: `requests` and `limits` of the container.
        body: The whole pod or container, as its API was asked for it; of a process its command.
        env: The container's environment.
        exit_code: None while it runs.
        seconds: From its start to its end, or until now.
        tail: The last lines of its output.
        log: All of its output.
    """

    name: str
    labels: Mapping[str, str]
    resources: Mapping[str, Mapping[str, str]]
    body: Mapping[str, Any]
    env: Mapping[str, str]
    exit_code: int | None
    seconds: float
    tail: tuple[str, ...]
    log: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowFailure:
    """One failed attempt of a task, in Airflow's words."""

    task_id: str
    map_index: int
    try_number: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowResult:
    """What became of a run.

    Attributes:
        digest: SHA-256 of the bytes that Airflow loaded, in hexadecimal.
        import_errors: Why the file could not be loaded; then there was no run.
        warnings: What loading the file warned of.
        refused: Why Airflow refused the run's parameters; None if it did not.
        state: `success` or `failed`; None if there was no run.
        tasks: All task instances, by id and map index.
        pods: In the order in which they were started, failed attempts included.
        failures: In the order in which they happened.
        seconds: From the trigger to the end of the run.
        log: What Airflow said.
    """

    digest: str
    import_errors: tuple[str, ...]
    warnings: tuple[str, ...]
    log: Path
    refused: str | None = None
    state: str | None = None
    tasks: tuple[AirflowTask, ...] = ()
    pods: tuple[AirflowPod, ...] = ()
    failures: tuple[AirflowFailure, ...] = ()
    seconds: float = 0.0


def find_airflow(python: str | os.PathLike[str] | None = None) -> Path:
    """An interpreter that has Airflow.

    It is the given one, or else the one that `FLOWC_AIRFLOW_PYTHON` names, or else this one if it has
    Airflow, or else that of `.venv-airflow` beside this one's environment.

    Raises:
        SimulateError: There is none.
    """
    named = python or os.environ.get(PYTHON_VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise SimulateError(f"there is no Airflow interpreter `{os.fspath(named)}`: {INSTALL}")
        return Path(found)
    if importlib.util.find_spec("airflow") is not None:
        return Path(sys.executable)
    beside = Path(sys.prefix).parent / ".venv-airflow" / "bin" / "python"
    if not beside.exists():
        raise SimulateError(f"Airflow is not installed: {INSTALL}")
    return beside


def default_cache() -> Path:
    """Where a migrated database is kept for later drivers."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flowc" / "airflow"


class AirflowDriver:
    """A running Airflow; a context manager, which stops it."""

    def __init__(self, *, python: str | os.PathLike[str] | None = None, cache: Path | None = None) -> None:
        """Prepare; nothing is started yet.

        Args:
            python: See `find_airflow`.
            cache: See `default_cache`.

        Raises:
            SimulateError: There is no Airflow.
        """
        self.version = ""
        self._python = find_airflow(python)
        self._cache = cache or default_cache()
        self._home = Path()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start Airflow, which takes seconds.

        Raises:
            SimulateError: It does not start.
        """
        self._home = Path(tempfile.mkdtemp(prefix="flowc-airflow-"))
        command = [self._python, "-P", _SCRIPT, "--home", self._home, "--cache", self._cache]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                list(map(str, command)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                start_new_session=True,
            )
        try:
            self.version = self._await_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def _await_ready(self) -> str:
        message = self._receive()
        if "missing" in message:
            raise SimulateError(f"`{self._python}` lacks a part of Airflow ({message['missing']}): {INSTALL}")
        version: str = message["ready"]
        return version

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def _log(self) -> Path:
        return self._home / "driver.log"

    def run(
        self,
        dag_file: Path,
        *,
        dag_id: str,
        run_id: str,
        runner: Sequence[str],
        log_dir: Path,
        conf: Mapping[str, Any] | None = None,
        logical_date: str | None = None,
        env: Mapping[str, str] | None = None,
        max_retry_delay_s: float | None = None,
        containers: bool = False,
        on_pod: Callable[[AirflowPod], None] = lambda _: None,
    ) -> AirflowResult:
        """Load a DAG file as it is, and run the DAG once.

        Args:
            dag_file: The generated file.
            dag_id: The DAG in it.
            run_id: As a trigger would give it; new for each run of the same DAG.
            runner: Stands in for the command `python` of a container, as in `("/venv/bin/python",)`.
            log_dir: Receives Airflow's log and each pod's output.
            conf: What the trigger sends: parameters by name.
            logical_date: In ISO 8601, with an offset; new for each run of the same DAG. None for a run without one.
            env: Further environment of the pods' processes; its `AWS_*` also holds for Airflow's own tasks.
            max_retry_delay_s: Upper limit of the time between two attempts; None waits as the file says.
            containers: Whether pods are pods of podman's, rather than processes.
            on_pod: Called when a pod has started, and when it has ended.

        Raises:
            SimulateError: Airflow broke down. A failed run is a result.
        """
        job = {
            "dag_file": str(dag_file.resolve()),
            "dag_id": dag_id,
            "run_id": run_id,
            "conf": dict(conf or {}),
            "logical_date": logical_date,
            "runner": list(runner),
            "env": dict(env or {}),
            "log_dir": str(log_dir.resolve()),
            "max_retry_delay_s": max_retry_delay_s,
            "kubelet": [str(self._python), str(_KUBELET)] if containers else None,
        }
        self._send(job)
        while "answer" not in (message := self._receive()):
            on_pod(_pod(message["pod"]))
        return _result(message["answer"])

    def _send(self, job: Mapping[str, Any]) -> None:
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._broken(process) from None

    def _receive(self) -> dict[str, Any]:
        process = self._running()
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise self._broken(process)
        message: dict[str, Any] = json.loads(line)
        return message

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise SimulateError("Airflow is not running: enter the driver with `with` first")
        return self._process

    def _broken(self, process: subprocess.Popen[str]) -> SimulateError:
        """An error that tells the end of what the process said."""
        code = process.wait()
        said = self._log.read_text(errors="replace").strip().splitlines()[-20:]
        return SimulateError("\n".join([f"Airflow's process ended with exit code {code}", *said]))

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            _end(process)
        shutil.rmtree(self._home, ignore_errors=True)


def _end(process: subprocess.Popen[str]) -> None:
    """Stop a driver, with what it has started: it ends when its input does."""
    try:
        process.communicate(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _pod(report: Mapping[str, Any]) -> AirflowPod:
    return AirflowPod(**{**report, "tail": tuple(report["tail"]), "log": Path(report["log"])})


def _result(answer: Mapping[str, Any]) -> AirflowResult:
    return AirflowResult(
        digest=answer["digest"],
        import_errors=tuple(answer["import_errors"]),
        warnings=tuple(answer["warnings"]),
        log=Path(answer["log"]),
        refused=answer.get("refused"),
        state=answer.get("state"),
        tasks=tuple(AirflowTask(**task) for task in answer.get("tasks", ())),
        pods=tuple(map(_pod, answer.get("pods", ()))),
        failures=tuple(AirflowFailure(**failure) for failure in answer.get("failures", ())),
        seconds=answer.get("seconds", 0.0),
    )
