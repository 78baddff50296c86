"""What a step's code finds around it: environment variables, and where temporary files lie."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

from flowc.contract import PlanStep

TMPDIR = "TMPDIR"
"""Where Python's `tempfile`, and most other programs, put files that need not last.

Source: https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap08.html
"""


def provide(step: PlanStep, environment: MutableMapping[str, str]) -> None:
    """Set what the step's code sees; what `@environment` says comes before the folder in memory.

    Args:
        step: The step that is about to run in this process.
        environment: The process's.
    """
    folder = None if step.tempdir_by_name else tempdir(step)
    variables = {**({} if folder is None else {TMPDIR: folder}), **dict(step.environment)}
    environment.update(variables)
    if TMPDIR in variables and (module := sys.modules.get("tempfile")) is not None:
        vars(module)["tempdir"] = None  # what it has found before is not asked for again


def tempdir(step: PlanStep) -> str | None:
    """The step's folder in memory; None where this machine has not mounted it, as in a local run."""
    folder = step.tempdir
    return folder if folder is not None and os.access(folder, os.W_OK | os.X_OK) and os.path.isdir(folder) else None
