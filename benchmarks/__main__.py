"""Runs the benchmarks and writes `docs/benchmarks.md`."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

from benchmarks.container_start import TIMES, Spread, measured

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`, on {machine}.
Seconds: the median, and the smallest and largest of {times} values. Compare values of one table, not of two machines.

## From the start of a container to a step

An image built by `flowc image build`, started by podman. The first two are whole runs of containers that do nothing;
the third ends where the first line of the step runs, and fetches the code package from an S3 server on the same
machine.

| | median | smallest | largest |
|---|---|---|---|
"""


def main() -> None:
    """Measure, write the page, and print it."""
    found = measured()
    rows = "".join(f"| {name} | {s.median:.3f} | {s.smallest:.3f} | {s.largest:.3f} |\n" for name, s in found.items())
    empty, *_, start = found.values()
    page = HEAD.format(machine=_machine(), times=TIMES) + rows + _over(empty, start)
    PAGE.write_text(page)
    print(page)  # noqa: T201


def _over(empty: Spread, start: Spread) -> str:
    return f"\nThe first line of the step comes {start.median - empty.median:.2f} s after an empty container is done.\n"


def _machine() -> str:
    podman = subprocess.run(["podman", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    python = platform.python_version()
    return f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, {podman}, Python {python}"


if __name__ == "__main__":
    sys.exit(main())
