"""What the compiler makes of configs: their files and texts, and the expressions that use them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flowc.config_values import ConfigValue
from flowc.contract import Plan
from flowc.diagnostics import Diagnostic
from flowc.frontend import Choices, Siblings
from flowc.ir.flow import Flow
from flowc.passes import analyse
from flowc.passes.lower import lower_plan
from flowc.source import SourceFile

HEAD = """
import json, tomllib, yaml
import tomllib as toml
from json import loads as parse_json
from metaflow import (Config, FlowSpec, Parameter, JSONType, catch, config_expr, environment, project, resources,
    retry, schedule, step, timeout)
"""
STEPS = """
    @step
    def start(self):
        self.next(self.end)
    @step
    def end(self): ...
"""


def read(body: str, folder: Path | None = None, **choices: Any) -> tuple[Flow | None, tuple[Diagnostic, ...]]:
    """A flow of the body of a class, or of the text of a module."""
    text = HEAD + (body if "class " in body else f"class X(FlowSpec):\n{body}{STEPS}")
    source = SourceFile(file=str((folder or Path("nowhere")) / "f.py"), text=text)
    return analyse(source, Siblings(source), Choices(**choices))


def flow_of(body: str, folder: Path | None = None, **choices: Any) -> Flow:
    flow, diagnostics = read(body, folder, **choices)
    assert flow is not None, diagnostics
    assert diagnostics == ()
    return flow


def values(flow: Flow) -> dict[str, Any]:
    return {config.name: config.value for config in flow.configs}


@pytest.mark.parametrize(
    ("name", "text", "arguments"),
    [
        ("c.json", '{"a": {"b": [1, 2.5, null]}}', ""),
        ("c.txt", '\ufeff{"a": {"b": [1, 2.5, null]}}', ""),
        ("c.toml", '{"a": {"b": [1, 2.5, null]}}', ", parser=json.loads"),
        ("c", '{"a": {"b": [1, 2.5, null]}}', ", parser='json.loads'"),
        ("c", '{"a": {"b": [1, 2.5, null]}}', ", parser=parse_json"),
        ("c", '{"a": {"b": [1, 2.5, null]}}', ", parser=lambda text: json.loads(text)"),
        ("c.YAML", "a:\n  b: [1, 2.5, null]  # a comment\n", ""),
        ("c.yml", "a:\r\n  b: [1, 2.5, null]\r\n", ", parser=None"),
        ("c", "a: {b: [1, 2.5, null]}", ", parser='yaml.safe_load'"),
        ("c", "a: {b: [1, 2.5, null]}", ", parser='yaml.full_load'"),
        ("c", "a: {b: [1, 2.5, null]}", ", parser=yaml.safe_load"),
        ("c", "a: {b: [1, 2.5, null]}", ", parser=lambda t: yaml.load(t, Loader=yaml.SafeLoader)"),
    ],
)
def test_a_file(tmp_path: Path, name: str, text: str, arguments: str) -> None:
    (tmp_path / name).write_bytes(text.encode())
    flow = flow_of(f"    config = Config('config', default={name!r}{arguments})\n", tmp_path)
    assert values(flow) == {"config": {"a": {"b": [1, 2.5, None]}}}


@pytest.mark.parametrize("parser", ["", ", parser=toml.loads", ", parser='tomllib.loads'"])
def test_toml(tmp_path: Path, parser: str) -> None:
    (tmp_path / "c.toml").write_text('name = "ü {{ ds }}"\n[a.b]\nc = [1, {d = true}]\n')
    flow = flow_of(f"    config = Config('config', default='c.toml'{parser})\n", tmp_path)
    assert values(flow) == {"config": {"name": "ü {{ ds }}", "a": {"b": {"c": [1, {"d": True}]}}}}


def test_a_file_is_looked_for_beside_the_flow_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flow").mkdir()
    (tmp_path / "flow" / "both.json").write_text('{"at": "flow"}')
    for name in ("both", "here"):
        (tmp_path / f"{name}.json").write_text('{"at": "here"}')
    monkeypatch.chdir(tmp_path)
    body = "    both = Config('both', default='both.json')\n    here = Config('here', default='here.json')\n"
    assert values(flow_of(body, Path("flow"))) == {"both": {"at": "flow"}, "here": {"at": "here"}}
    # what the command line names is relative to where it is written
    chosen = values(flow_of(body, Path("flow"), config_files=(("both", "both.json"), ("here", "flow/both.json"))))
    assert chosen == {"both": {"at": "here"}, "here": {"at": "flow"}}


@pytest.mark.parametrize(
    ("definition", "choices", "value"),
    [
        ("Config('c')", {}, None),
        ("Config('c', default=None, default_value={'a': (1,)})", {}, {"a": [1]}),
        ("Config('c', default_value='{\"a\": 1}')", {}, {"a": 1}),
        ("Config('c', default_value='a = 1', parser=tomllib.loads)", {}, {"a": 1}),
        ("Config('c', None, {'a': 1}, 'help', True, json.loads)", {}, {"a": 1}),
        ("Config('c', default_value={})", {"config_values": (("c", '{"a": 2}'),)}, {"a": 2}),
        ("Config('c', default='there is none')", {"config_values": (("c", '{"a": 2}'),)}, {"a": 2}),
        ("Config('c', required=True, parser='yaml.safe_load')", {"config_values": (("C", "a: 3"),)}, {"a": 3}),
        ("Config('c', default_value=print())", {"config_values": (("c", "{}"),)}, {}),
    ],
)
def test_what_counts(definition: str, choices: dict[str, Any], value: Any) -> None:
    assert values(flow_of(f"    c = {definition}\n", **choices)) == {"c": value}


@pytest.mark.parametrize(
    ("definition", "choices", "text"),
    [
        ("Config('c', default_value='a b', parser=str.split)", {}, "a b"),
        ("Config('c', default_value='', parser=lambda text: {})", {}, ""),
        ("Config('c', default_value='x', parser='my.parsers.parse')", {}, "x"),
        ("Config('c', default_value={'b': 1, 'a': 'ü'}, parser=str)", {}, '{"b": 1, "a": "ü"}'),
        ("Config('c', default_value='', parser=lambda t: yaml.load(t, Loader=yaml.Loader))", {}, ""),
        ("Config('c', default_value='', parser=lambda t: json.loads(t, parse_float=str))", {}, ""),
        ("Config('c', default_value='x', parser=str)", {"config_values": (("c", "given"),)}, "given"),
        ("Config('c', default_value=lambda context: {})", {}, None),
        ("Config('c', default_value={'a': print()}, parser=json.loads)", {}, None),
    ],
)
def test_what_is_found_when_a_run_starts(definition: str, choices: dict[str, Any], text: str | None) -> None:
    (config,) = flow_of(f"    c = {definition}\n", **choices).configs
    assert (config.deferred, config.text, config.value) == (True, text, None)


CONFIG: Mapping[str, Any] = {
    "n": 3,
    "x": 0.5,
    "name": "a_Name",
    "items": [3, 1, 2],
    "deep": {"a-b": {"c": [{"d": True}]}, "none": None},
    "tags": ["b", "a"],
}
DIRECT = [
    "config.n",
    "config['n']",
    "config.deep['a-b'].c[0].d",
    "config.get('nope')",
    "config.get('n', 4) + config.get('m', 4)",
    "config['items'][-1]",
    "config['items'][0:2]",
    "2 * config.n - config.x / 4 // 1",
    "-config.n",
    "[config.n, (config.x, {'a': config.name})]",
    "{config.name: config.n}",
    "f'{config.name!r:>10}|{config.n:03}|{config.x:.2f}|{config.deep}|{config.tags!s}'",
    "config.name.lower().replace('_', '-').split('-')",
    "str(config.n) + 'x'",
    "config.name + config.tags[0] * config.n",
    "config_expr('config').deep['a-b']",
    "{**config.deep, 'more': 1}",
]
IN_TEXT = [
    *(text for text in DIRECT if "config_expr" not in text),
    "len(config.tags) if config.deep.none is None else 1",
    "','.join(sorted(config.tags, reverse=True))",
    "config.n > 2 and config.name or 'no'",
    "1 < config.n <= 3 != 4",
    "not config.tags",
    "'a' in config.tags and 'nope' not in config",
    "max(config['items']) + min(1, 2) + sum(config['items']) + abs(-1) + round(2.345, 2)",
    "int('12') + float('1.5') + bool(config.n)",
    "SIZES[config.tags[1]] * FACTOR",
    "config.n % 2 + config.n ** 2",
    "list(config.deep.keys()) + list(config.deep.values())",
    "tuple(config.deep.items())[1][1]",
    "any(config.tags) and all([])",
    "config.name.startswith('a') and config.name[::-1]",
    "config.tags.index('a') + config.tags.count('z')",
    "(config.deep.none or {'k': 7})['k']",
    "config['items'] == [3, 1, 2]",
]
SIZES = {"a": 4}
FACTOR = 10


@pytest.mark.parametrize("expression", [*DIRECT, *(f"config_expr({text!r})" for text in IN_TEXT)])
def test_expressions_are_what_they_are_in_python(expression: str) -> None:
    module = f"SIZES = {SIZES!r}\nFACTOR = 10\nclass X(FlowSpec):\n"
    config = f"    config = Config('config', default_value={CONFIG!r})\n"
    flow = flow_of(f"{module}{config}    p = Parameter('p', type=JSONType, default=[{expression}])\n{STEPS}")
    names: dict[str, Any] = {"config": ConfigValue(CONFIG), "SIZES": SIZES, "FACTOR": FACTOR}
    wanted = [eval(expression, {**names, "config_expr": lambda text: eval(text, names)})]
    assert flow.params[0].default == json.loads(json.dumps(wanted))


@pytest.mark.parametrize(
    "text",
    [
        "'x' * 1000000",
        "2 ** config.n ** 30",
        "'a,' * 50000 + '%s' % 3",
        "('a' * 90000).replace('a', 'b' * 90000)",
        "('b' * 90000).join(['a'] * 90000)",
        "f'{config.n:>1000000}'",
        "round(3, -10 ** 6)",
        "__import__('os')",
        "config.name.__class__",
        "config.name.format(config)",
        "[x for x in config.tags]",
        "(lambda: 1)()",
        "open('f')",
        "sorted(config.tags, key=len)",
        "config.n / 0",
        "config.n.real",
        "config.tags.append(1)",
        "",
        "config.n; 1",
    ],
)
def test_what_costs_too_much_or_could_do_anything_is_not_evaluated(text: str) -> None:
    body = f"    config = Config('config', default_value={CONFIG!r})\n"
    flow, diagnostics = read(f"{body}    p = Parameter('p', default=config_expr({text!r}))\n")
    assert flow is None
    (diagnostic,) = diagnostics
    assert diagnostic.code in ("FC113", "FC136")


def test_they_reach_all_that_is_decided_before_a_run(tmp_path: Path) -> None:
    text = """
