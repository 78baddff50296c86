"""Run generated DAGs in the real Airflow, with local processes in place of pods.

A script for the interpreter that has Airflow, which has nothing of flowc. Jobs come as JSON lines on standard
input, messages leave as JSON lines on standard output, and what Airflow says goes to each job's log.

Airflow is real: the DAG file's bytes are loaded by its `DagBag` and executed by `dag.test()`, and
`KubernetesPodOperator` and its pod manager run unchanged. What stands in is the far end of the operator's
Kubernetes client, `Cluster`: it receives the pod as JSON, as an API server would, refuses what one would
refuse, and starts the container's command as a process of this machine.

Messages are `{"ready": version}` once, or `{"missing": what}` where Airflow is not complete; then for each job
any number of `{"pod": ...}`, when a pod starts and when it ends, and one `{"answer": ...}`. What nobody foresaw
ends the process, with a traceback in the log. The end of standard input ends it too, at once and with all pods,
whether it was closed or its writer died.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import datetime
import hashlib
import importlib.metadata
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

Json: TypeAlias = dict[str, Any]
Send: TypeAlias = Callable[[Json], None]

TAIL_LINES = 60
"""Lines of a pod's output that an answer holds."""

POLL_S = 0.05
"""The longest that Airflow sleeps between two looks at what it waits for."""

INHERITED = re.compile(r"PATH|HOME|USER|LANG|LC_.*|TZ|TMPDIR|SSL_CERT_.*|AWS_.*")
"""What a pod's process gets of this process's environment: the machine's, and the cloud's credentials."""


class Job(NamedTuple):
    """One run of a DAG.

    Attributes:
        dag_file: The generated file.
        dag_id: The DAG in it.
        run_id: The run's id, as a trigger would give it; new for each job of the same DAG.
        conf: What the trigger sends: parameters by name.
        runner: Stands in for the command `python` of a container, as in `["/venv/bin/python"]`.
        env: Further environment of the pods' processes; its `AWS_*` also holds for Airflow's own tasks.
        log_dir: Receives Airflow's log of the run, and each pod's output in a file named after the pod.
        max_retry_delay_s: Upper limit of the time between two attempts; None waits as long as the file says.
        logical_date: In ISO 8601; None for a run without one, as when it is triggered by hand or over the API.
    """

    dag_file: str
    dag_id: str
    run_id: str
    conf: Json
    runner: list[str]
    env: dict[str, str]
    log_dir: str
    max_retry_delay_s: float | None
    logical_date: str | None = None


# --- what an API server and a kubelet do with a pod ---------------------------------------------------------


class PodError(ValueError):
    """A pod that a cluster would refuse, or that this one cannot run."""


_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_IMAGE = re.compile(r"\S+")
_ENV_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")


def check_pod(pod: Json) -> None:
    """Refuse what an API server refuses, as far as a generated file could get it wrong.

    Args:
        pod: The request's body.

    Raises:
        PodError: It says what is wrong and where.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and `.../labels/`
    """
    metadata = pod["metadata"]
    _demand(_LABEL, metadata["name"], "metadata.name")
    _demand(_LABEL, metadata["namespace"], "metadata.namespace")
    for key, value in metadata.get("labels", {}).items():
        _demand(_LABEL_VALUE, value, f"metadata.labels[{key}]")
    for container in pod["spec"]["containers"]:
        _check_container(container)


def _check_container(container: Json) -> None:
    _demand(_LABEL, container.get("name"), "container.name")
    _demand(_IMAGE, container.get("image"), "container.image")
    for variable in container.get("env", []):
        _demand(_ENV_NAME, variable.get("name"), "container.env")
        if not isinstance(variable.get("value", ""), str):
            raise PodError(f"container.env: the value of {variable['name']} is not a string")
    for kind, quantities in container.get("resources", {}).items():
        for resource, quantity in quantities.items():
            _demand(_QUANTITY, quantity, f"container.resources.{kind}.{resource}")


def _demand(pattern: re.Pattern[str], value: object, where: str) -> None:
    if not (isinstance(value, str) and pattern.fullmatch(value)):
        raise PodError(f"{where}: {value!r} does not match {pattern.pattern}")


