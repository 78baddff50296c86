"""`breakpoint()` where there is no terminal: it says how to get one, instead of failing inside the debugger."""

from __future__ import annotations

import os
import sys
from typing import Any

from flowc.spec import current

_ON_TERMINALS = {"", "pdb.set_trace", "ipdb.set_trace", "pudb.set_trace"}
"""What `PYTHONBREAKPOINT` names that talks with who sits at the terminal; remote debuggers do not."""


class NoTerminal(RuntimeError):
    """A debugger was asked for in a task that has no terminal."""


def explain_breakpoints() -> None:
    """Make `breakpoint()` say what to do, in this process; one that another debugger has taken over stays."""
    if sys.breakpointhook is sys.__breakpointhook__:
        sys.breakpointhook = _explain


def _explain(*arguments: Any, **options: Any) -> Any:
    # as Python itself, it looks the variable up each time
    if os.environ.get("PYTHONBREAKPOINT", "") not in _ON_TERMINALS:
        return sys.__breakpointhook__(*arguments, **options)
    step, run, path = current.step_name, current.run_id, current.task_id
    task = "" if path in (None, "_") else f"/{path}"
    raise NoTerminal(
        "breakpoint() needs a terminal, and this task has none. `flowc run FLOW.py "
        f"--step {step or 'STEP'}{task} --from {run or 'RUN'} --pdb` stops there in yours; "
        "PYTHONBREAKPOINT=0 passes all breakpoints over"
    )
