"""Commands take what is set in files and variables; options come before it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from flowc.settings.declared import DECLARED, declared_by
from flowc.targets.registry import load_target, target_names
from tests.cli.flowc import EXAMPLES, flowc

PROJECT = """
[tool.flowc]
store = "artifacts"
target = "airflow"
output = "out"
image = "team/flows:7"
tags = ["nightly"]
with = ["retry:times=1,minutes_between_retries=0"]

[tool.flowc.airflow]
namespace = "flows"

[tool.flowc.aws]
region = "eu-central-1"
kms_key_id = "alias/flows"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "flows").mkdir()
    shutil.copy(EXAMPLES / "hello.py", tmp_path / "flows")
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    return tmp_path


def test_run_and_show_take_the_store_of_the_project(project: Path) -> None:
    inner = project / "flows"
    result = flowc("run", "hello.py", cwd=inner)
    assert result.returncode == 0, result.stderr
    assert (project / "artifacts" / "Hello").is_dir() and not (inner / ".flowc").exists()
    (run,) = json.loads(flowc("runs", "--json", cwd=inner).stdout)["runs"]
    assert "nightly" in run["tags"]
    assert flowc("show", "Hello", cwd=inner).returncode == 0
    assert flowc("show", "Hello", "--store", ".flowc", cwd=inner).returncode == 1


def test_compile_needs_no_options_then(project: Path) -> None:
    result = flowc("compile", "flows/hello.py", "--store", "s3://bucket", cwd=project)
    assert result.returncode == 0, result.stderr
    text = (project / "out" / "Hello_dag.py").read_text()
    for part in (
        '"image": "team/flows:7"',
        '"namespace": "flows"',
        '"AWS_REGION": "eu-central-1"',
        '"AWS_SSE_KMS_KEY_ID": "alias/flows"',
        'tags=["flowc", "nightly"]',
        "retries=1",
    ):
        assert part in text
    given = (
        "--image",
        "other:1",
        "--namespace",
        "else",
        "--tag",
        "own",
        "--with",
        "resources:memory=8000",
        "-o",
        "elsewhere",
    )
    result = flowc("compile", "flows/hello.py", "--store", "s3://bucket", *given, cwd=project)
    assert result.returncode == 0, result.stderr
    text = (project / "elsewhere" / "Hello_dag.py").read_text()
    assert '"image": "other:1"' in text and '"namespace": "else"' in text and 'tags=["flowc", "own"]' in text
    assert "8000" in text and "retries=1" not in text


def test_what_is_wrong_stops_every_command(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.flowc]\nstroe = "x"\n')
    for words in (("run", "flows/hello.py"), ("runs",), ("check", "flows/hello.py", "--with", "retry"), ("config",)):
        result = flowc(*words, cwd=project)
        assert result.returncode == 1, words
        assert "FC502" in result.stderr and "did you mean `store`?" in result.stderr
    assert not (project / ".flowc").exists()


def test_what_is_wrong_in_any_table_is_said_at_once(project: Path) -> None:
    text = '[tool.flowc]\nstroe = "x"\n[tool.flowc.stepfunctions]\nbatch_quue = "q"\n'
    (project / "pyproject.toml").write_text(
        text + '[tool.flowc.airflow]\nnamespace = 3\n[tool.flowc.aws]\nregoin = "x"\n'
    )
    environment = {"FLOWC_AIRFLOW_NAMESPCE": "x"}
    for words in (("run", "flows/hello.py"), ("check", "flows/hello.py"), ("compile", "flows/hello.py"), ("config",)):
        result = flowc(*words, cwd=project, env=environment)
        assert result.returncode == 1, words
        codes = [line[:5] for line in result.stderr.splitlines() if line.startswith("FC")]
        assert codes == ["FC504", "FC502", "FC502", "FC503", "FC502"], words
        for meant in ("FLOWC_AIRFLOW_NAMESPACE", "`store`", "`stepfunctions.batch_queue`", "`aws.region`"):
            assert f"did you mean {meant}?" in result.stderr
    assert not (project / ".flowc").exists()


def test_a_warning_about_settings_is_said_once(project: Path) -> None:
    words = ("compile", "flows/hello.py", "--store", "s3://bucket")
    result = flowc(*words, cwd=project, env={"FLOWC_AIRFLOW_NAMESPCE": "x"})
    assert (result.returncode, result.stderr.count("FC504")) == (0, 1)


def test_config_shows_all_settings(project: Path) -> None:
    shown = flowc("config", cwd=project, env={"FLOWC_IMAGE": "of:variable"}).stdout
    lines = {line.split()[0]: line for line in shown.splitlines()}
    every = [*DECLARED, *(d for name in target_names() for d in declared_by(load_target(name)))]
    assert set(lines) == {"setting", *(d.name for d in every)}
    assert lines["image"].split()[1:] == ["of:variable", "FLOWC_IMAGE"]
    assert lines["store"].split()[1:] == ["artifacts", "pyproject.toml:3"]
    found = json.loads(flowc("config", "--json", cwd=project).stdout)
    assert found["files"] == ["pyproject.toml"]
    by_name = {s["name"]: s for s in found["settings"]}
    assert by_name["tags"]["value"] == ["nightly"]
    assert by_name["airflow.namespace"] == {
        "name": "airflow.namespace",
        "value": "flows",
        "origin": "file",
        "place": "pyproject.toml:11",
        "variable": "FLOWC_AIRFLOW_NAMESPACE",
        "option": "--namespace",
        "help": "Kubernetes namespace of the pods",
    }


def test_a_password_in_a_setting_is_not_shown(project: Path) -> None:
    shown = flowc("config", cwd=project, env={"AWS_ENDPOINT_URL": "https://me:secret@s3.local"}).stdout
    assert "secret" not in shown and "https://...@s3.local" in shown
