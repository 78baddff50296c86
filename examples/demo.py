"""The model search, run here, compiled for both schedulers, and executed as they would: three times the same result.

Uses what a user has: the command line, and the client that a notebook imports. Everything is left in `build/demo`.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flowc import Flow

FLOW = Path(__file__).with_name("model_search.py")
OUTPUT = Path("build/demo")
STORE = OUTPUT / "store"
# Step Functions is simulated with an S3 of its own, whose bucket has this name
TARGETS = {"airflow": STORE.absolute().as_uri(), "stepfunctions": "s3://flowc-simulate"}
NAMES = {"local": "this machine", "airflow": "Airflow", "stepfunctions": "Step Functions"}


def flowc(*words: str | Path) -> float:
    """Run a command, shown as a user would type it; the seconds that it took."""
    shown = " ".join(map(str, words))
    print(f"\n$ flowc {shown}", flush=True)
    started = time.monotonic()
    # the flow is run in processes that use both cores already
    environment = {**os.environ, "FLOWC_STORE": str(STORE), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "flowc", *map(str, words)], check=True, env=environment)
    return time.monotonic() - started


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file directly in a folder."""
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir()) if f.is_file()}


def main() -> int:
    """Do it all; 0 if the three results are equal."""
    compile_s: dict[str, float | None] = {"local": None}
    run_s = {"local": flowc("run", FLOW)}
    runs = {"local": Flow("ModelSearch", str(STORE)).latest_run}
    for target, store in TARGETS.items():
        folder = OUTPUT / target
        compile_s[target] = flowc("compile", FLOW, "--target", target, "--store", store, "-o", folder)
        compiled = digests(folder)
        run_s[target] = flowc("simulate", FLOW, "--target", target, "-o", folder)
        assert digests(folder) == compiled, "what was executed is not what was compiled"
        runs[target] = Flow("ModelSearch", str(STORE)).latest_run

    table = Table(title="ModelSearch, three times")
    for heading in ("executed by", "best parameters", "test accuracy", "compile", "run", "definition"):
        table.add_column(heading)
    results = []
    for engine, run in runs.items():
        found = run["score"].task.data
        results.append((found.best_parameters, found.test_accuracy))
        seconds = compile_s[engine]
        table.add_row(
            NAMES[engine],
            ", ".join(f"{k}={v}" for k, v in found.best_parameters.items()),
            f"{found.test_accuracy:.4f}",
            "" if seconds is None else f"{seconds:.2f} s",
            f"{run_s[engine]:.1f} s",
            "" if engine == "local" else str(next((OUTPUT / engine).glob("ModelSearch[_.][!c]*"))),
        )
    print(flush=True)
    Console(width=max(Console().width, 120)).print(table)
    equal = all(result == results[0] for result in results)
    print("the three results are equal" if equal else "THE RESULTS DIFFER")
    print(f"artifacts of all runs: {STORE}")
    print(f"open them: .venv/bin/python, then: from flowc import Flow; Flow('ModelSearch', '{STORE}').latest_run.data")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
