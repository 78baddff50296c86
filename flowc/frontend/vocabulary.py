"""The names of the language: what flowc has, what Metaflow has beside it, and what users may not use as names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MODULES = frozenset({"flowc", "metaflow"})
"""In a flow both mean flowc."""

STEP_DECORATORS = frozenset(
    {
        *("step", "retry", "catch", "timeout", "environment", "secrets", "card"),
        *("resources", "kubernetes", "batch"),
    }
)
"""Decorators of steps."""

SEVERAL = frozenset({"card"})
"""Those of which a step may have several."""

CLASS_DECORATORS = frozenset({"project", "schedule"})
"""Decorators of a flow's class."""

DECORATORS = STEP_DECORATORS | CLASS_DECORATORS

CLIENT_NAMES = frozenset({"DataArtifact", "Flow", "Metaflow", "Run", "Step", "Task"})
"""What reads results."""

MAKERS = frozenset({"USER_SKIP_STEP", "UserStepDecorator", "user_step_decorator"})
"""What users write decorators of steps with."""

CONFIG_NAMES = frozenset({"Config", "ConfigValue", "config_expr"})
"""What a flow is configured with."""

NAMES = (
    DECORATORS
    | CLIENT_NAMES
    | MAKERS
    | CONFIG_NAMES
    | {"FlowSpec", "IncludeFile", "Parameter", "JSONType", "cards", "current"}
)
"""What a flow can import from flowc."""

CARD_NAMES = frozenset(
    """
    Artifact Error Image Markdown MetaflowCardComponent ProgressBar PythonCode Table VegaChart get_cards
    """.split()  # noqa: SIM905
)
"""What the module `cards` has."""

METAFLOW_NAMES = frozenset(
    """
    CustomFlowDecorator CustomStepDecorator DeployedFlow Deployer FlowMutator
    JSONTypeClass MetaflowCode NBDeployer NBRunner Runner S3 StepMutator TriggeredRun
    UnboundedForeachInput
    client default_metadata default_namespace events exception get_metadata get_namespace
    includefile inspect_spin metadata namespace parallel_imap_unordered parallel_map plugins profile
    pyproject_toml_parser requirements_txt_parser
    airflow_external_task_sensor airflow_s3_key_sensor checkpoint conda deepspeed
    huggingface_hub model mpi nim nvct nvidia ollama parallel pypi s3_proxy slurm torchrun
    uv vllm
    conda_base exit_hook pypi_base trigger trigger_on_finish
    """.split()  # noqa: SIM905 - a table is read more easily than a column of quotes
)
"""Names that users know from Metaflow and that this version does not have.

Source: https://docs.metaflow.org/api
"""

CURRENT = frozenset(
    """
    attempt branch_name card data_interval_end data_interval_start flow_name get is_production is_running_flow
    is_user_branch logical_date origin_run_id parameter_names pathspec project_flow_name project_name retry_count
    run_id step_name tags task_id tempdir username
    """.split()  # noqa: SIM905
)
"""What `current` knows."""

METAFLOW_CURRENT = {
    "checkpoint": "flowc has no checkpoints: keep the state in an artifact",
    "graph": "draw the flow with `flowc graph`",
    "huggingface_hub": "load the model with the library itself",
    "model": "keep the model in an artifact",
    "namespace": "flowc has no namespaces: tell runs apart by `current.username`, `current.branch_name` and tags",
    "parallel": "this version does not compile `num_parallel`",
    "run": 'open it with `Run(f"{current.flow_name}/{current.run_id}")`',
    "task": "open it with `Task(current.pathspec)`",
    "trigger": "flowc has no triggers by events: pass what the event says as parameters",
}
"""What Metaflow's `current` knows beside that, and what to do instead.

Source: https://docs.metaflow.org/api/current
"""

RESERVED = frozenset({"foreach_stack", "index", "input", "merge_artifacts", "next"})
"""Attributes of every flow: neither steps nor parameters can have these names."""

RESERVED_STEPS = RESERVED | {"cmd", "name", "script_name"}
"""Names that Metaflow keeps from steps."""

START, END = "start", "end"
"""The first and the last step, where no step is marked as such."""

NEXT_KEYWORDS = frozenset({"foreach", "condition", "num_parallel"})
"""Keywords of `self.next`, in Metaflow's language."""


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that was probably meant, if any is near."""
    by_lower = {w.lower(): w for w in sorted(words)}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    # of a short word too little agrees when two of its letters change places
    found = found or [other for other in by_lower if _is_swapped(word.lower(), other)]
    return by_lower[found[0]] if found else None


def _is_swapped(word: str, other: str) -> bool:
    """Whether two neighbouring letters have changed places."""
    wrong = [at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b]
    if len(word) != len(other) or len(wrong) != 2 or wrong[1] != wrong[0] + 1:
        return False
    first, second = wrong
    return word[first] == other[second] and word[second] == other[first]


def listed(names: Iterable[str], last: str = "and") -> str:
    """Names in backquotes: "`a`, `b` and `c`"."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
