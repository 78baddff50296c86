"""Configs as steps see them, and what stands for them while a class is made."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from flowc import Config, ConfigValue, FlowSpec, config_expr, resources
from flowc.config_values import ConfigError, Unevaluated

DATA = {"model": {"layers": [64, {"rate": 0.5}], "name": "ünï {{ ds }}"}, "items": 3, "none": None, "a-b": True}


@pytest.fixture
def config() -> ConfigValue:
    return ConfigValue(DATA)


def test_keys_are_attributes_and_items(config: ConfigValue) -> None:
    assert config.model.layers[1].rate == config["model"]["layers"][1]["rate"] == 0.5
    assert config["items"] == 3
    assert list(config.items()) == list(config.to_dict().items())
    assert config.none is None
    assert hasattr(config, "model") and not hasattr(config, "nope")


def test_it_is_a_dict(config: ConfigValue) -> None:
    assert isinstance(config, dict) and isinstance(config, Mapping)
    assert config == DATA and config != {}
    assert list(config) == list(config.keys()) == list(DATA)
    assert len(config) == 4
    assert "model" in config and "nope" not in config
    assert config.get("nope", 5) == 5
    assert repr(config) == repr(DATA) and str(config) == str(DATA)
    assert json.loads(json.dumps(config)) == DATA
    assert {**config} == dict(config) == DATA
    assert ConfigValue.fromkeys("ab", 1) == {"a": 1, "b": 1}
    assert "model" in dir(config) and "a-b" not in dir(config)


@pytest.mark.parametrize(
    "again", [lambda c: pickle.loads(pickle.dumps(c)), copy.copy, copy.deepcopy, lambda c: c.copy(), ConfigValue]
)
def test_copies_are_the_same_all_the_way_down(config: ConfigValue, again: Callable[[ConfigValue], Any]) -> None:
    made = again(config)
    assert made == config
    assert type(made) is type(made.model) is type(made.model.layers[1]) is ConfigValue


def test_a_dict_of_it_can_be_changed(config: ConfigValue) -> None:
    made = config.to_dict()
    made["model"]["layers"][1]["rate"] = 1
    made["model"]["new"] = 2
    assert type(made) is type(made["model"]) is type(made["model"]["layers"][1]) is dict
    assert config == DATA


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.__setitem__("model", 1),
        lambda c: c.__delitem__("model"),
        lambda c: setattr(c, "model", 1),
        lambda c: delattr(c, "model"),
        lambda c: c.model.update(name=1),
        lambda c: c.pop("model"),
        lambda c: c.popitem(),
        lambda c: c.clear(),
        lambda c: c.setdefault("x", 1),
        lambda c: c.__ior__({}),
        lambda c: c.model.layers[1].__setitem__("rate", 1),
    ],
)
def test_it_cannot_be_changed(config: ConfigValue, change: Callable[[ConfigValue], Any]) -> None:
    with pytest.raises(TypeError, match=r"cannot be changed; `to_dict\(\)` makes a dict"):
        change(config)
    assert config == DATA


def test_what_is_not_there_is_told_with_what_is(config: ConfigValue) -> None:
    with pytest.raises(AttributeError, match="no key `modle` here; did you mean `model`"):
        _ = config.modle
    with pytest.raises(KeyError, match="no key 'x' here; it has `model`, `items`, `none`, `a-b`"):
        _ = config["x"]
    with pytest.raises(AttributeError, match="no key `x` here, and no others"):
        _ = ConfigValue({}).x


class Made(FlowSpec):
    config = Config("config", default="config.json")
    text = f"{config.cpu:>5} {config.x!r} {config.y!s}" + str(config.z)
    arithmetic = (2 * config.a["b"] - 1, 1 / -config.x, config.x // 3, config.x % 2, 2**config.x, +config.x + "a")
    comparisons = (config.x == 3, config.x != 3, config.x > 1, config.x <= 1)
    calls = (config.name.lower(), config.get("x", 1), config["a"].b[0](1, a=2))
    names = (config.name, config.default, config.parser, config.required, config.help)
    expression = config_expr("config.cpu * 2").anything + 1
    unpacked = {"A": "b", **config.more}  # noqa: RUF012

    @resources(cpu=config.cpu, **config.resources)
    def start(self) -> None: ...


def test_nothing_is_in_the_way_of_making_a_class() -> None:
    assert "config.cpu" in Made.text
    for made in (Made.arithmetic, Made.comparisons, Made.calls, Made.names, (Made.expression,)):
        assert all(type(value) is Unevaluated for value in made)
    assert Made.unpacked == {"A": "b"}
    assert repr(Made.arithmetic[0]) == "<((2 * config.a['b']) - 1): known in steps, and to the compiler>"
    assert repr(Made.comparisons[2]).startswith("<(config.x > 1):")


@pytest.mark.parametrize(
    "use",
    [
        bool,
        int,
        float,
        str,
        len,
        list,
        dict,
        json.dumps,
        lambda value: f"{value}",
        lambda value: "a" in value,
        lambda value: 1 if value == 3 else 2,
        lambda value: [0, 1][value],
        lambda value: "a{}".format(value),  # noqa: UP032
        lambda value: value.keys(),
        pickle.dumps,
        copy.deepcopy,
    ],
)
@pytest.mark.parametrize("value", [Made.config.x, Made.config, Made.expression, Made.arithmetic[0]], ids=repr)
def test_nobody_takes_it_for_a_value(value: Any, use: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError) as caught:
        use(value)
    if not isinstance(caught.value, ConfigError):  # what knows its types tells them
        assert "Unevaluated" in str(caught.value) or "Config" in str(caught.value)


def test_the_error_says_where_the_value_is() -> None:
    with pytest.raises(ConfigError, match=r"`config\.x` has no value here: steps read configs from `self`"):
        bool(Made.config.x)
    with pytest.raises(TypeError, match="`config`: a config cannot be changed"):
        Made.config.x = 1
