"""Configs in all formats, in decorators, defaults and steps; one with a parser of the flow's own, called once a run."""

import configparser
import json
import os
import tempfile
import tomllib
from pathlib import Path

from metaflow import (
    Config,
    FlowSpec,
    JSONType,
    Parameter,
    catch,
    config_expr,
    current,
    environment,
    resources,
    retry,
    step,
    timeout,
)

FACTOR = 2


def parse_ini(text):
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return {"pid": os.getpid(), **{name: dict(parser[name]) for name in parser.sections()}}


class Base(FlowSpec):
    limits = Config("limits", default="data/configured.toml", parser=tomllib.loads)

    @retry(times=limits.retries.times, minutes_between_retries=0)
    @resources(cpu=config_expr("config.cpu * FACTOR"), memory=config_expr("256 if config['keys'].z else 512"))
    @environment(
        vars={
            "NAME": config_expr("config.model.name"),
            "LIMIT": f"{limits.limits.seconds + 0.5:.2f}",
            "TAGS": config_expr("','.join(sorted(config.tags))"),
        }
    )
    @step
    def start(self):
        note = Path(tempfile.gettempdir()) / f"{current.flow_name} {current.run_id}"
        if current.retry_count == 0:
            note.write_text(str(self.own.pid))
            raise RuntimeError("another process is to see the same")
        self.kept = note.read_text() == str(self.own.pid)
        note.unlink()
        self.environment = {name: os.environ[name] for name in ("NAME", "LIMIT", "TAGS")}
        self.next(self.each, foreach="tags")


class Configured(Base):
    config = Config("config", default="data/configured.json", parser=json.loads)
    caught = Config("caught", default="data/configured.yaml")
    own = Config("own", default="data/configured.ini", parser=parse_ini)
    inline = Config("inline", default_value={"b": 1, "a": {"x": [{"y": "{{ ds }}"}]}})
    found = Config("found", default_value=lambda context: {"flow": context.flow_name, "name": context.parameter_name})
    none = Config("none")

    rate = Parameter("rate", default=config.model.rate)
    tags = Parameter("tags", type=JSONType, default=config["tags"])
    label = Parameter("label", default=f"{config.model.name}: {config.model.layers[0]:04}")
    word = Parameter("word", default=lambda context: context.configs.own.words.second)

    @environment(vars={"THREADS": str(caught.threads), **config.get("more", {"MORE": "no"})})
    @catch(var=caught["caught"], print_exception=False)
    @timeout(**config_expr("limits").limits)
    @step
    def each(self):
        self.item = (self.input, os.environ["THREADS"], os.environ["MORE"])
        self.model = self.config.model
        if self.index:
            self.own.words["third"] = "no"
        self.next(self.join)

    @step
    def join(self, inputs):
        self.failures = [None if each.failure is None else each.failure.exception for each in inputs]
        self.same = all(each.own == self.own and each.config.model == self.config["model"] for each in inputs)
        self.merge_artifacts(inputs, include=["model"])
        self.next(self.end)

    @step
    def end(self):
        self.shape = [type(self.model).__name__, list(self.config), len(self.config), "cpu" in self.config]
        self.parts = [
            self.config["keys"]["items"],
            self.config.get("nope", 1),
            self.inline.a.x[0].y,
            json.dumps(self.caught),
        ]
        self.error = ""
        try:
            self.config.nope
        except AttributeError as error:
            self.error = str(error)


EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "each": ["0", "1"], "join": ["_"], "end": ["_"]},
    "attempts": {"start/_": 2},
    "artifacts": {
        "start/_": {
            "caught": {"config": {"caught": "failure", "threads": 4, "nested": [{"deep": [1, {"deeper": "text"}]}]}},
            "config": {
                "config": {
                    "model": {"name": "net \"{{ ds }}\" $HOME 'ünï'", "layers": [64, 32], "rate": 0.5},
                    "cpu": 1,
                    "tags": ["b", "a"],
                    "keys": {"items": 1, "a-b": None, "z": True},
                }
            },
            "environment": {"NAME": "net \"{{ ds }}\" $HOME 'ünï'", "LIMIT": "60.50", "TAGS": "a,b"},
            "found": {"config": {"flow": "Configured", "name": "found"}},
            "inline": {"config": {"b": 1, "a": {"x": [{"y": "{{ ds }}"}]}}},
            "kept": True,
            "label": "net \"{{ ds }}\" $HOME 'ünï': 0064",
            "limits": {"config": {"retries": {"times": 1}, "limits": {"seconds": 60}}},
            "none": None,
            "own": ...,
            "rate": 0.5,
            "tags": ["b", "a"],
            "word": "two",
        },
        "each/0": {
            "caught": {"config": {"caught": "failure", "threads": 4, "nested": [{"deep": [1, {"deeper": "text"}]}]}},
            "config": {
                "config": {
                    "model": {"name": "net \"{{ ds }}\" $HOME 'ünï'", "layers": [64, 32], "rate": 0.5},
                    "cpu": 1,
                    "tags": ["b", "a"],
                    "keys": {"items": 1, "a-b": None, "z": True},
                }
            },
            "environment": {"NAME": "net \"{{ ds }}\" $HOME 'ünï'", "LIMIT": "60.50", "TAGS": "a,b"},
            "failure": None,
            "found": {"config": {"flow": "Configured", "name": "found"}},
            "inline": {"config": {"b": 1, "a": {"x": [{"y": "{{ ds }}"}]}}},
            "item": ("b", "4", "no"),
            "kept": True,
            "label": "net \"{{ ds }}\" $HOME 'ünï': 0064",
            "limits": {"config": {"retries": {"times": 1}, "limits": {"seconds": 60}}},
            "model": {"config": {"name": "net \"{{ ds }}\" $HOME 'ünï'", "layers": [64, 32], "rate": 0.5}},
            "none": None,
            "own": ...,
            "rate": 0.5,
            "tags": ["b", "a"],
            "word": "two",
        },
        "each/1": {
            "caught": {"config": {"caught": "failure", "threads": 4, "nested": [{"deep": [1, {"deeper": "text"}]}]}},
            "config": {
                "config": {
                    "model": {"name": "net \"{{ ds }}\" $HOME 'ünï'", "layers": [64, 32], "rate": 0.5},
                    "cpu": 1,
                    "tags": ["b", "a"],
                    "keys": {"items": 1, "a-b": None, "z": True},
                }
            },
            "environment": {"NAME": "net \"{{ ds }}\" $HOME 'ünï'", "LIMIT": "60.50", "TAGS": "a,b"},
            "failure": {"object": "flowc.spec.CaughtError"},
            "found": {"config": {"flow": "Configured", "name": "found"}},
            "inline": {"config": {"b": 1, "a": {"x": [{"y": "{{ ds }}"}]}}},
            "item": ("a", "4", "no"),
            "kept": True,
            "label": "net \"{{ ds }}\" $HOME 'ünï': 0064",
            "limits": {"config": {"retries": {"times": 1}, "limits": {"seconds": 60}}},
            "model": {"config": {"name": "net \"{{ ds }}\" $HOME 'ünï'", "layers": [64, 32], "rate": 0.5}},
            "none": None,
            "own": ...,
            "rate": 0.5,
            "tags": ["b", "a"],
            "word": "two",
        },
        "join/_": {
            "caught": {"config": {"caught": "failure", "threads": 4, "nested": [{"deep": [1, {"deeper": "text"}]}]}},
            "config": {
                "config": {
                    "model": {"name": "net \"{{ ds }}\" $HOME 'ünï'", "layers": [64, 32], "rate": 0.5},
                    "cpu": 1,
                    "tags": ["b", "a"],
                    "keys": {"items": 1, "a-b": None, "z": True},
                }
            },
            "failures": [None, "a config cannot be changed; `to_dict()` makes a dict of it that can"],
            "found": {"config": {"flow": "Configured", "name": "found"}},
            "inline": {"config": {"b": 1, "a": {"x": [{"y": "{{ ds }}"}]}}},
            "label": "net \"{{ ds }}\" $HOME 'ünï': 0064",
            "limits": {"config": {"retries": {"times": 1}, "limits": {"seconds": 60}}},
            "model": {"config": {"name": "net \"{{ ds }}\" $HOME 'ünï'", "layers": [64, 32], "rate": 0.5}},
            "none": None,
            "own": ...,
            "rate": 0.5,
            "same": True,
            "tags": ["b", "a"],
            "word": "two",
        },
        "end/_": {
            "caught": {"config": {"caught": "failure", "threads": 4, "nested": [{"deep": [1, {"deeper": "text"}]}]}},
            "config": {
                "config": {
                    "model": {"name": "net \"{{ ds }}\" $HOME 'ünï'", "layers": [64, 32], "rate": 0.5},
                    "cpu": 1,
                    "tags": ["b", "a"],
                    "keys": {"items": 1, "a-b": None, "z": True},
                }
            },
            "error": "the config has no key `nope` here; it has `model`, `cpu`, `tags`, `keys`",
            "failures": [None, "a config cannot be changed; `to_dict()` makes a dict of it that can"],
            "found": {"config": {"flow": "Configured", "name": "found"}},
            "inline": {"config": {"b": 1, "a": {"x": [{"y": "{{ ds }}"}]}}},
            "label": "net \"{{ ds }}\" $HOME 'ünï': 0064",
            "limits": {"config": {"retries": {"times": 1}, "limits": {"seconds": 60}}},
            "model": {"config": {"name": "net \"{{ ds }}\" $HOME 'ünï'", "layers": [64, 32], "rate": 0.5}},
            "none": None,
            "own": ...,
            "parts": [
                1,
                1,
                "{{ ds }}",
                '{"caught": "failure", "threads": 4, "nested": [{"deep": [1, {"deeper": "text"}]}]}',
            ],
            "rate": 0.5,
            "same": True,
            "shape": ["ConfigValue", ["model", "cpu", "tags", "keys"], 4, True],
            "tags": ["b", "a"],
            "word": "two",
        },
    },
}
