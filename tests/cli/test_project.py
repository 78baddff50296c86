"""`flowc init` and `flowc doctor`."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from flowc import Flow, __version__
from flowc.simulate.libraries import MOTO_VERSION
from tests.cli.flowc import contents, flowc
from tests.s3 import BUCKET, S3

FILES = [".gitignore", "README.md", "flow.py", "requirements.txt"]


# --- init ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [(), (".",), ("new/project dir",)], ids=str)
def test_a_project_runs_at_once(words: tuple[str, ...], tmp_path: Path) -> None:
    result = flowc("init", *words, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    folder = tmp_path.joinpath(*words)
    assert sorted(contents(folder)) == FILES
    place = tmp_path
    commands = result.stdout.partition("next:\n")[2].splitlines()
    assert len(commands) == (4 if words not in ((), (".",)) else 3)
    for command in commands:
        program, *rest = shlex.split(command)
        if program == "cd":
            place = place / rest[0]
            continue
        done = flowc(*rest, cwd=place)
        assert (program, done.returncode, done.stderr) == ("flowc", 0, "")
    assert Flow("WordCount", str(folder / ".flowc")).latest_run.data.total == 9  # type: ignore[union-attr]


def test_what_its_readme_says_is_true(tmp_path: Path) -> None:
    assert flowc("init", cwd=tmp_path).returncode == 0
    lines = (tmp_path / "README.md").read_text().splitlines()
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("flowc ")]
    assert [words[1] for words in commands] == ["check", "run", "show", "dump", "compile", "compile"]
    for words in commands:
        result = flowc(*words[1:], cwd=tmp_path)
        assert (result.returncode, result.stderr) == (0, ""), words
    # what all of it has left is what .gitignore names
    ignored = {line.strip("/") for line in (tmp_path / ".gitignore").read_text().splitlines() if line.startswith("/")}
    assert {p.name for p in tmp_path.iterdir()} == {*FILES, *ignored}


def test_the_requirements_name_this_flowc(tmp_path: Path) -> None:
    flowc("init", cwd=tmp_path)
    lines = (tmp_path / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [f"flowc=={__version__}"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text("mine")
    (tmp_path / "README.md").symlink_to("nowhere")
    result = flowc("init", cwd=tmp_path)
    assert result.returncode == 0
    assert "flow.py  was there, and stays as it is\n" in result.stdout
    assert "README.md  was there, and stays as it is\n" in result.stdout
    assert "requirements.txt  written\n" in result.stdout
    assert (tmp_path / "flow.py").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for where in ("file", "file/below"):
        result = flowc("init", where, cwd=tmp_path)
        assert result.returncode == 1
        assert result.stderr.startswith("error: ") and "Traceback" not in result.stderr


# --- doctor ----------------------------------------------------------------------------------------------------------


def _findings(*words: str | Path, cwd: Path, code: int = 0, **environment: str) -> dict[str, Any]:
    result = flowc("doctor", "--json", *words, cwd=cwd, env=environment)
    assert (result.returncode, result.stderr) == (code, "")
    return {f["name"]: f for f in json.loads(result.stdout)["findings"]}


def test_what_is_installed(tmp_path: Path) -> None:
    found = _findings(cwd=tmp_path)
    assert found["flowc"]["found"].startswith(f"{__version__}, ")
    assert found["Python"]["found"] == f"{'.'.join(map(str, sys.version_info[:3]))}, {sys.executable}"
    assert {"click", "rich", "obstore", "blake3", "jinja2", "cloudpickle"} <= set(found)
    assert found["moto"]["found"] == MOTO_VERSION
    assert found["store"]["verdict"] == "note" and found["store"]["found"] == ".flowc does not exist"
    assert found["FLOWC_STORE"]["verdict"] == "note"
    assert list(tmp_path.iterdir()) == []


def test_text_for_people(tmp_path: Path) -> None:
    result = flowc("doctor", cwd=tmp_path)
    assert result.returncode == 0
    assert [line for line in result.stdout.splitlines() if not line.startswith(" ")] == [
        "installed:",
        "",
        "reachable:",
        "",
        "configured:",
    ]
    assert "  note    store " in result.stdout and "  the first run makes it\n" in result.stdout


def test_airflow_s_interpreter(tmp_path: Path) -> None:
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    fake.chmod(0o755)
    lacking = _findings(cwd=tmp_path, code=1, FLOWC_AIRFLOW_PYTHON=str(fake))["Airflow"]
    assert lacking["verdict"] == "broken" and f"{fake} lacks apache-airflow" in lacking["found"]
    fake.write_text("#!/bin/sh\necho no good >&2\nexit 3\n")
    broken = _findings(cwd=tmp_path, code=1, FLOWC_AIRFLOW_PYTHON=str(fake))["Airflow"]
    assert broken["found"] == f"{fake} does not work: no good"
    nowhere = _findings(cwd=tmp_path, code=1, FLOWC_AIRFLOW_PYTHON="/nowhere")["Airflow"]
    assert nowhere["found"] == "no interpreter /nowhere" and "FLOWC_AIRFLOW_PYTHON" in nowhere["hint"]


@pytest.mark.airflow
def test_airflow_is_found(tmp_path: Path) -> None:
    found = _findings(cwd=tmp_path)["Airflow"]
    assert found["verdict"] == "ok" and " with cncf-kubernetes " in found["found"] and ".venv-airflow" in found["found"]


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    setting = {
        "AWS_SECRET_ACCESS_KEY": "hush-1",
        "AWS_SESSION_TOKEN": "hush-2",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "http://me:hush-3@localhost:1",
        "FLOWC_PARAMETERS": '{"password": "hush-4"}',
    }
    found = _findings(cwd=tmp_path, **setting)
    assert found["AWS_REGION"]["found"] == "eu-central-1"
    assert found["AWS_ENDPOINT_URL"]["found"] == "http://...@localhost:1"
    assert found["AWS_SECRET_ACCESS_KEY"]["found"] == "set (not shown)"
    assert "hush" not in json.dumps(found)
    assert "hush" not in flowc("doctor", cwd=tmp_path, env=setting).stdout


def test_a_store_in_a_directory(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    found = _findings("--store", "store", cwd=tmp_path)
    assert found["list the store"]["found"] == "store: listed, with 0 folders of flows"
    assert "write to the store" not in found
    assert list((tmp_path / "store").iterdir()) == []
    written = _findings("--store", "store", "--write", cwd=tmp_path)["write to the store"]
    assert written["verdict"] == "ok"
    assert [p.name for p in (tmp_path / "store").iterdir()] == ["flowc-doctor.json"]
    _findings("--store", "store", "--write", cwd=tmp_path)
    assert flowc("runs", "--store", "store", cwd=tmp_path).returncode == 0


def test_a_store_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert _findings("--store", "file", cwd=tmp_path, code=1)["list the store"]["verdict"] == "broken"
    unknown = _findings("--store", "gs://bucket", cwd=tmp_path, code=1)["store"]
    assert unknown["verdict"] == "broken" and "`gs://bucket` is not a store" in unknown["found"]


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    # a folder where the probe's file would be: not even root can put a file into its place
    (tmp_path / "store" / "flowc-doctor.json").mkdir(parents=True)
    found = _findings("--store", "store", "--write", cwd=tmp_path, code=1)
    assert (found["list the store"]["verdict"], found["write to the store"]["verdict"]) == ("ok", "broken")


def test_a_store_in_s3(s3_server: S3, tmp_path: Path) -> None:
    store = f"s3://{BUCKET}/doctor"
    found = _findings("--store", store, "--write", cwd=tmp_path, **s3_server.environment)
    assert found["list the store"]["verdict"] == "ok"
    assert found["write to the store"]["found"].endswith("written, replaced on a condition, and read")
    missing = _findings("--store", "s3://no-such-bucket", cwd=tmp_path, code=1, **s3_server.environment)
    assert missing["list the store"]["verdict"] == "broken"
    assert "AWS_*" in missing["list the store"]["hint"]
