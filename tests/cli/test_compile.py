"""`flowc compile`: offline, without the flow's libraries, the same bytes every time, nothing lost."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from blake3 import blake3

from flowc.store.artifacts import zstd_module
from tests.cli.flowc import EXAMPLES, contents, flowc

TARGETS = ("airflow", "stepfunctions")
DEFINITION = {"airflow": "ModelSearch_dag.py", "stepfunctions": "ModelSearch.asl.json"}
STORE = ("--store", "s3://bucket/flows")
MODEL_SEARCH = EXAMPLES / "model_search.py"

ALONE = """
import socket, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

def no_network(*arguments):
    raise OSError("there is no network")

sys.meta_path.insert(0, Absent())
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = no_network
"""
ABSENT = {"sklearn", "numpy", "airflow", "boto3", "botocore", "moto", "metaflow", "kubernetes", "model_search"}


@pytest.fixture
def alone(tmp_path: Path) -> dict[str, str]:
    """An environment in which the flow's libraries, the schedulers' and any network are absent."""
    folder = tmp_path / "alone"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(ALONE.format(names=ABSENT))
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize("target", TARGETS)
def test_twice_alone_with_equal_bytes(target: str, alone: dict[str, str], tmp_path: Path) -> None:
    for number, seed in enumerate(("1", "2")):
        result = flowc(
            *("compile", MODEL_SEARCH, "--target", target, *STORE, "-o", tmp_path / str(number)),
            env={**alone, "PYTHONHASHSEED": seed},
        )
        assert (result.returncode, result.stderr) == (0, "")
    first, second = contents(tmp_path / "0"), contents(tmp_path / "1")
    assert first == second
    assert sorted(first) == sorted(["ModelSearch.code.tar.zst", DEFINITION[target]])


@pytest.mark.parametrize("target", TARGETS)
def test_the_definition_names_the_package(target: str, tmp_path: Path) -> None:
    assert flowc("compile", MODEL_SEARCH, "--target", target, *STORE, "-o", tmp_path).returncode == 0
    package = (tmp_path / "ModelSearch.code.tar.zst").read_bytes()
    assert blake3(zstd_module().decompress(package)).hexdigest() in (tmp_path / DEFINITION[target]).read_text()
    with tarfile.open(fileobj=io.BytesIO(zstd_module().decompress(package))) as archive:
        first, *others = archive.getnames()
        plan = json.load(archive.extractfile(first))  # type: ignore[arg-type]
    assert first == "flowc-plan.json"
    assert "model_search.py" in others
    assert (plan["flow"], plan["module"], plan["start"], plan["end"]) == ("ModelSearch", "model_search", "start", "end")


def test_no_user_code_is_executed(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(
        "import pathlib\npathlib.Path('executed').touch()\nfrom metaflow import FlowSpec, step\n\n"
        "class Loud(FlowSpec):\n    @step\n    def start(self):\n        self.next(self.end)\n"
        "    @step\n    def end(self):\n        pass\n"
    )
    for target in TARGETS:
        result = flowc("compile", "loud.py", "--target", target, *STORE, "-o", "out", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("target", TARGETS)
def test_compiling_into_the_flows_own_folder_changes_nothing(target: str, tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_bytes((EXAMPLES / "hello.py").read_bytes())
    found = []
    for _ in range(2):
        assert flowc("compile", "hello.py", "--target", target, *STORE, "-o", ".", cwd=tmp_path).returncode == 0
        found.append(contents(tmp_path))
    assert found[0] == found[1]
    assert len(found[0]) == 3


@pytest.mark.parametrize("name", ["Hello_dag.py", "Hello.code.tar.zst"])
def test_a_file_of_others_is_not_overwritten(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"print('mine')\n")
    result = flowc("compile", EXAMPLES / "hello.py", "--target", "airflow", *STORE, "-o", tmp_path)
    assert result.returncode == 1
    assert "FC405" in result.stderr and name in result.stderr
    assert contents(tmp_path) == {name: b"print('mine')\n"}


def test_a_file_of_flowcs_is_overwritten(tmp_path: Path) -> None:
    words = ("compile", EXAMPLES / "hello.py", "--target", "airflow", "-o", tmp_path)
    assert flowc(*words, "--store", "s3://old").returncode == 0
    assert flowc(*words, "--store", "s3://new").returncode == 0
    assert "s3://new" in (tmp_path / "Hello_dag.py").read_text()


def test_all_files_are_replaced_or_none(tmp_path: Path) -> None:
    words = ("compile", EXAMPLES / "hello.py", "--target", "airflow", "-o", tmp_path)
    assert flowc(*words, "--store", "s3://before").returncode == 0
    before = contents(tmp_path)
    (tmp_path / "Hello.code.tar.zst.part").mkdir()  # in the way of the second file
    result = flowc(*words, "--store", "s3://after")
    assert result.returncode == 1
    assert "Hello.code.tar.zst.part" in result.stderr
    assert "Traceback" not in result.stderr
    assert contents(tmp_path) == before


def test_the_output_cannot_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    result = flowc("compile", EXAMPLES / "hello.py", "--target", "airflow", *STORE, "-o", tmp_path / "out")
    assert result.returncode == 1
    assert "out" in result.stderr and "Traceback" not in result.stderr


def test_a_remote_target_without_a_store(tmp_path: Path) -> None:
    result = flowc("compile", EXAMPLES / "hello.py", "--target", "airflow", "-o", tmp_path / "out")
    assert result.returncode == 1
    assert "FC401" in result.stderr and "--store s3://" in result.stderr
    assert contents(tmp_path) == {}


def test_the_store_of_the_environment(tmp_path: Path) -> None:
    words = ("compile", EXAMPLES / "hello.py", "--target", "airflow", "-o", tmp_path)
    assert flowc(*words, env={"FLOWC_STORE": "s3://from/environment"}).returncode == 0
    assert "s3://from/environment" in (tmp_path / "Hello_dag.py").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--image", ""), "FC001", "`` is not the name of an image"),
        (("--image", "a b"), "FC001", "`a b` is not the name of an image"),
        (("--namespace", "BAD NS!"), "FC001", "`BAD NS!` is not a name that Kubernetes takes"),
        (("--service-account", "-x"), "FC001", "`-x` is not a name that Kubernetes takes"),
        (("--store", "s3://b"), "FC402", "`b` is not the name of a bucket"),
    ],
)
def test_airflow_gets_no_nonsense(words: tuple[str, ...], code: str, said: str, tmp_path: Path) -> None:
    store = () if "--store" in words else STORE
    result = flowc("compile", EXAMPLES / "hello.py", "--target", "airflow", *store, *words, "-o", tmp_path / "out")
    assert result.returncode == 1
    assert f"{code} error: {said}" in result.stderr
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("store", ["directory", "file:///directory", "gs://bucket/x"])
def test_step_functions_takes_s3_only(store: str, tmp_path: Path) -> None:
    words = ("compile", EXAMPLES / "hello.py", "--target", "stepfunctions", "--store", store)
    result = flowc(*words, "-o", tmp_path / "out", cwd=tmp_path)
    assert result.returncode == 1
    assert "FC402" in result.stderr and "s3://bucket" in result.stderr
    assert contents(tmp_path) == {}


def test_the_compute_is_a_setting(tmp_path: Path) -> None:
    words = ("compile", EXAMPLES / "hello.py", "--target", "airflow", *STORE, "-o", tmp_path)
    result = flowc(*words, "--compute", "dokcer")
    assert result.returncode == 1
    assert "FC001 error: there is no compute `dokcer` on Airflow" in result.stderr
    assert "--compute kubernetes, docker, batch, ecs, local" in result.stderr
    assert contents(tmp_path) == {}
    assert flowc(*words, "--compute", "docker").returncode == 0
    assert "= DockerOperator(" in (tmp_path / "Hello_dag.py").read_text()


@pytest.mark.parametrize("words", [["--deferrable"], ["--deferrable", "true"], ["--deferrable=true"]])
def test_a_flag_of_the_target_needs_no_value(words: list[str], tmp_path: Path) -> None:
    compiled = ("compile", EXAMPLES / "hello.py", "--target", "airflow")
    result = flowc(*compiled, *words, *STORE, "-o", tmp_path)
    assert result.returncode == 0, result.stderr
    assert '"deferrable": True,' in (tmp_path / "Hello_dag.py").read_text()


def test_settings_of_the_target(tmp_path: Path) -> None:
    words = ("compile", EXAMPLES / "hello.py", "--target", "stepfunctions", *STORE, "-o", tmp_path)
    assert flowc(*words, "--batch-queue", "fast-lane", "--image=my/image:2").returncode == 0
    definition = (tmp_path / "Hello.asl.json").read_text()
    assert '"JobQueue": "fast-lane"' in definition and '"Image": "my/image:2"' in definition
    unknown = flowc(*words, "--batch-queu", "x")
    assert unknown.returncode == 2
    assert "--batch-queue" in unknown.stderr


@pytest.mark.parametrize(("decorator", "target"), [("kubernetes", "stepfunctions")])
def test_the_other_scheduler_s_machines_are_refused(decorator: str, target: str, tmp_path: Path) -> None:
    text = f"""
