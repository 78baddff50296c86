"""The values of secrets are in nothing that a run leaves, on any engine."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowc import Run
from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.stepfunctions import AwsServer
from flowc.store.artifacts import zstd_module
from flowc.store.opening import open_store
from tests.conformance import engines
from tests.conformance.conftest import BUCKET
from tests.conformance.expectations import cases
from tests.secret_values import keep_secrets

(CASE,) = (case for case in cases() if case.name == "secret")
VALUES = [value if isinstance(value, bytes) else value.encode() for value in CASE.expected["secrets"].values()]
MARKS = [
    *(mark for value in VALUES for mark in re.findall(rb"[a-z0-9]+(?:-[a-z0-9]+){3}", value)),
    *(base64.b64encode(value)[:24] for value in VALUES),
]
"""Parts of the values that nothing else contains."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The flow, without its expectations, in which the values stand."""
    path = tmp_path / "flow" / "secret.py"
    path.parent.mkdir()
    path.write_text(CASE.file.read_text().partition("\nEXPECTED")[0])
    return path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where engines that the test starts have their folders: others' hold flows in which the values stand."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def aws(temporary: Path) -> Iterator[AwsServer]:
    """One that runs this test's flow alone."""
    with AwsServer() as server:
        server.create_bucket(BUCKET)
        yield server


@pytest.fixture
def environment(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """By which the secrets are reached."""
    keep_secrets(CASE.expected["secrets"], aws.env)
    for name, value in aws.env.items():
        monkeypatch.setenv(name, value)
    return dict(aws.env)


def given_away(*contents: bytes) -> list[bytes]:
    """The parts of the values that are in any of the contents, as they are or in base64."""
    decoded = [base64.b64decode(text) for content in contents for text in re.findall(rb'"inline":"([^"]*)"', content)]
    everything = b"\n".join([*contents, *decoded])
    return [mark for mark in MARKS if mark in everything]


def files(*folders: Path) -> Iterator[bytes]:
    """What is in all files below folders; what is compressed also as it was before."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield from unpacked(path.read_bytes())


def unpacked(content: bytes) -> Iterator[bytes]:
    yield content
    if content.startswith(b"\x28\xb5\x2f\xfd"):  # Source: RFC 8878, 3.1.1
        yield zstd_module().decompress(content)


def artifacts(run: Run) -> bytes:
    """All of them, and all logs, as they are shown."""
    tasks = [task for step in run for task in step]
    assert len(tasks) == 8
    return repr([(task.log, {name: task[name] for name in task.artifacts}) for task in tasks]).encode()


def test_there_is_something_to_look_for() -> None:
    assert len(MARKS) == 6
    assert given_away(b"a mossy-9d1-anvil-33e b") == [b"mossy-9d1-anvil-33e"]
    assert given_away(b'{"inline":"' + base64.b64encode(b"x mossy-9d1-anvil-33e") + b'"}') == [b"mossy-9d1-anvil-33e"]


def test_local(file: Path, environment: dict[str, str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    process = subprocess.run(
        [sys.executable, "-m", "flowc", "run", str(file), "--store", str(home / "store")],
        env={**environment, "HOME": str(home), "TMPDIR": str(home), "PATH": ""},
        capture_output=True,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    (run,) = (home / "store" / "Secret" / "runs").iterdir()
    shown = artifacts(Run(f"Secret/{run.name}", str(home / "store")))
    assert not given_away(shown, *files(home), process.stdout, process.stderr)


@pytest.mark.airflow
def test_airflow(file: Path, environment: dict[str, str], temporary: Path, tmp_path: Path) -> None:
    flow, url = engines.program(file), (tmp_path / "store").as_uri()
    with AirflowDriver() as airflow:
        result = engines.run_airflow(airflow, flow, url, "searched", {}, environment, tmp_path / "out")
        assert result.succeeded, result.reason
        assert list(temporary.glob("flowc-airflow-*"))
        found = list(files(tmp_path / "store", tmp_path / "out", temporary))
    assert not given_away(artifacts(Run("Secret/searched", url)), *found, repr(result).encode())


@pytest.mark.stepfunctions
def test_stepfunctions(
    file: Path, environment: dict[str, str], aws: AwsServer, temporary: Path, tmp_path: Path
) -> None:
    flow, url = engines.program(file), f"s3://{BUCKET}/searched"
    result = engines.run_stepfunctions(aws, flow, url, "searched", {}, tmp_path / "out")
    assert result.succeeded, result.reason
    store = open_store(url, environment)
    objects = [part for key in store.keys("") for part in unpacked(store.read(key))]
    assert len(objects) > 20
    assert list(temporary.glob("flowc-aws-*"))
    found = files(tmp_path / "out", temporary)
    assert not given_away(artifacts(Run("Secret/searched", url)), *objects, *found, repr(result).encode())


def test_what_a_step_gives_away_itself_is_found(file: Path, environment: dict[str, str], tmp_path: Path) -> None:
    file.write_text(file.read_text().replace('self.user = os.environ["user"]', 'self.user = os.environ["pass_word"]'))
    run = engines.run_local(file, (tmp_path / "store").as_uri(), {}, environment)
    assert given_away(*files(tmp_path / "store"))
    assert given_away(artifacts(Run(f"Secret/{run}", (tmp_path / "store").as_uri())))
