"""A store with runs to look at."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from tests.cli.flowc import flowc

TIDY = """from metaflow import FlowSpec, JSONType, Parameter, step

class Tidy(FlowSpec):
    grid = Parameter("grid", type=JSONType, default='{"a": [1, 2]}')
    whom = Parameter("whom", default="world")

    @step
    def start(self):
        self.xs = [3, 4]
        self.next(self.body, foreach="xs")

    @step
    def body(self):
        print(f"item {self.input}")
        print("no line end", end="")
        self.y = self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.y for i in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass
"""
UNLUCKY = """from metaflow import FlowSpec, current, retry, step
from shapes import Bad, Exits, Point

print("imported")

class Unlucky(FlowSpec):
    @step
    def start(self):
        self.big = list(range(10_000))
        self.bad, self.point, self.exits = Bad(), Point(3), Exits()
        self.nan, self.keys, self.half = float("nan"), {1: "a"}, "\\ud800"
        self.text = "é\\x1b[31m"
        self.nested = {"p": (1, Point(2)), "ok": [True, None, 0.5]}
        self.xs = [1, 0]
        self.next(self.divide, foreach="xs")

    @retry(times=1, minutes_between_retries=0)
    @step
    def divide(self):
        print("try", current.retry_count)
        self.result = 1 / self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
SHAPES = """
import os, sys

class Point:
    def __init__(self, x):
        self.x = x
    def __repr__(self):
        return f"Point({self.x})"

class Bad:
    def __repr__(self):
        raise RuntimeError("no")

class Exits:
    def __setstate__(self, state):
        sys.exit("not here")
    def __getstate__(self):
        return {"a": 1}
"""


class Made(NamedTuple):
    """The store.

    Attributes:
        folder: The working directory; the store is `.flowc` in it, and the flows' sources are gone.
        tidy: The run that succeeded.
        unlucky: The run that failed.
    """

    folder: Path
    tidy: str
    unlucky: str

    @property
    def environment(self) -> dict[str, str]:
        """Code packages are unpacked below the folder."""
        return {"FLOWC_CACHE": str(self.folder / "cache")}

    def out(self, *words: str | Path, code: int = 0, **environment: str) -> str:
        """What a command prints on standard output."""
        result = flowc(*words, cwd=self.folder, env={**self.environment, **environment})
        assert result.returncode == code, result.stderr
        assert "Traceback" not in result.stderr
        return result.stdout

    def error(self, *words: str | Path, code: int = 1, **environment: str) -> str:
        """What a command that fails prints on standard error; nothing else."""
        result = flowc(*words, cwd=self.folder, env={**self.environment, **environment})
        assert (result.returncode, result.stdout) == (code, ""), result.stderr
        assert "Traceback" not in result.stderr
        return result.stderr

    def json(self, *words: str | Path, code: int = 0, **environment: str) -> Any:
        """The JSON that a command prints; constants that JSON does not have are refused."""
        return json.loads(self.out(*words, "--json", code=code, **environment), parse_constant=_refuse)

    def copy(self, folder: Path) -> Made:
        """One that may be changed."""
        shutil.copytree(self.folder, folder)
        return self._replace(folder=folder)


def make(folder: Path, store: str = ".flowc", **environment: str) -> Made:
    """Run two flows, the one that fails first."""
    made = Made(folder, "", "")
    source = folder / "source"
    source.mkdir()
    for name, text in {"tidy.py": TIDY, "unlucky.py": UNLUCKY, "shapes.py": SHAPES}.items():
        (source / name).write_text(text)
    words = ("--store", store, "--max-workers", "1")
    failed = made.out("run", source / "unlucky.py", *words, code=1, **environment)
    done = made.out("run", source / "tidy.py", *words, **environment)
    shutil.rmtree(source)
    return made._replace(tidy=_run_of(done), unlucky=_run_of(failed))


def _run_of(output: str) -> str:
    return next(line for line in output.splitlines() if line.startswith("run ")).removeprefix("run ")


def _refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")