from flowc import FlowSpec, {decorator}, step


class Elsewhere(FlowSpec):
    @{decorator}
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
    (tmp_path / "elsewhere.py").write_text(text)
    result = flowc("compile", "elsewhere.py", "--target", target, "--store", "s3://bucket", "-o", "out", cwd=tmp_path)
    assert result.returncode == 1
    assert f"FC403 error: target {target} does not support @{decorator}" in result.stderr
    assert "help: write `@resources` for what every target has" in result.stderr
    assert "elsewhere.py:8" in result.stderr
    assert not (tmp_path / "out").exists()


SCHEDULED = """from flowc import FlowSpec, schedule, step

@schedule(daily=True)
class Daily(FlowSpec):
    @step
    def only(self):
        pass
"""
MACHINE = ("--state-machine", "arn:aws:states:eu-central-1:123456789012:stateMachine:Daily")
ROLE = ("--schedule-role", "arn:aws:iam::123456789012:role/r")


@pytest.mark.parametrize(
    ("given", "lacks"),
    [((), "--state-machine and --schedule-role"), (ROLE, "--state-machine"), ((*ROLE, *MACHINE), None)],
    ids=["nothing", "role", "both"],
)
def test_a_schedule_that_lacks_something_is_said(given: tuple[str, ...], lacks: str | None, tmp_path: Path) -> None:
    (tmp_path / "daily.py").write_text(SCHEDULED)
    words = ("daily.py", "--target", "stepfunctions", *STORE, "-o", "out", *given)
    result = flowc("compile", *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    said = [line for line in result.stdout.splitlines() if "cannot be used yet" in line]
    start = "out/Daily.schedule.json cannot be used yet: compile with"
    assert said == ([] if lacks is None else [f"{start} {lacks}, or add what they say"])