def expand(text: str, env: Mapping[str, str]) -> str:
    """Expand references to variables in a container's environment, command or arguments, as a kubelet does.

    `$(NAME)` is the variable's value where it is known, and stays as it is otherwise; `$$` is one `$`.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
    """

    def one(match: re.Match[str]) -> str:
        name = match[1]
        return "$" if name is None else env.get(name, match[0])

    return re.sub(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)", one, text)


def selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether a label selector of equalities, inequalities and absences (`a=b,c!=d,!e`) holds for labels."""

    def holds(term: str) -> bool:
        if term.startswith("!"):
            return term[1:] not in labels
        key, different, value = term.partition("!=")
        if different:
            return labels.get(key) != value
        key, _, value = term.partition("=")
        return labels.get(key) == value

    return all(map(holds, selector.split(",")))


class Pod:
    """A pod whose container is a process of this machine."""

    def __init__(self, body: Json, job: Job) -> None:
        self.body = body
        self.container: Json = body["spec"]["containers"][0]
        self.name: str = body["metadata"]["name"]
        self.labels: dict[str, str] = body["metadata"].setdefault("labels", {})
        self.env: dict[str, str] = {}
        for variable in self.container.get("env", []):
            self.env[variable["name"]] = expand(variable.get("value", ""), self.env)
        self.log = Path(job.log_dir, f"{self.name}.log")
        self.tail: collections.deque[str] = collections.deque(maxlen=TAIL_LINES)
        self.started = _now()
        self.finished: datetime.datetime | None = None
        self.process = subprocess.Popen(
            self._command(job.runner),
            env={k: v for k, v in os.environ.items() if INHERITED.fullmatch(k)} | self.env | job.env,
            cwd=job.log_dir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _command(self, runner: list[str]) -> list[str]:
        words = [*(self.container.get("command") or []), *(self.container.get("args") or [])]
        if words[:1] != ["python"]:
            raise PodError(f"a simulation can run the command `python`, not {words}")
        return [*runner, *(expand(word, self.env) for word in words[1:])]

    def output(self) -> Iterator[bytes]:
        """The output's lines as they appear, each behind a time, as an API server sends them.

        The pod is finished when they end.
        """
        assert self.process.stdout is not None
        with self.log.open("ab") as log, self.process.stdout as lines:
            for line in lines:
                log.write(line)
                log.flush()
                self.tail.append(line.decode(errors="backslashreplace").rstrip("\n"))
                yield f"{_now().isoformat()} ".encode() + line.rstrip(b"\n") + b"\n"
        self.process.wait()
        self.finished = _now()

    def kill(self) -> None:
        """End the process and all that it started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def as_seen(self) -> Json:
        """The pod with its status, as an API server shows it."""
        container = {
            "name": self.container["name"],
            "image": self.container["image"],
            "imageID": "",
            "ready": self.finished is None,
            "restartCount": 0,
            "state": self._state(),
        }
        ended = "Failed" if self.process.returncode else "Succeeded"
        phase = "Running" if self.finished is None else ended
        return {**self.body, "status": {"phase": phase, "containerStatuses": [container]}}

    def _state(self) -> Json:
        started = {"startedAt": self.started.isoformat()}
        if self.finished is None:
            return {"running": started}
        code = self.process.returncode
        reason = "Error" if code else "Completed"
        ended = {"exitCode": _exit_code(code), "reason": reason, "finishedAt": self.finished.isoformat()}
        return {"terminated": {**started, **ended}}

    def report(self) -> Json:
        """What a message says of the pod."""
        code = self.process.poll()
        return {
            "name": self.name,
            "labels": self.labels,
            "resources": self.container.get("resources", {}),
            "body": self.body,
            "env": self.env,
            "exit_code": None if code is None else _exit_code(code),
            "seconds": ((self.finished or _now()) - self.started).total_seconds(),
            "tail": list(self.tail),
            "log": str(self.log),
        }


def _exit_code(returncode: int) -> int:
    """A container's exit code: 128 and the signal's number for a process that a signal ended."""
    return returncode if returncode >= 0 else 128 - returncode