CPU = config_expr("config.cpu")
@project(name=config_expr("config").name)
@schedule(cron=config_expr("config.cron"), timezone=config_expr("config['zone']"))
class X(FlowSpec):
    config = Config("config", default_value={"name": "fraud", "cron": "0 6 * * *", "zone": "Europe/Berlin", "cpu": 2,
        "tries": {"times": 4, "minutes_between_retries": 0.5}, "seconds": 9, "var": "bad", "env": {"A": "1"}})
    rate = Parameter("rate", default=config.seconds)
    @retry(**config.tries)
    @timeout(seconds=config["seconds"] + 1)
    @catch(var=config.var)
    @resources(cpu=CPU, memory=config.cpu * 1024, gpu=config.get("gpu"))
    @environment(vars={**config.env, config.name: f"{config.cpu}"})
    @step
    def start(self):
        self.next(self.end)
    @step
    def end(self):
        print(self.bad)
"""
    flow = flow_of(text)
    policy = flow.steps[0].policy
    assert (policy.retries, policy.retry_delay_s, policy.timeout_s) == (4, 30, 10)
    assert (policy.cpu, policy.memory_mib, policy.gpu) == (2, 2048, 0)
    assert policy.environment == (("A", "1"), ("fraud", "2"))
    assert policy.catch is not None and policy.catch.var == "bad"
    assert flow.params[0].default == 9
    assert flow.deployment.project is not None and flow.deployment.project.name == "fraud"
    assert flow.deployment.schedule is not None and flow.deployment.schedule.timezone == "Europe/Berlin"


def test_a_config_of_a_base_is_that_of_the_flow(tmp_path: Path) -> None:
    (tmp_path / "bases.py").write_text(
        f"""{HEAD}
