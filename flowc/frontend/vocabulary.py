"""The names of the language: what flowc has, what Metaflow has beside it, and what users may not use as names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MODULES = frozenset({"flowc", "metaflow"})
"""In a flow both mean flowc."""

STEP_DECORATORS = frozenset({"step", "retry", "resources", "environment", "timeout", "catch"})
"""Decorators of steps."""

CLIENT_NAMES = frozenset({"DataArtifact", "Flow", "Metaflow", "Run", "Step", "Task"})
"""What reads results."""

NAMES = STEP_DECORATORS | CLIENT_NAMES | {"FlowSpec", "Parameter", "JSONType", "current"}
"""What a flow can import from flowc."""

METAFLOW_NAMES = frozenset(
    """
    Config ConfigValue CustomFlowDecorator CustomStepDecorator DeployedFlow Deployer FlowMutator
    IncludeFile JSONTypeClass MetaflowCode NBDeployer NBRunner Runner S3 StepMutator TriggeredRun
    UnboundedForeachInput UserStepDecorator
    cards client config_expr default_metadata default_namespace events exception get_metadata get_namespace
    includefile inspect_spin metadata namespace parallel_imap_unordered parallel_map plugins profile
    pyproject_toml_parser requirements_txt_parser user_step_decorator
    airflow_external_task_sensor airflow_s3_key_sensor batch card checkpoint conda
    huggingface_hub kubernetes model nim nvct nvidia ollama parallel pypi secrets slurm torchrun
    uv vllm
    conda_base exit_hook project pypi_base schedule trigger trigger_on_finish
    """.split()  # noqa: SIM905 - a table is read more easily than a column of quotes
)
"""Names that users know from Metaflow and that this version does not have.

Source: https://docs.metaflow.org/api
"""

CURRENT = frozenset(
    """
    attempt flow_name is_running_flow parameter_names pathspec retry_count run_id step_name task_id
    """.split()  # noqa: SIM905
)
"""What `current` knows."""

RESERVED = frozenset({"foreach_stack", "index", "input", "merge_artifacts", "next"})
"""Attributes of every flow: neither steps nor parameters can have these names."""

RESERVED_STEPS = RESERVED | {"cmd", "name", "script_name"}
"""Names that Metaflow keeps from steps."""

RUN_OPTIONS = frozenset({"help", "image", "max_workers", "no_color", "output", "store", "target"})
"""Options of `flowc run` and `flowc simulate` themselves, as parameters would spell them."""

START, END = "start", "end"
"""The first and the last step, where no step is marked as such."""

NEXT_KEYWORDS = frozenset({"foreach", "condition", "num_parallel"})
"""Keywords of `self.next`, in Metaflow's language."""


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that was probably meant, if any is near."""
    by_lower = {w.lower(): w for w in sorted(words)}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[found[0]] if found else None


def listed(names: Iterable[str], last: str = "and") -> str:
    """Names in backquotes: "`a`, `b` and `c`"."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