def _now() -> datetime.datetime:
    return datetime.datetime.now(tz=datetime.UTC)


# --- the stand-in for a Kubernetes client -------------------------------------------------------------------


class _Stream:
    """The part of a urllib3 response that the pod manager reads logs from."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def stream(self, *, amt: int | None, decode_content: bool) -> Iterator[bytes]:
        return self._lines


class _Body:
    """The part of an HTTP response that `ApiClient.deserialize` reads."""

    def __init__(self, value: object) -> None:
        self.data = json.dumps(value)


class Cluster:
    """The calls of `kubernetes.client.CoreV1Api` that the operator makes, answered by local processes.

    The operator follows a pod's log to the end, and that is what drives the pod.
    """

    def __init__(self, send: Send) -> None:
        from kubernetes.client import ApiClient, Configuration

        self.api_client = ApiClient(Configuration())
        self.job: Job | None = None
        self.history: list[Pod] = []
        self._pods: dict[str, Pod] = {}
        self._send = send
        self._starting = threading.Lock()

    def begin(self, job: Job) -> None:
        """Forget all pods; the next ones belong to this job."""
        self.end()
        self.job, self.history, self._pods = job, [], {}

    def end(self) -> None:
        """Kill what still runs."""
        for pod in self.history:
            pod.kill()

    def exit(self) -> None:
        """End all pods and this process; no pod starts in between."""
        with self._starting:
            self.end()
            os._exit(0)

    def _model(self, value: object, kind: str) -> Any:
        return self.api_client.deserialize(_Body(value), kind)

    def _find(self, name: str) -> Pod:
        from kubernetes.client import ApiException

        if name not in self._pods:
            raise ApiException(status=404, reason=f"pods {name!r} not found")
        return self._pods[name]

    def create_namespaced_pod(self, *, body: Json, namespace: str) -> Any:
        """Start a pod."""
        assert self.job is not None, "no job has begun"
        body = json.loads(json.dumps(body))
        check_pod(body)
        with self._starting:
            pod = Pod(body, self.job)
            self.history.append(pod)
        self._pods[pod.name] = pod
        self._send({"pod": pod.report()})
        return self._model(pod.as_seen(), "V1Pod")

    def read_namespaced_pod(self, name: str, namespace: str) -> Any:
        """A pod and its status."""
        return self._model(self._find(name).as_seen(), "V1Pod")

    def list_namespaced_pod(self, *, namespace: str, label_selector: str) -> Any:
        """The pods with certain labels."""
        pods = [pod.as_seen() for pod in self._pods.values() if selects(label_selector, pod.labels)]
        return self._model({"items": pods}, "V1PodList")

    def read_namespaced_pod_log(self, *, name: str, namespace: str, **_: object) -> _Stream:
        """A pod's output until it ends."""
        pod = self._find(name)

        def follow() -> Iterator[bytes]:
            yield from pod.output()
            self._send({"pod": pod.report()})

        return _Stream(follow())

    def patch_namespaced_pod(self, *, name: str, namespace: str, body: Json) -> Any:
        """Add labels to a pod."""
        pod = self._find(name)
        pod.labels.update(body["metadata"]["labels"])
        return self._model(pod.as_seen(), "V1Pod")

    def delete_namespaced_pod(self, name: str, namespace: str, **_: object) -> None:
        """Remove a pod, and end it if it runs."""
        self._find(name).kill()
        del self._pods[name]

    def list_namespaced_event(self, *, namespace: str, **_: object) -> Any:
        """No events: nothing is scheduled or pulled here."""
        return self._model({"items": [], "metadata": {}}, "CoreV1EventList")


class LocalHook:
    """The provider's `PodOperatorHookProtocol`, for a cluster of local processes."""

    is_in_cluster = False

    def __init__(self, cluster: Cluster) -> None:
        self.core_v1_client = cluster

    def get_pod(self, name: str, namespace: str) -> Any:
        """A pod and its status."""
        return self.core_v1_client.read_namespaced_pod(name, namespace)

    def get_namespace(self) -> str | None:
        """The connection's namespace: it has none."""
        return None


# --- Airflow ------------------------------------------------------------------------------------------------


