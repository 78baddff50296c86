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
import asyncio
import contextlib
import datetime
import hashlib
import importlib.util
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias


def _beside(name: str) -> ModuleType:
    """A file beside this one, as a module: its folder is not searched for any."""
    spec = importlib.util.spec_from_file_location(f"_flowc_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    from flowc.simulate import airflow_processes as processes
    from flowc.simulate import airflow_versions as versions
else:
    processes = _beside("airflow_processes")
    versions = _beside("airflow_versions")

Json: TypeAlias = dict[str, Any]
Send: TypeAlias = Callable[[Json], None]

POLL_S = 0.05
"""The longest that Airflow sleeps between two looks at what it waits for."""


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
        kubelet: A command that runs the pod in the file which is its last argument; None where a process stands in.
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
    kubelet: list[str] | None = None


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


class Pod(processes.Local):
    """A pod whose container is a process of this machine."""

    def __init__(self, body: Json, job: Job) -> None:
        self.container: Json = body["spec"]["containers"][0]
        env: dict[str, str] = {}
        for variable in self.container.get("env", []):
            env[variable["name"]] = expand(variable.get("value", ""), env)
        super().__init__(name=body["metadata"]["name"], body=body, env=env, log_dir=job.log_dir)
        self.labels: dict[str, str] = body["metadata"].setdefault("labels", {})
        self.resources = self.container.get("resources", {})
        self._collector: threading.Thread | None = None
        self._collected: list[bytes] = []
        command, environment = self._on_kubelet(job) if job.kubelet else self._as_process(job)
        self.start(command, environment, job.log_dir)

    def _as_process(self, job: Job) -> tuple[list[str], dict[str, str]]:
        words = [*(self.container.get("command") or []), *(self.container.get("args") or [])]
        try:
            command = processes.stand_in([expand(word, self.env) for word in words], job)
        except ValueError as error:
            raise PodError(str(error)) from None
        return command, processes.surroundings(self.env, job)

    def _on_kubelet(self, job: Job) -> tuple[list[str], dict[str, str]]:
        """The command, and its environment, that runs the pod with the job's variables beside its own."""
        assert job.kubelet is not None
        given = [{"name": name, "value": value} for name, value in job.env.items() if name not in self.env]
        first, *others = self.body["spec"]["containers"]
        container = {**first, "env": [*(first.get("env") or []), *given]}
        file = Path(job.log_dir, f"{self.name}.json")
        file.write_text(json.dumps({**self.body, "spec": {**self.body["spec"], "containers": [container, *others]}}))
        return [*job.kubelet, str(file)], dict(os.environ)

    def output(self) -> Iterator[bytes]:
        """The output's lines as they appear, each behind a time, as an API server sends them."""
        if self._collector is None:
            return self._timed_output()
        self._collector.join()
        return iter(self._collected)

    def collect(self) -> None:
        """Keep the output until somebody asks for it: who waits for the pod in the triggerer does not follow it."""
        if self._collector is None:
            self._collector = threading.Thread(target=lambda: self._collected.extend(self._timed_output()), daemon=True)
            self._collector.start()

    def _timed_output(self) -> Iterator[bytes]:
        for line in super().output():
            yield f"{processes.now().isoformat()} ".encode() + line.rstrip(b"\n") + b"\n"

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
        ended = {"exitCode": processes.exit_code(code), "reason": reason, "finishedAt": self.finished.isoformat()}
        return {"terminated": {**started, **ended}}


# --- the stand-in for a Kubernetes client -------------------------------------------------------------------


class _Stream:
    """The part of a urllib3 response that the pod manager reads logs from."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[bytes]:
        return self._lines

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

    def __init__(self, works: processes.Works) -> None:
        from kubernetes.client import ApiClient, Configuration

        self.api_client = ApiClient(Configuration())
        self._pods: dict[str, Pod] = {}
        self._works = works

    def begin(self) -> None:
        """Forget all pods."""
        self._pods = {}

    def _model(self, value: object, kind: str) -> Any:
        return self.api_client.deserialize(_Body(value), kind)

    def _find(self, name: str) -> Pod:
        from kubernetes.client import ApiException

        if name not in self._pods:
            raise ApiException(status=404, reason=f"pods {name!r} not found")
        return self._pods[name]

    def collect(self, name: str) -> None:
        """Keep a pod's output until it is asked for."""
        self._find(name).collect()

    def create_namespaced_pod(self, *, body: Json, namespace: str) -> Any:
        """Start a pod."""
        body = json.loads(json.dumps(body))
        check_pod(body)
        with self._works.starting:
            pod = Pod(body, self._works.job)
            self._works.add(pod)
        self._pods[pod.name] = pod
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
            self._works.tell(pod)

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


class WaitingHook:
    """The same for a triggerer: the part of the provider's asynchronous hook that its trigger uses."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def get_pod(self, name: str, namespace: str) -> Any:
        """A pod and its status, which goes on whether or not its output is read."""
        self._cluster.collect(name)
        return self._cluster.read_namespaced_pod(name, namespace)

    async def get_pod_events(self, name: str, namespace: str, resource_version: str | None = None) -> Any:
        """No events."""
        return self._cluster.list_namespaced_event(namespace=namespace)

    async def watch_pod_events(self, *, timeout_seconds: float, **_: object) -> AsyncIterator[Any]:
        """None of them come."""
        await asyncio.sleep(timeout_seconds)
        none: tuple[Any, ...] = ()
        for event in none:
            yield event

    async def delete_pod(self, name: str, namespace: str, **_: object) -> None:
        """Remove a pod."""
        self._cluster.delete_namespaced_pod(name, namespace)


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
    template = cache / f"airflow-{versions.version()}.db"
    if not template.exists():
        cache.mkdir(parents=True, exist_ok=True)
        new = cache / f"{template.name}.{os.getpid()}"
        migrate = [sys.executable, "-P", "-m", "airflow", "db", "migrate"]
        env = os.environ | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{new}"}
        subprocess.run(migrate, env=env, check=True)
        new.replace(template)
    shutil.copyfile(template, home / "airflow.db")


class Failures:
    """An Airflow listener that notes why tasks failed: not every failure is a pod's."""

    def __init__(self) -> None:
        from airflow.listeners import hookimpl

        self.seen: list[Json] = []
        hookimpl(Failures.on_task_instance_failed)
        versions.listeners().add_listener(self)

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
    """Airflow in this process, and what it sees of the world."""

    def __init__(self, home: Path, send: Send) -> None:
        from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
        from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger

        self.home = home
        self.works = processes.Works(send)
        self.cluster = Cluster(self.works)
        self.failures = Failures()
        hook = LocalHook(self.cluster)
        KubernetesPodOperator.hook = property(lambda _: hook)
        KubernetesPodTrigger.hook = property(lambda _: WaitingHook(self.cluster))
        processes.install_daemon(self.works)
        processes.install_watch(self.works, home / "bin")

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
        if job.max_retry_delay_s is not None:
            limit_retry_delays(dag, datetime.timedelta(seconds=job.max_retry_delay_s))
        self.works.begin(job)
        self.cluster.begin()
        self.failures.seen.clear()
        started = time.monotonic()
        try:
            with chosen_run_id(job.run_id), short_sleeps():
                date = None if job.logical_date is None else datetime.datetime.fromisoformat(job.logical_date)
                run = versions.test(dag, run_after=processes.now(), logical_date=date, conf=job.conf)
        except versions.refusal_of_parameters() as error:
            return {"refused": str(error)}
        finally:
            self.works.end()
        return {
            "state": str(run.state),
            "tasks": [task_report(ti) for ti in run.get_task_instances()],
            "pods": [pod.report() for pod in self.works.history],
            "failures": list(self.failures.seen),
            "seconds": time.monotonic() - started,
        }


def load(file: Path) -> tuple[dict[str, Any], list[str], list[str]]:
    """The DAGs of a file by id, and the errors and the warnings that loading it gave."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bag = versions.bag_of(file)
    told = {f"{file}:{w.lineno}: {w.message}" for w in caught if w.filename == str(file)}
    told |= {message for messages in bag.captured_warnings.values() for message in messages}
    return bag.dags, list(bag.import_errors.values()), sorted(told)


def limit_retry_delays(dag: Any, limit: datetime.timedelta) -> None:
    """Shorten the time between attempts; their number stays."""
    for task in dag.tasks:
        delay = min(task.retry_delay, limit)
        if hasattr(task, "partial_kwargs"):  # it is mapped
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
    DagRun.generate_run_id = staticmethod(lambda *_, **__: run_id)
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


def read_jobs(jobs: queue.Queue[Job], works: processes.Works) -> None:
    """Read jobs until standard input ends, and then end everything."""
    for line in sys.stdin:
        jobs.put(Job(**json.loads(line)))
    works.exit()


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
    threading.Thread(target=read_jobs, args=(jobs, driver.works), daemon=True).start()
    send({"ready": versions.version()})
    while True:
        send({"answer": driver.answer(jobs.get())})


if __name__ == "__main__":
    main()
