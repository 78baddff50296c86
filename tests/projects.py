"""A flow in a folder, its code in a store, and single tasks of it run through the runner."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from flowc.compiler import Program, read_program
from flowc.contract import Address, run_key
from flowc.package import build_package, upload_files, upload_package
from flowc.runner.loader import load_flow
from flowc.runner.request import Request
from flowc.runner.task import Code, perform
from flowc.spec import Current, current
from flowc.store import ObjectStore, artifacts, open_store
from flowc.store.records import Commit, TaskRecord, read_commit

_numbers = itertools.count()


class Project:
    """A flow that can be run task by task.

    Attributes:
        folder: The folder of the flow's file.
        url: The store, which holds the code package.
        run_id: The run that tasks belong to.
    """

    def __init__(self, folder: Path, source: str, url: str, files: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        # modules of several tests live in one process, so no two have one name
        self.module = f"flow_{os.getpid()}_{next(_numbers)}"
        self.file = folder / f"{self.module}.py"
        for name, text in {f"{self.module}.py": source, **(files or {})}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(textwrap.dedent(text))
        self.program = _read(self.file)
        self.plan = self.program.plan
        self.url = url
        self.store: ObjectStore = open_store(url)
        self.package = build_package(self.plan, str(folder))
        upload_package(self.store, self.plan.flow, self.package)
        upload_files(self.store, self.plan.flow, self.program.files)
        self.run_id = "run 1"

    def address(self, step: str, *path: int) -> Address:
        """A task."""
        return Address(self.plan.flow, run_key(self.run_id), step, path)

    def request(self, step: str, *path: int, attempt: str = "a1", **fields: Any) -> Request:
        """One attempt of a task."""
        request = Request(
            store=self.url,
            code=self.package.code,
            run_id=self.run_id,
            task=self.address(step, *path),
            attempt=attempt,
            retry=0,
            parameters={},
            engine="local",
        )
        return request._replace(**fields)

    def run(self, step: str, *path: int, store: ObjectStore | None = None, **fields: Any) -> int:
        """Run a task in this process; the exit code."""
        code = Code(self.plan, partial(load_flow, str(self.folder), self.plan.module, self.plan.flow))
        with own_imports():
            return perform(self.request(step, *path, **fields), store or self.store, code)

    def environment(self, step: str, *path: int, attempt: str = "a1", **more: str) -> dict[str, str]:
        """What a scheduler would hand to the runner."""
        return {
            **{n: v for n, v in os.environ.items() if n in ("PATH", "HOME") or n.startswith("AWS_")},
            "FLOWC_CACHE": str(self.folder.parent / "cache"),
            "FLOWC_STORE": self.url,
            "FLOWC_FLOW": self.plan.flow,
            "FLOWC_CODE": self.package.code,
            "FLOWC_RUN": self.run_id,
            "FLOWC_STEP": step,
            "FLOWC_PATH": ".".join(map(str, path)) or "_",
            "FLOWC_ATTEMPT": attempt,
            "FLOWC_ENGINE": "airflow",
            **more,
        }

    def start_process(self, step: str, *path: int, attempt: str = "a1", **more: str) -> subprocess.Popen[str]:
        """Run a task as a scheduler does."""
        return subprocess.Popen(
            [sys.executable, "-m", "flowc.runner"],
            env=self.environment(step, *path, attempt=attempt, **more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run_process(self, step: str, *path: int, attempt: str = "a1", **more: str) -> tuple[int, str]:
        """Run a task as a scheduler does; exit code and output."""
        process = self.start_process(step, *path, attempt=attempt, **more)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def commit(self, step: str, *path: int) -> Commit | None:
        """What is committed."""
        return read_commit(self.store, self.address(step, *path))

    def record(self, step: str, *path: int, attempt: str = "a1") -> TaskRecord:
        """What an attempt has left."""
        return TaskRecord.parse(self.store.read(self.address(step, *path).task_key(attempt)))

    def values(self, step: str, *path: int, attempt: str = "a1") -> dict[str, Any]:
        """The artifacts of an attempt."""
        found = self.record(step, *path, attempt=attempt).artifacts
        return {name: artifacts.load(self.store, self.plan.flow, r) for name, r in found.items()}

    def log(self, step: str, *path: int, attempt: str = "a1") -> str:
        """The output of an attempt."""
        return self.store.read(self.address(step, *path).log_key(attempt)).decode()


@contextmanager
def own_imports() -> Iterator[None]:
    """Undo what importing a flow and running a task do to this process."""
    path, finders, modules = list(sys.path), list(sys.meta_path), set(sys.modules)
    try:
        yield
    finally:
        sys.path[:], sys.meta_path[:] = path, finders
        for name in set(sys.modules) - modules:
            if getattr(sys.modules[name], "__file__", None) and "/pytest-" in str(sys.modules[name].__file__):
                del sys.modules[name]
        for name in vars(current).copy():
            delattr(current, name)
        assert isinstance(current, Current)


def wait_until(condition: Any, timeout_s: float = 30.0) -> None:
    """Until something is so that another process brings about; a test that waits for ever fails."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "nothing has happened"
        time.sleep(0.01)


def _read(file: Path) -> Program:
    program, diagnostics, _ = read_program(str(file))
    assert program is not None, [d.message for d in diagnostics]
    return program