def prepare_home(home: Path, cache: Path) -> None:
    """Give Airflow a directory and a database of its own, before it is imported.

    Migrating a database takes seconds, so that a migrated one is kept in `cache` and copied.
    """
    for name in list(os.environ):
        if name.startswith("AIRFLOW__") or name in ("AIRFLOW_HOME", "AIRFLOW_CONFIG"):
            del os.environ[name]
    (home / "dags").mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "False",
    }
    template = cache / f"airflow-{airflow_version()}.db"
    if not template.exists():
        cache.mkdir(parents=True, exist_ok=True)
        new = cache / f"{template.name}.{os.getpid()}"
        migrate = [sys.executable, "-P", "-m", "airflow", "db", "migrate"]
        env = os.environ | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{new}"}
        subprocess.run(migrate, env=env, check=True)
        new.replace(template)
    shutil.copyfile(template, home / "airflow.db")


def airflow_version() -> str:
    """The version of the library that runs DAGs."""
    return importlib.metadata.version("apache-airflow-core")


class Failures:
    """An Airflow listener that notes why tasks failed: not every failure is a pod's."""

    def __init__(self) -> None:
        from airflow.listeners import hookimpl
        from airflow.sdk.listener import get_listener_manager

        self.seen: list[Json] = []
        hookimpl(Failures.on_task_instance_failed)
        get_listener_manager().add_listener(self)

    def on_task_instance_failed(self, task_instance: Any, error: object) -> None:
        """Called by Airflow for each failed attempt."""
        self.seen.append(
            {
                "task_id": task_instance.task_id,
                "map_index": task_instance.map_index,
                "try_number": task_instance.try_number,
                "error": f"{type(error).__name__}: {error}",
            }
        )


class Driver:
    """Airflow in this process, and the cluster that it sees."""

    def __init__(self, home: Path, send: Send) -> None:
        from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

        self.home = home
        self.cluster = Cluster(send)
        self.failures = Failures()
        hook = LocalHook(self.cluster)
        KubernetesPodOperator.hook = property(lambda _: hook)

    def answer(self, job: Job) -> Json:
        """Load the file and run the DAG once.

        Returns:
            `digest` (SHA-256 of the bytes that were loaded), `import_errors`, `warnings`, `log`; and, where
            the file has the DAG, `state`, `tasks`, `pods`, `failures` and `seconds`, or why the run was
            `refused`.
        """
        Path(job.log_dir).mkdir(parents=True, exist_ok=True)
        log = Path(job.log_dir, "airflow.log")
        with output_to(log), credentials(job.env):
            file = self._install(Path(job.dag_file))
            dags, errors, told = load(file)
            if job.dag_id not in dags and not errors:
                errors = [f"{file.name} has no DAG `{job.dag_id}`"]
            answer = {
                "digest": hashlib.sha256(file.read_bytes()).hexdigest(),
                "import_errors": errors,
                "warnings": told,
                "log": str(log),
            }
            return answer if errors else answer | self._run(dags[job.dag_id], job)

    def _install(self, source: Path) -> Path:
        """Copy the file into the otherwise empty DAG folder: a test run reads the whole folder."""
        folder = self.home / "dags"
        shutil.rmtree(folder)
        folder.mkdir()
        return Path(shutil.copyfile(source, folder / source.name))

    def _run(self, dag: Any, job: Job) -> Json:
        from airflow.sdk.exceptions import ParamValidationError

        if job.max_retry_delay_s is not None:
            limit_retry_delays(dag, datetime.timedelta(seconds=job.max_retry_delay_s))
        self.cluster.begin(job)
        self.failures.seen.clear()
        started = time.monotonic()
        try:
            with chosen_run_id(job.run_id), short_sleeps():
                date = None if job.logical_date is None else datetime.datetime.fromisoformat(job.logical_date)
                run = dag.test(run_after=_now(), logical_date=date, run_conf=job.conf)
        except ParamValidationError as error:
            return {"refused": str(error)}
        finally:
            self.cluster.end()
        return {
            "state": str(run.state),
            "tasks": [task_report(ti) for ti in run.get_task_instances()],
            "pods": [pod.report() for pod in self.cluster.history],
            "failures": list(self.failures.seen),
            "seconds": time.monotonic() - started,
        }


