"""The driver with the real Airflow: one process for all of this module's runs."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowc.compiler import compile_program, read_program
from flowc.simulate.airflow import AirflowDriver, AirflowPod, AirflowResult, find_airflow
from flowc.simulate.errors import SimulateError
from flowc.targets.airflow import TARGET

pytestmark = pytest.mark.airflow

DAG_FILE = """\
from datetime import timedelta
from pathlib import Path

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG, Param, task

ENV = {
    "RUN": "{{ run_id }}",
    "STEP": "{{ ti.task_id }}",
    "ATTEMPT": "{{ ti.id }}",
    "RETRY": "{{ [0, ti.try_number - 1 - ti.max_tries + task.retries] | max }}",
}
POD = {"image": "a:1", "cmds": ["python"], "arguments": ["-m", "work", "$(STEP)"], "env_vars": ENV}


@task
def items(run_id=None):
    return [str(i) for i in range(int(Path(STORE, run_id, "start").read_text()))]


def at(path):
    return {"ITEM": path, **ENV}


with DAG(
    "Example",
    schedule=None,
    params={"text": Param("none", type="string"), "n": Param(3, type="integer")},
    default_args=POD,
):
    start = KubernetesPodOperator(
        task_id="start", env_vars={**ENV, "PARAMETERS": "{{ params | tojson | replace('$', '$$') }}"}
    )
    listed = items()
    fit = KubernetesPodOperator.partial(
        task_id="fit_one",
        map_index_template="{{ task.env_vars[0].value }}",
        retries=1,
        retry_delay=timedelta(minutes=5),
    ).expand(env_vars=listed.map(at))
    end = KubernetesPodOperator(task_id="end")
    start >> listed
    fit >> end
"""

WORK = """\
import json, os, pathlib, sys, time
env = os.environ
step, store = env["STEP"], pathlib.Path(env["STORE"], env["RUN"])
store.mkdir(parents=True, exist_ok=True)
print("argument", sys.argv[-1], "at", env.get("ITEM"), flush=True)
if step == "start":
    parameters = json.loads(env["PARAMETERS"])
    (store / "parameters").write_text(json.dumps(parameters))
    (store / "environment").write_text(json.dumps(dict(env)))
    (store / "start").write_text(str(parameters["n"]))
    if parameters["text"] == "kill me":
        os.kill(os.getpid(), 9)
    if parameters["text"] == "sleep":
        (store / "pid").write_text(str(os.getpid()))
        time.sleep(60)
if step == "fit_one" and env["ITEM"] == "1" and env["RETRY"] == "0":
    sys.exit("not at the first time")
"""

Run = Callable[..., AirflowResult]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("airflow-cache")


@pytest.fixture(scope="module")
def driver(cache: Path) -> Iterator[AirflowDriver]:
    with AirflowDriver(cache=cache) as running:
        yield running


@pytest.fixture
def runner(tmp_path: Path) -> tuple[str, ...]:
    """What takes the place of the container's `python`."""
    work = tmp_path / "work.py"
    work.write_text(WORK)
    return (sys.executable, str(work))


@pytest.fixture
def dag_file(tmp_path: Path) -> Path:
    file = tmp_path / "example_dag.py"
    file.write_text(f"STORE = {str(tmp_path / 'store')!r}\n{DAG_FILE}")
    return file


@pytest.fixture
def run(driver: AirflowDriver, dag_file: Path, runner: tuple[str, ...], tmp_path: Path) -> Run:
    def run_(run_id: str, **more: object) -> AirflowResult:
        arguments = {
            "dag_file": dag_file,
            "dag_id": "Example",
            "run_id": run_id,
            "runner": runner,
            "log_dir": tmp_path / "logs",
            "env": {"STORE": str(tmp_path / "store")},
            "max_retry_delay_s": 0.0,
            **more,
        }
        return driver.run(arguments.pop("dag_file"), **arguments)  # type: ignore[arg-type]

    return run_


def states(result: AirflowResult) -> dict[tuple[str, int], tuple[str | None, str, int]]:
    return {(t.task_id, t.map_index): (t.label, t.state, t.try_number) for t in result.tasks}


