"""How long it takes from the start of a container to the first line of a step, beside an empty container.

Three things in turn, several times: the engine starts the image with `true`; with Python that does nothing; and with
the runner, whose code package comes from an S3 server on this machine, as on a machine that has no package yet. The
time of the last one ends where the step's first line runs, and so leaves out what comes after it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from flowc.compiler import read_program
from flowc.package import build_package, upload_package
from flowc.store.opening import open_store
from tests import s3

ENGINE = "podman"
IMAGE = "localhost/flowc-benchmark:latest"
TIMES = 15

FLOW = """
import time

from flowc import FlowSpec, step


class Started(FlowSpec):
    @step
    def start(self):
        print("first line at", time.time(), flush=True)
        self.next(self.end)

    @step
    def end(self):
        pass
"""


class Spread(NamedTuple):
    """What was measured several times, in seconds."""

    median: float
    smallest: float
    largest: float


def measured() -> dict[str, Spread]:
    """Build an image on the base that the tests of containers use, and measure each of the three."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["--engine", ENGINE, "--base", os.environ["FLOWC_TEST_BASE"], "--tag", IMAGE]
        subprocess.run([sys.executable, "-m", "flowc", "image", "build", *words], cwd=folder, check=True)
        server, process = s3.start(Path(folder))
        try:
            return measure(server, Path(folder))
        finally:
            s3.stop(process)


def measure(server: s3.S3, folder: Path) -> dict[str, Spread]:
    """Each of the three, in turn, so that what else the machine does meets them alike."""
    variables = task(server, folder)
    run = [ENGINE, "run", "--rm", "--network", "host", *(w for name in variables for w in ("--env", name))]

    def empty(*command: str) -> Callable[[int], float]:
        def once(_: int) -> float:
            began = time.perf_counter()
            subprocess.run([*run, IMAGE, *command], check=True)
            return time.perf_counter() - began

        return once

    def runner(number: int) -> float:
        environment = os.environ | variables | {"FLOWC_RUN": f"run-{number}", "FLOWC_ATTEMPT": "1"}
        began = time.time()
        command = [*run, "--env", "FLOWC_RUN", "--env", "FLOWC_ATTEMPT", IMAGE, "python", "-m", "flowc.runner"]
        said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
        return float(said.split("first line at ")[1].split()[0]) - began

    cases = {
        "empty container": empty("true"),
        "Python that does nothing": empty("python", "-c", "pass"),
        "to the first line of a step": runner,
    }
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(TIMES + 1):
        for name, once in cases.items():
            took = once(number)
            if number:  # the first round finds nothing in the page cache
                seconds[name].append(took)
    return {name: Spread(statistics.median(found), min(found), max(found)) for name, found in seconds.items()}


def task(server: s3.S3, folder: Path) -> dict[str, str]:
    """The variables of a start task whose package is in the store."""
    (folder / "flow").mkdir()
    file = folder / "flow" / "started.py"
    file.write_text(FLOW)
    program, found, _ = read_program(str(file))
    assert program is not None, found
    url = f"s3://{s3.BUCKET}/benchmark"
    package = build_package(program.plan, program.folder)
    upload_package(open_store(url, server.environment), "Started", package)
    return {
        **server.environment,
        "FLOWC_STORE": url,
        "FLOWC_FLOW": "Started",
        "FLOWC_CODE": package.code,
        "FLOWC_STEP": "start",
        "FLOWC_ENGINE": "stepfunctions",
    }
