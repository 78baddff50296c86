"""Runs while an image is built, in its base: makes the environment that tasks start in.

A copy of this file lies beside the wheels in the folder that the engine is given. It needs Python 3.11 and its standard
library; what it leaves depends on nothing but the base and the wheels.

    python3 install.py TARGET    beside `requirements.txt`, `wheels/` and `pip/`
"""

from __future__ import annotations

import compileall
import os
import py_compile
import site
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_TRIED = "import flowc.runner.__main__, flowc.runner.task, flowc.store.remote, flowc.client, flowc.cards"


def main(target: str) -> None:
    """Make the environment in the folder `target`, which is where it will lie."""
    # the packages of the base stay in reach: whoever chooses a base with a framework wants to use it
    venv.EnvBuilder(system_site_packages=True, symlinks=True, with_pip=False).create(target)
    python = Path(target, "bin", "python")
    (packages,) = Path(target, "lib").glob("python3*/site-packages")
    if sys.prefix != sys.base_prefix:  # the base has an environment of its own, of which a new one knows nothing
        (packages / "base.pth").write_text("".join(f"{folder}\n" for folder in site.getsitepackages()))
    (pip,) = (_HERE / "pip").glob("pip-*.whl")
    subprocess.run(
        [
            *(python, pip / "pip", "install", "--isolated", "--quiet", "--no-input", "--disable-pip-version-check"),
            *("--no-index", "--find-links", _HERE / "wheels", "--require-hashes", "--no-deps", "--ignore-installed"),
            *("--no-cache-dir", "--no-compile", "--no-warn-script-location", "--root-user-action", "ignore"),
            *("-r", _HERE / "requirements.txt"),
        ],
        check=True,
    )
    # checked by nobody against a time: layers stay the same, and a task need not look at its sources
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(packages, quiet=2, workers=1, invalidation_mode=mode)
    subprocess.run([python, "-I", "-B", "-c", _TRIED], check=True)
    made_at = float(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    for path in _below(Path(target)):
        os.utime(path, (made_at, made_at), follow_symlinks=False)


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, topdown=False):
        yield from (Path(place, name) for name in (*files, *folders))
    yield folder


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(f"the environment cannot be made: exit code {error.returncode} of {error.cmd[0]}")
