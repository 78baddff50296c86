"""`--config` and `--config-value`: the same on every command that reads a flow."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flowc import Flow
from flowc.package import packed_plan
from tests.cli.flowc import contents, flowc

FLOW = """from flowc import Config, FlowSpec, resources, step

class Model(FlowSpec):
    config = Config("config", default="config.json", help="the model's")
    other = Config("other", default_value="a: 1", parser="yaml.safe_load")
    more = Config("more", default_value={"z": 1, "a": 2})

    @resources(cpu=config.cpu)
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        print(self.config.cpu, self.other, self.more)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(FLOW)
    (tmp_path / "config.json").write_text('{"cpu": 1}')
    (tmp_path / "prod.json").write_text('{"cpu": 8, "name": "{{ ds }} ü"}')
    return tmp_path


def data(folder: Path) -> Any:
    return Flow("Model", str(folder / ".flowc")).latest_run.data


def test_a_run_with_what_the_flow_says(folder: Path) -> None:
    result = flowc("run", "model.py", cwd=folder)
    assert result.returncode == 0, result.stderr
    found = data(folder)
    assert (found.config, found.other, found.more) == ({"cpu": 1}, {"a": 1}, {"z": 1, "a": 2})
    assert found.config.cpu == 1
    assert "end | 1 {'a': 1} {'z': 1, 'a': 2}" in result.stdout


def test_a_run_with_what_the_command_line_says(folder: Path) -> None:
    words = ("--config", "config", "prod.json", "--config-value", "other", "a: [x]", "--config-value", "more", "{}")
    result = flowc("run", "model.py", *words, cwd=folder)
    assert result.returncode == 0, result.stderr
    found = data(folder)
    assert (found.config.to_dict(), found.other, found.more) == ({"cpu": 8, "name": "{{ ds }} ü"}, {"a": ["x"]}, {})


def test_what_is_compiled_needs_no_file(folder: Path) -> None:
    words = ("--target", "airflow", "--store", "s3://bucket", "-o", "out", "--config", "config", "prod.json")
    assert flowc("compile", "model.py", *words, cwd=folder).returncode == 0
    first = contents(folder / "out")
    assert b'"cpu": "8"' in first["Model_dag.py"]
    plan = packed_plan(first["Model.code.tar.zst"])
    assert plan is not None
    assert plan["configs"][0]["value"] == '{"cpu":8,"name":"{{ ds }} ü"}'
    assert plan["configs"][2]["value"] == '{"z":1,"a":2}'
    # the bytes depend on what is in a file, and on nothing else of it
    shutil.move(folder / "prod.json", folder / "moved.json")
    words = (*words[:-1], str(folder / "moved.json"))
    assert flowc("compile", "model.py", *words, cwd=folder).returncode == 0
    assert contents(folder / "out") == first


@pytest.mark.parametrize("command", ["check", "graph", "run", "compile"])
def test_every_command_knows_what_is_wrong(folder: Path, command: str) -> None:
    more = ("--target", "airflow", "--store", "s3://bucket", "-o", "out") if command == "compile" else ()
    result = flowc(command, "model.py", *more, "--config", "confg", "prod.json", cwd=folder)
    assert result.returncode == 1
    assert "FC138 error: there is no config `confg`, which `--config` is given" in result.stderr + result.stdout
    assert "did you mean `config`?" in result.stderr + result.stdout
    result = flowc(command, "model.py", *more, "--config-value", "config", '{"gpu": 1}', cwd=folder)
    assert result.returncode == 1
    assert "FC136 error: `config` has no key `cpu`; the config comes from `--config-value config`" in (
        result.stderr + result.stdout
    )
    assert flowc(command, "model.py", *more, "--config", "config", cwd=folder).returncode == 2


def test_an_error_in_a_file_is_shown_with_its_line(folder: Path) -> None:
    (folder / "prod.json").write_text('{"cpu": 1,\n "x" 2}')
    result = flowc("check", "model.py", "--config", "config", "prod.json", cwd=folder)
    assert result.returncode == 1
    text = result.stdout + result.stderr
    assert "is not JSON: expecting ':' delimiter (prod.json, line 2, column 6)" in text
    assert '... prod.json:2:6\n 2 |  "x" 2}\n   |      - here\n' in text
    report = json.loads(
        flowc("check", "model.py", "--format", "json", "--config", "config", "prod.json", cwd=folder).stdout
    )
    assert "FC135" in json.dumps(report)


def test_the_help_lists_them(folder: Path) -> None:
    text = flowc("run", "model.py", "--help", cwd=folder).stdout
    assert "Configs of model.py:" in text
    assert "--config config FILE  the model's  [default: config.json]" in text
    assert '--config other FILE   [default: {"a": 1}]' in text


def test_a_step_that_runs_again_has_the_flow_s_configs_as_they_are_now(folder: Path) -> None:
    assert flowc("run", "model.py", "--config", "config", "prod.json", cwd=folder).returncode == 0
    (folder / "config.json").write_text('{"cpu": 3}')
    result = flowc("run", "model.py", "--step", "end", cwd=folder)
    assert result.returncode == 0, result.stderr
    assert "3 {'a': 1} {'z': 1, 'a': 2}" in result.stdout
    result = flowc("run", "model.py", "--step", "end", "--config", "config", "prod.json", cwd=folder)
    assert "8 {'a': 1} {'z': 1, 'a': 2}" in result.stdout
    (task,) = Flow("Model", str(folder / ".flowc")).latest_run["end"]
    assert task["config"].cpu == 8