TWICE = config_expr("config.cpu * 2")
class Base(FlowSpec):
    config = Config("config", default_value={{"cpu": 1}})
    @resources(cpu=config.cpu)
    @step
    def start(self):
        self.next(self.end)
class Mixin:
    more = Config("more", default="more.json")
"""
    )
    (tmp_path / "more.json").write_text('{"cpu": 5}')
    text = """
from bases import Base, Mixin, TWICE
class X(Mixin, Base):
    config = Config("config", default_value={"cpu": 3})
    p = Parameter("p", default=config_expr("more.cpu"))
    @resources(cpu=TWICE)
    @step
    def end(self): ...
"""
    flow = flow_of(text, tmp_path)
    assert values(flow) == {"config": {"cpu": 3}, "more": {"cpu": 5}}
    assert [step.policy.cpu for step in flow.steps] == [3, 6]
    assert flow.params[0].default == 5


def test_a_name_that_a_function_or_another_class_has_is_no_config() -> None:
    text = """
config = "xs"
class Other:
    config = Config("config", default_value={"a": 1})
class X(FlowSpec):
    mine = Config("mine", default_value={"a": 1})
    text = Parameter("text", default=config)
    later = Parameter("later", default=lambda mine: mine.flow_name)
    @step
    def start(self):
        mine = [self.mine.a]
        self.xs = [str(mine) for mine in mine]
        self.next(self.middle, foreach=config)
    @step
    def middle(self):
        self.next(self.join)
    @step
    def join(self, inputs):
        self.next(self.end)
    @step
    def end(self):
        print(self.mine)
