"""Processes on the worker, by `BashOperator`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from flowc import contract
from flowc.diagnostics import Diagnostic, Label, Severity
from flowc.ir.steps import Step
from flowc.targets import pysource as py
from flowc.targets.airflow.computes.base import Compute, Keywords

_PYTHON = re.compile(r"[^\s{][^\n{]*")

TEMPLATE_FILES = (".sh", ".bash")
"""Airflow takes a value that ends so for the path of a template.

Source: `BashOperator.template_ext`, `Templater.render_template`
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes(Compute):
    """Processes that Airflow's workers start."""

    name: ClassVar[str] = "local"
    operator: ClassVar[str] = "BashOperator"
    module: ClassVar[str] = "airflow.providers.standard.operators.bash"
    one: ClassVar[str] = "process"
    many: ClassVar[str] = "processes"
    told: ClassVar[str] = "env"
    path: ClassVar[str] = "{{ task.env.FLOWC_PATH }}"
    names: ClassVar[frozenset[str]] = frozenset({"BashOperator"})

    def defaults(self) -> Keywords:
        _, *rest = contract.RUNNER
        return {
            # the shell becomes the runner, which then is told to end when the task is
            "bash_command": py.string(shlex.join(("exec", self.options.local_python, *rest))),
            self.told: "ENV",
            "append_env": "True",
            "do_xcom_push": "False",
            # by default, 99 would be no failure
            "skip_on_exit_code": "None",
        }

    def own(self, step: Step, *, mapped: bool) -> Keywords:
        return {}

    def check_options(self) -> Iterator[Diagnostic]:
        python = self.options.local_python
        if not _PYTHON.fullmatch(python):
            yield Diagnostic(
                code="FC001",
                message=f"`{python}` is not the path of an interpreter",
                help="give that of the Python which has flowc on the workers: --local-python PATH",
            )
        if self.options.store.endswith(TEMPLATE_FILES):
            yield Diagnostic(
                code="FC402",
                message=f"Airflow would take the store's URL `{self.options.store}` for the path of a template",
                help=f"choose one that does not end with {' or '.join(TEMPLATE_FILES)}",
            )

    def check_step(self, step: Step) -> Iterator[Diagnostic]:
        """A process has what the worker has."""
        asked = {
            "CPUs": any(r.cpu is not None for r in step.policy.requests),
            "memory": any(r.memory_mib is not None for r in step.policy.requests),
            "GPUs": bool(step.policy.gpu),
            "disk": step.policy.disk_mib is not None,
            "shared memory": step.policy.shared_memory_mib is not None,
        }
        wanted = [what for what, is_asked in asked.items() if is_asked]
        if wanted:
            yield Diagnostic(
                code="FC408",
                message="a process has what Airflow's worker has: "
                f"the {' and '.join(wanted)} that the step wants cannot be asked for",
                help="choose another compute for the step, or see that the workers have enough",
                primary=Label(span=step.span, text="this step"),
                severity=Severity.WARNING,
            )
