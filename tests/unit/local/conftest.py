"""Local runs: in this process with a watcher that notes, or as the command in another one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from flowc.client import Run
from flowc.contract import Address, format_path
from flowc.local import engine
from tests.projects import Project

HEAD = "import os, signal, subprocess, sys, time\nfrom metaflow import FlowSpec, Parameter, current, retry, step\n"


class Notes:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.outputs: dict[str, bytes] = {}

    def started(self, task: Address, retry: int) -> None:
        self.events.append(f"started {_name(task)} {retry}")

    def output(self, task: Address, data: bytes) -> None:
        self.outputs[_name(task)] = self.outputs.get(_name(task), b"") + data

    def finished(self, task: Address, splits: int | None) -> None:
        self.events.append(f"finished {_name(task)}" + (f" {splits}" if splits is not None else ""))

    def failed(self, task: Address, attempt: str, again: bool) -> None:
        self.events.append(f"failed {_name(task)}{' again' if again else ''}")

    def interrupted(self, task: Address) -> None:
        self.events.append(f"interrupted {_name(task)}")


def _name(task: Address) -> str:
    return task.step + (f"/{format_path(task.path)}" if task.path else "")


class LocalRun:
    """One flow, run here.

    Attributes:
        notes: What happened in the last run.
    """

    def __init__(self, folder: Path, body: str, head: str = "") -> None:
        (folder / "flow").mkdir()
        source = HEAD + textwrap.dedent(head) + "\n\nclass Made(FlowSpec):\n" + body
        self.url = (folder / "store").as_uri()
        self.made = Project(folder / "flow", source, self.url)
        self.folder = folder
        self.notes = Notes()

    def __call__(self, max_workers: int = 2, **parameters: object) -> str:
        """Run it; how it ended."""
        self.notes = Notes()
        state = engine.run_flow(
            self.made.plan,
            str(self.made.folder),
            store_url=self.url,
            package=self.made.package,
            run_id="r",
            parameters=parameters,
            max_workers=max_workers,
            watcher=self.notes,
        )
        return state.value

    @property
    def run(self) -> Run:
        """The run as the client sees it."""
        (key,) = self.made.store.folders("Made/runs/")
        return Run(f"Made/{key}", self.url)

    @property
    def end_state(self) -> str:
        """What the record of the run's end says."""
        (key,) = self.made.store.folders("Made/runs/")
        state: str = json.loads(self.made.store.read(f"Made/runs/{key}/end.json"))["state"]
        return state

    def start_command(self, *arguments: str) -> subprocess.Popen[str]:
        """`flowc run`, in a process group of its own, as a shell starts it."""
        return subprocess.Popen(
            [sys.executable, "-m", "flowc", "run", str(self.made.file), "--store", self.url, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "FLOWC_CACHE": str(self.folder / "cache")},
        )


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., LocalRun]:
    """Makes a flow of a class's body."""
    monkeypatch.setenv("FLOWC_CACHE", str(tmp_path / "cache"))
    return lambda body, head="": LocalRun(tmp_path, body, head)