def load(file: Path) -> tuple[dict[str, Any], list[str], list[str]]:
    """The DAGs of a file by id, and the errors and the warnings that loading it gave."""
    from airflow.dag_processing.dagbag import DagBag

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bag = DagBag(dag_folder=str(file), bundle_name="dags-folder")
    told = {f"{file}:{w.lineno}: {w.message}" for w in caught if w.filename == str(file)}
    told |= {message for messages in bag.captured_warnings.values() for message in messages}
    return bag.dags, list(bag.import_errors.values()), sorted(told)


def limit_retry_delays(dag: Any, limit: datetime.timedelta) -> None:
    """Shorten the time between attempts; their number stays."""
    for task in dag.tasks:
        delay = min(task.retry_delay, limit)
        if task.is_mapped:
            task.partial_kwargs["retry_delay"] = delay
        else:
            task.retry_delay = delay


@contextlib.contextmanager
def credentials(env: Mapping[str, str]) -> Iterator[None]:
    """Let Airflow's own tasks reach the cloud in the way in which the pods do."""
    saved = dict(os.environ)
    os.environ |= {name: value for name, value in env.items() if name.startswith("AWS_")}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


@contextlib.contextmanager
def chosen_run_id(run_id: str) -> Iterator[None]:
    """Give the next run this id: `dag.test()` makes one up and has no argument for it."""
    from airflow.models.dagrun import DagRun

    original = DagRun.__dict__["generate_run_id"]
    DagRun.generate_run_id = staticmethod(lambda **_: run_id)
    try:
        yield
    finally:
        DagRun.generate_run_id = original


@contextlib.contextmanager
def short_sleeps() -> Iterator[None]:
    """Let Airflow look oftener for what can run next; `dag.test()` looks once a second."""
    original = time.sleep
    time.sleep = lambda seconds: original(min(float(seconds), POLL_S))
    try:
        yield
    finally:
        time.sleep = original


def task_report(ti: Any) -> Json:
    """What an answer says of a task instance."""
    return {
        "task_id": ti.task_id,
        "map_index": ti.map_index,
        "label": ti.rendered_map_index,
        "state": str(ti.state),
        "try_number": ti.try_number,
        "start": ti.start_date and ti.start_date.timestamp(),
        "end": ti.end_date and ti.end_date.timestamp(),
    }


# --- the protocol -------------------------------------------------------------------------------------------


def take_stdout() -> Send:
    """Keep the standard output for messages alone; what else is printed goes to standard error."""
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(message: Json) -> None:
        messages.write(json.dumps(message) + "\n")
        messages.flush()

    return send


@contextlib.contextmanager
def output_to(log: Path) -> Iterator[None]:
    """Append what this process prints to a file."""
    saved = os.dup(2)
    with log.open("ab") as file:
        _point_output_at(file.fileno())
    try:
        yield
    finally:
        _point_output_at(saved)
        os.close(saved)


def _point_output_at(descriptor: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def read_jobs(jobs: queue.Queue[Job], cluster: Cluster) -> None:
    """Read jobs until standard input ends, and then end everything."""
    for line in sys.stdin:
        jobs.put(Job(**json.loads(line)))
    cluster.exit()


def main() -> None:
    """Start, say that it is ready, and answer jobs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="a directory for this process alone")
    parser.add_argument("--cache", type=Path, required=True, help="where the migrated database is kept")
    arguments = parser.parse_args()
    if not sys.flags.safe_path:
        del sys.path[0]  # the script's folder, where `airflow` is another module
    send = take_stdout()
    try:
        prepare_home(arguments.home.resolve(), arguments.cache.resolve())
        driver = Driver(arguments.home.resolve(), send)
    except ImportError as error:
        send({"missing": str(error)})
        return
    jobs: queue.Queue[Job] = queue.Queue()
    # Not a signal: Airflow installs handlers of its own when it runs a task.
    threading.Thread(target=read_jobs, args=(jobs, driver.cluster), daemon=True).start()
    send({"ready": airflow_version()})
    while True:
        send({"answer": driver.answer(jobs.get())})


if __name__ == "__main__":
    main()
