"""Configs in tasks: where their values come from, how often they are saved, and what becomes of parsers that fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowc import ConfigValue
from flowc.contract import run_json_key
from flowc.store.records import RunRecord
from tests.projects import Project

Make = Callable[..., Project]

HEAD = """
import json, os
from pathlib import Path
from metaflow import Config

CALLS = Path({calls!r})

def parse(text):
    CALLS.write_text((CALLS.read_text() if CALLS.exists() else "") + "x")
    return {{"words": text.split(), "nested": [{{"n": len(text)}}]}}
"""
STEPS = """
    @step
    def start(self):
{start}
        self.next(self.middle)

    @step
    def middle(self):
        self.next(self.end)

    @step
    def end(self):
{end}
"""


def flow(project: Make, tmp_path: Path, body: str, start: str = "pass", end: str = "pass") -> Project:
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    steps = STEPS.format(start=f"        {start}", end=f"        {end}")
    return project(lines + steps, head=HEAD.format(calls=str(tmp_path / "calls")))


def record(made: Project) -> RunRecord:
    return RunRecord.parse(made.store.read(run_json_key("Made", made.address("start").run)))


def failure(made: Project) -> str:
    error = made.record("start").error
    assert error is not None
    return error["message"]


def test_values_and_parsed_ones_are_artifacts_of_every_task(project: Make, tmp_path: Path) -> None:
    body = """
config = Config("config", default_value={"b": {"x": 1}, "a": [{"y": "ü {{ ds }}"}]})
own = Config("own", default_value="a b", parser=parse)
none = Config("none")
p = Parameter("p", default=lambda context: [context.configs.own.words, context.configs["config"].b.x], type=JSONType)
"""
    made = flow(project, tmp_path, body, end="self.seen = [self.config.b.x, self.own.nested[0].n, self.none]")
    for step in ("start", "middle", "end"):
        assert made.run(step) == 0
        values = made.values(step)
        assert values["config"] == {"b": {"x": 1}, "a": [{"y": "ü {{ ds }}"}]}
        assert list(values["config"]) == ["b", "a"]
        assert type(values["config"]) is type(values["config"].b) is type(values["own"]) is ConfigValue
        assert values["own"] == {"words": ["a", "b"], "nested": [{"n": 3}]}
        assert values["none"] is None
        assert values["p"] == [["a", "b"], 1]
    assert made.values("end")["seen"] == [1, 3, None]
    assert (tmp_path / "calls").read_text() == "x"
    assert record(made).parameters == {"p": [["a", "b"], 1]}


def test_a_large_one_is_saved_once(project: Make, tmp_path: Path) -> None:
    body = 'config = Config("config", default_value={"text": "x" * 5000, "n": 1})'
    made = flow(project, tmp_path, body, start="assert self.config.n == 1", end="assert self.config.n == 1")
    assert made.run("start") == 0
    blobs = list(made.store.keys("Made/blobs/"))
    assert len(blobs) == 1
    assert made.run("middle") == 0
    assert made.run("end") == 0
    assert list(made.store.keys("Made/blobs/")) == blobs
    configs = record(made).configs
    assert configs is not None
    assert made.record("end").artifacts["config"] == configs["config"]


def test_a_step_changes_its_own_copy_only(project: Make, tmp_path: Path) -> None:
    body = 'config = Config("config", default_value={"xs": [1]})'
    made = flow(project, tmp_path, body, start="self.config.xs.append(2); self.kept = self.config.xs")
    assert made.run("start") == 0
    assert made.values("start")["kept"] == [1, 2]
    assert made.values("start")["config"] == {"xs": [1]}


def test_it_cannot_be_assigned(project: Make, tmp_path: Path) -> None:
    made = flow(project, tmp_path, 'config = Config("config", default_value={})', start="self.config = 1")
    assert made.run("start") == 1
    assert failure(made) == "config `config` cannot be assigned; use another attribute"


def test_a_placeholder_cannot_be_saved(project: Make, tmp_path: Path) -> None:
    body = 'config = Config("config", default_value={"a": 1})'
    made = flow(project, tmp_path, body, start="self.x = type(self).config.a")
    assert made.run("start") == 1
    assert "artifact `x`" in failure(made)
    assert "`config.a` has no value here" in failure(made)


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ("default_value=lambda context: {'name': context.parameter_name, 'flow': context.flow_name}", ...),
        ("default_value=lambda context: '{\"a\": [1]}'", {"a": [1]}),
        ("default_value=lambda context: 'a b', parser=parse", {"words": ["a", "b"], "nested": [{"n": 3}]}),
        ("default_value=lambda context: {'a': 1}, parser=lambda text: json.loads(text) | {'b': 2}", {"a": 1, "b": 2}),
        ("default_value=lambda context: None", None),
        ("default_value={'cwd': len(os.sep)}", {"cwd": 1}),
        ("default_value='[1]', parser='tests.unit.runner.test_configs.keyed'", {"list": [1]}),
    ],
)
def test_what_the_flow_s_own_code_gives(project: Make, tmp_path: Path, arguments: str, value: Any) -> None:
    made = flow(project, tmp_path, f'config = Config("config", {arguments})')
    assert made.run("start") == 0
    found = made.values("start")["config"]
    assert found == ({"name": "config", "flow": "Made"} if value is ... else value)
    assert value is None or type(found) is ConfigValue


def keyed(text: str) -> dict[str, Any]:
    return {"list": json.loads(text)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("default_value='', parser=lambda text: [1]", "config `config` is [1] (list), and a config is a dict"),
        ("default_value='', parser=lambda text: None", "config `config` is None (NoneType), and a config is a dict"),
        ("default_value='', parser=lambda text: {1: 2}", "config `config` cannot be JSON: the key 1 is not a string"),
        ("default_value='', parser=lambda text: {'a': {1}}", "cannot be JSON: {1} (set) has no JSON form"),
        ("default_value='', parser=lambda text: {'a': float('nan')}", "nan is not a number in JSON"),
        ("default_value='', parser='os.sep'", "the parser of config `config` is '/' (str), which cannot be called"),
        ("default_value=lambda context: 3", "config `config` is 3 (int), and a config is a dict"),
        ("default_value='', parser=lambda text: 1 / 0", "division by zero"),
        ("default_value='', parser='no_such_module.parse'", "No module named 'no_such_module'"),
    ],
)
def test_what_cannot_be_used_fails_the_first_task(project: Make, tmp_path: Path, arguments: str, message: str) -> None:
    made = flow(project, tmp_path, f'config = Config("config", {arguments})')
    assert made.run("start") == 1
    assert message in failure(made)
    assert RunRecord.parse(made.store.read(run_json_key("Made", made.address("start").run))).incomplete