def test_a_foreach_with_a_retry_runs_to_its_end(run: Run, dag_file: Path, tmp_path: Path) -> None:
    seen: list[AirflowPod] = []
    result = run("with:a+colon", on_pod=seen.append)

    assert result.import_errors == result.warnings == ()
    assert result.refused is None
    assert result.digest == hashlib.sha256(dag_file.read_bytes()).hexdigest()
    assert result.state == "success"
    assert states(result) == {
        ("start", -1): (None, "success", 1),
        ("items", -1): (None, "success", 1),
        ("fit_one", 0): ("0", "success", 1),
        ("fit_one", 1): ("1", "success", 2),
        ("fit_one", 2): ("2", "success", 1),
        ("end", -1): (None, "success", 1),
    }
    assert [len(seen), sum(pod.exit_code is None for pod in seen)] == [12, 6]

    first, second = (pod for pod in result.pods if pod.env.get("ITEM") == "1")
    assert (first.exit_code, second.exit_code) == (1, 0)
    assert (first.env["RETRY"], second.env["RETRY"]) == ("0", "1")
    assert first.env["ATTEMPT"] != second.env["ATTEMPT"]
    assert first.env["RUN"] == "with:a+colon"
    assert first.labels["task_id"] == "fit_one"
    assert first.name.startswith("fit-one-")
    assert first.tail == ("argument fit_one at 1", "not at the first time")
    assert first.log.read_text() == "argument fit_one at 1\nnot at the first time\n"
    (failure,) = result.failures
    assert (failure.task_id, failure.map_index, failure.try_number) == ("fit_one", 1, 1)
    assert first.name in failure.error
    assert "argument end at None" in result.log.read_text()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("templates", "{{ run_id }} {% x %}"),
        ("variables", "$(RUN) $$(RUN) $$ $"),
        ("quotes", "'\"\\\n\t<&>"),
        ("unicode", "é☃😀"),
    ],
)
def test_parameters_arrive_unchanged(run: Run, name: str, text: str, tmp_path: Path) -> None:
    assert run(name, conf={"text": text, "n": 1}).state == "success"
    stored = tmp_path / "store" / name / "parameters"
    assert json.loads(stored.read_text()) == {"text": text, "n": 1}