"""
    flow = flow_of(text)
    assert flow.params[0].default == "xs" and flow.params[1].deferred
    assert values(flow) == {"mine": {"a": 1}}


def test_names_in_text_may_be_in_lower_case_as_for_metaflow() -> None:
    body = "    Config1 = Config('Config1', default_value={'a': 1})\n"
    assert flow_of(f"{body}    p = Parameter('p', default=config_expr('config1.a'))\n").params[0].default == 1


def test_a_broken_config_is_reported_once() -> None:
    body = "    c = Config('c', default='nowhere.json')\n    p = Parameter('p', default=c.x + c.y)\n"
    _, diagnostics = read(f"{body}    q = Parameter('q', default=config_expr('c.x'))\n")
    assert [d.code for d in diagnostics] == ["FC135"]


def test_the_plan_keeps_the_order_of_keys() -> None:
    flow = flow_of("    c = Config('c', default_value={'z': 1, 'a': {'y': 'ü', 'b': None}})\n    d = Config('d')\n")
    plan = Plan.from_json(json.loads(json.dumps(lower_plan(flow).to_json(), sort_keys=True)))
    assert plan == lower_plan(flow)
    assert [c.value for c in plan.configs] == ['{"z":1,"a":{"y":"ü","b":null}}', "null"]


def test_a_plan_without_configs_says_nothing_of_them() -> None:
    assert "configs" not in lower_plan(flow_of("    x = 1\n")).to_json()


def test_the_place_of_an_error_in_a_file_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{\n  "ü": tru }')
    source = SourceFile(
        file=str(tmp_path / "f.py"),
        text=f"{HEAD}class X(FlowSpec):\n    c = Config('c', default='c.json')\n{STEPS}",
    )
    siblings = Siblings(source)
    _, (diagnostic,) = analyse(source, siblings)
    (label,) = diagnostic.secondary
    assert siblings.sources[label.span.file].position(label.span.start) == (2, 8)