def test_a_pod_sees_its_own_environment_only(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("environment", conf={"n": 1}, env={"STORE": str(tmp_path / "store"), "AWS_REGION": "x"})
    environment = json.loads((tmp_path / "store/environment/environment").read_text())
    assert not [name for name in environment if name.startswith("AIRFLOW")]
    assert environment["AWS_REGION"] == "x"
    assert "PARAMETERS" in environment


def test_parameters_of_the_wrong_type_are_refused(run: Run) -> None:
    result = run("refused", conf={"n": "three"})
    assert result.state is None
    assert result.refused is not None
    assert "'three' is not of type 'integer'" in result.refused
    assert result.pods == ()


def test_the_time_between_attempts_is_waited_for(run: Run) -> None:
    result = run("delayed", max_retry_delay_s=1.5)
    assert result.state == "success"
    assert result.seconds > 1.5


def test_a_pod_that_is_killed_fails_the_run(run: Run) -> None:
    result = run("killed", conf={"text": "kill me"})
    assert result.state == "failed"
    assert [pod.exit_code for pod in result.pods] == [137]
    assert states(result)["end", -1] == (None, "upstream_failed", 0)


def test_a_task_of_airflows_own_that_fails_says_why(run: Run, tmp_path: Path) -> None:
    result = run("no-store", conf={"n": 1}, env={"STORE": str(tmp_path / "elsewhere")})
    assert result.state == "failed"
    (failure,) = result.failures
    assert failure.task_id == "items"
    assert failure.error.startswith("FileNotFoundError")


def test_a_file_with_an_error_is_not_run(run: Run, dag_file: Path) -> None:
    dag_file.write_text(dag_file.read_text() + "\nundefined_name\n")
    result = run("broken")
    assert result.state is None
    (error,) = result.import_errors
    assert "undefined_name" in error


def test_a_dag_that_the_file_lacks(run: Run) -> None:
    assert run("lacking", dag_id="Other").import_errors == ("example_dag.py has no DAG `Other`",)


def test_warnings_of_the_file_are_reported(run: Run, dag_file: Path) -> None:
    dag_file.write_text("import warnings\nwarnings.warn('old', DeprecationWarning)\n" + dag_file.read_text())
    assert any("old" in warning for warning in run("warned").warnings)


def test_a_pod_that_a_cluster_would_refuse_fails(run: Run, dag_file: Path) -> None:
    dag_file.write_text(dag_file.read_text().replace('"image": "a:1"', '"image": "a:1", "namespace": "No_Label"'))
    result = run("bad-pod")
    assert result.state == "failed"
    assert result.pods == ()
    assert "metadata.namespace: 'No_Label' does not match" in result.failures[0].error


FLOW = """\
from flowc import FlowSpec, step


class Wide(FlowSpec):
    @step
    def start(self):
        self.xs = [1]
        self.next(self.work, foreach="xs")

    @step
    def work(self):
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""

COMMIT = """\
import json, os, pathlib
from urllib.parse import urlsplit
from flowc.contract import run_key
env = os.environ
folder = pathlib.Path(urlsplit(env["FLOWC_STORE"]).path, env["FLOWC_FLOW"], "runs", run_key(env["FLOWC_RUN"]))
commit = folder / env["FLOWC_STEP"] / "_" / "commit.json"
commit.parent.mkdir(parents=True)
commit.write_text(json.dumps({"attempt": env["FLOWC_ATTEMPT"], "splits": 1025}))
"""


def test_a_foreach_that_is_too_wide_for_airflow_names_the_setting(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wide.py").write_text(FLOW)
    (tmp_path / "commit.py").write_text(COMMIT)
    program, _, _ = read_program(str(tmp_path / "wide.py"))
    assert program is not None
    compiled, found = compile_program(program, TARGET, store=f"file://{tmp_path}/store", image="runner:test")
    assert compiled is not None, found
    (file,) = compiled.definition
    generated = tmp_path / file.name
    generated.write_bytes(file.data)

    runner = (sys.executable, str(tmp_path / "commit.py"))
    result = run("a:1", dag_file=generated, dag_id="Wide", runner=runner)

    assert result.import_errors == result.warnings == ()
    assert [pod.exit_code for pod in result.pods] == [0]
    (failure,) = result.failures
    assert failure.task_id == "start.items"
    assert "1025 items" in failure.error
    assert "AIRFLOW__CORE__MAX_MAP_LENGTH" in failure.error


def test_leaving_the_driver_ends_its_pods(cache: Path, dag_file: Path, runner: tuple[str, ...], tmp_path: Path) -> None:
    class Leave(Exception):
        pass

    started: list[AirflowPod] = []

    def leave(pod: AirflowPod) -> None:
        started.append(pod)
        while not list((tmp_path / "store").glob("*/pid")):
            time.sleep(0.01)
        raise Leave

    with pytest.raises(Leave), AirflowDriver(cache=cache) as other:
        other.run(
            dag_file,
            dag_id="Example",
            run_id="left",
            runner=runner,
            log_dir=tmp_path / "logs",
            conf={"text": "sleep"},
            env={"STORE": str(tmp_path / "store")},
            on_pod=leave,
        )
    pid = (tmp_path / "store/left/pid").read_text()
    alive = subprocess.run(["ps", "-p", pid, "-o", "stat="], capture_output=True, text=True, check=False)
    assert alive.stdout.strip() in ("", "Z")


def test_no_airflow_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(SimulateError, match="apache-airflow-providers-cncf-kubernetes"):
        find_airflow(tmp_path / "python")


def test_an_interpreter_without_airflow_says_what_to_install(cache: Path) -> None:
    with (
        pytest.raises(SimulateError, match="install `apache-airflow`"),
        AirflowDriver(python=sys.executable, cache=cache),
    ):
        pass


def test_a_driver_that_was_not_entered(dag_file: Path, tmp_path: Path) -> None:
    with pytest.raises(SimulateError, match="with"):
        AirflowDriver().run(dag_file, dag_id="Example", run_id="x", runner=(), log_dir=tmp_path)
