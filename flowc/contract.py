"""What the compiler, the schedulers and the runner agree on: addresses, environment names, exit codes, the plan.

Formats outlive code. Everything here is standard library, and named tuples instead of dataclasses: the module is on
the runner's start-up path, and importing `dataclasses` costs more than reading the plan.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple, TypeAlias

from flowc._version import __version__

CONTRACT = 1
"""The version of keys and of everything in the store, which is final; records of another one are refused."""

PLAN = 4
"""The version of plans. A runner refuses plans that are newer than itself, since it would ignore a part of them."""

# --- environment of a task: the whole input of `python -m flowc.runner` ----------------------------------------------

ENV_STORE = "FLOWC_STORE"
ENV_FLOW = "FLOWC_FLOW"
ENV_CODE = "FLOWC_CODE"
ENV_RUN = "FLOWC_RUN"
ENV_STEP = "FLOWC_STEP"
ENV_PATH = "FLOWC_PATH"
ENV_ATTEMPT = "FLOWC_ATTEMPT"
ENV_RETRY = "FLOWC_RETRY"
ENV_PARAMETERS = "FLOWC_PARAMETERS"
ENV_ENGINE = "FLOWC_ENGINE"
ENV_TAGS = "FLOWC_TAGS"
ENV_USER = "FLOWC_USER"
ENV_LOGICAL_DATE = "FLOWC_LOGICAL_DATE"
ENV_INTERVAL_START = "FLOWC_DATA_INTERVAL_START"
ENV_INTERVAL_END = "FLOWC_DATA_INTERVAL_END"
ENV_CACHE = "FLOWC_CACHE"
"""Where code packages are unpacked; not set by a scheduler but by whoever builds the image or tests."""
ENV_GRACE = "FLOWC_GRACE"
"""Seconds that a task may take to end when it is told to; set by whoever gives its container more than usual."""

INPUT_LOGICAL_DATE = "flowc:logical_date"
"""What a trigger sends beside the parameters, where it cannot set a variable; no parameter has such a name."""

RUNNER = ("python", "-m", "flowc.runner")
"""The command that a scheduler starts."""

LAMBDA_RUNNER = ("python", "-m", "flowc.runner.lambda_")
"""The command of a function of AWS Lambda, whose events are the environments of tasks."""

# --- exit codes of the runner ----------------------------------------------------------------------------------------

EXIT_OK = 0
EXIT_USER = 1
"""The step raised an exception, or its process ended by itself before its outputs were saved."""
EXIT_INPUT = 65
"""What the scheduler handed over cannot be used (sysexits' EX_DATAERR); trying again does not help."""
EXIT_STORE = 75
"""The store could not be reached (sysexits' EX_TEMPFAIL); trying again may help."""
EXIT_SIGNAL = 128
"""With a signal's number added, as shells do it: the task was told to end by the signal, or was killed by it."""
EXIT_TERMINATED = EXIT_SIGNAL + 15
"""The task was told to end, by SIGTERM; trying again elsewhere may help."""

LAMBDA_INPUT_ERROR = "flowc.BadInput"
LAMBDA_STORE_ERROR = "flowc.StoreUnreachable"
LAMBDA_TERMINATED = "flowc.Terminated"
"""Errors that functions of Lambda answer with, for 65, 75 and 143; `flowc.runner.lambda_` has that of all others."""

# --- paths -----------------------------------------------------------------------------------------------------------

Path: TypeAlias = tuple[int, ...]
"""The indices of the enclosing foreach items, outermost first; its length is static for a step."""

NO_PATH = "_"
_PATH = re.compile(r"_|(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")


def format_path(path: Path) -> str:
    """`0.1` for (0, 1); `_` for ()."""
    return ".".join(map(str, path)) if path else NO_PATH


def parse_path(text: str) -> Path:
    """The inverse of `format_path`.

    Raises:
        ValueError: The text is not a path.
    """
    if not _PATH.fullmatch(text):
        raise ValueError(f"`{text}` is not a path: expected `_` or item numbers joined by dots, as in `0.1`")
    return () if text == NO_PATH else tuple(map(int, text.split(".")))


# --- keys ------------------------------------------------------------------------------------------------------------

_SAFE = re.compile(r"(?!\.)[A-Za-z0-9_.=@()!'+-]{1,200}")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.=@()!'+-]")


def run_key(run_id: str) -> str:
    """A scheduler's run id as a part of a key.

    The id itself where that is safe in a file system and an object store; otherwise every other character becomes
    `-`, and the first 8 hexadecimal digits of its SHA-256 keep it distinct. Generated DAGs hold the same function.
    """
    if _SAFE.fullmatch(run_id):
        return run_id
    digest = hashlib.sha256(run_id.encode()).hexdigest()[:8]
    return f"{_UNSAFE.sub('-', run_id)[:180].lstrip('.')}-{digest}"


def attempt_key(attempt: str) -> str:
    """An engine's attempt token as a part of a key, made like a `run_key`."""
    return run_key(attempt)


def code_key(flow: str, code: str) -> str:
    """The code package: the flow's sources and its compiled plan."""
    return f"{flow}/code/{code}.tar.zst"


def blob_key(flow: str, digest: str) -> str:
    """Artifact bytes, by content."""
    return f"{flow}/blobs/{digest[:2]}/{digest}"


def runs_prefix(flow: str) -> str:
    """All runs of a flow, as a prefix that ends in a slash."""
    return f"{flow}/runs/"


def run_prefix(flow: str, run: str) -> str:
    """Everything of one run, as a prefix that ends in a slash; `run` is a `run_key`."""
    return f"{flow}/runs/{run}/"


def run_json_key(flow: str, run: str) -> str:
    """The run's parameters, code and engine; written once, by the start task."""
    return f"{flow}/runs/{run}/run.json"


def end_json_key(flow: str, run: str) -> str:
    """How the run ended; written by an engine that sees the end (a local run does, a scheduler's task cannot)."""
    return f"{flow}/runs/{run}/end.json"


class Address(NamedTuple):
    """A task of a run.

    Attributes:
        flow: The flow's name.
        run: A `run_key`.
        step: The step's name.
        path: One index for each enclosing foreach.
    """

    flow: str
    run: str
    step: str
    path: Path

    @property
    def prefix(self) -> str:
        """The key below which everything of the task lies, without a final slash."""
        return f"{self.flow}/runs/{self.run}/{self.step}/{format_path(self.path)}"

    @property
    def commit_key(self) -> str:
        """The commit: the one object that makes the task finished."""
        return f"{self.prefix}/commit.json"

    @property
    def items_key(self) -> str:
        """`[0..n-1]` of a foreach step, for schedulers that read their items from an object."""
        return f"{self.prefix}/items.json"

    def task_key(self, attempt: str) -> str:
        """The record of one attempt: its artifacts, or how it failed."""
        return f"{self.prefix}/{attempt}/task.json"

    def log_key(self, attempt: str) -> str:
        """The output of one attempt."""
        return f"{self.prefix}/{attempt}/log"

    def cards_key(self, attempt: str) -> str:
        """What one attempt has put into its cards; there is none for a step without cards."""
        return f"{self.prefix}/{attempt}/cards.json"

    def __str__(self) -> str:
        at = f"/{format_path(self.path)}" if self.path else ""
        return f"{self.flow}/{self.run}/{self.step}{at}"


# --- the plan --------------------------------------------------------------------------------------------------------

PLAN_NAME = "flowc-plan.json"
"""The plan's name in the code package; always its first member."""


class PlanParameter(NamedTuple):
    """A parameter: what a value must be, and what it is when none is given.

    Attributes:
        name: The attribute's name.
        type: `str`, `int`, `float`, `bool`, `json`, `file`, or `any` for that of a deferred default.
        default: The value when none is given; None for none, or for one that is not known yet.
        required: A run must give a value.
        help: One sentence.
        deferred: The class has a default that the start task finds.
        separator: The text is a list of what stands between these; None for no list.
        encoding: A file is text in this encoding; None for bytes.
        file: The record of the file that is included by default, see `flowc.store.files`.
    """

    name: str
    type: str
    default: Any
    required: bool
    help: str
    deferred: bool = False
    separator: str | None = None
    encoding: str | None = None
    file: dict[str, Any] | None = None


class PlanConfig(NamedTuple):
    """A config, as it was when the flow was compiled.

    Attributes:
        name: The attribute's name.
        value: Its value as JSON, a text since only the start task reads it; None for a deferred one.
        deferred: The class has a parser, or a default, that the start task calls.
        text: What a parser of the flow's own is given; None for what the default gives.
    """

    name: str
    value: str | None
    deferred: bool = False
    text: str | None = None


class PlanProject(NamedTuple):
    """What the flow belongs to, and which branch of it this is.

    Attributes:
        name: The project's name.
        branch: `prod`, `prod.x`, `test.x` or `user.name`.
    """

    name: str
    branch: str

    @property
    def is_production(self) -> bool:
        """Whether the branch is for production."""
        return self.branch.partition(".")[0] == "prod"

    @property
    def is_user_branch(self) -> bool:
        """Whether it is the branch of who has deployed the flow."""
        return self.branch.startswith("user.")


class PlanSecret(NamedTuple):
    """A secret that a step's code sees as environment variables; never its value.

    Attributes:
        id: Its name or ARN in AWS Secrets Manager.
        role: The ARN of the role that it is read with; None for the task's own credentials.
        region: Where it is; None: as the ARN says, or as AWS's tools find it.
        json: It is a JSON object, and each key is a variable.
        variable: What the one variable is called if it is none; None: like the secret.
    """

    id: str
    role: str | None = None
    region: str | None = None
    json: bool = True
    variable: str | None = None


class PlanCard(NamedTuple):
    """A card that a step's code fills.

    Attributes:
        type: What kind of card it is meant to be.
        id: What tells it from the step's other cards; None for none.
        options: Kept with it.
        customize: It is the one that `current.card` itself means.
        refresh_interval_s: How often it is kept while the step runs, at most.
        save_errors: What fails leaves its error in it.
    """

    type: str = "default"
    id: str | None = None
    options: dict[str, Any] = {}  # noqa: RUF012 - a default that nobody changes
    customize: bool = False
    refresh_interval_s: float = 5
    save_errors: bool = True


class PlanStep(NamedTuple):
    """A step, with all that a runner needs to find its inputs.

    Attributes:
        name: The step's name.
        parents: The steps whose tasks come directly before; in split order for a join of branches.
        within: The foreach steps around it, outermost first; as long as a task's path.
        join: None, `branches` (inputs from each of `parents`), or `foreach` (inputs from each item).
        split: For a join, the step that it closes.
        foreach: The artifact that this step's foreach iterates; None for other steps.
        retries: Further attempts after the first one fails.
        environment: Names and values of environment variables that the step's code sees.
        timeout_s: Seconds that the step's code may run; None for any number.
        catch: When no retry is left, a failure is caught: the task is finished with what there is.
        catch_var: The artifact that holds what was caught; None for none.
        print_exception: The traceback of what was caught is printed.
        secrets: What its code sees in the environment beside that.
        secrets_override: They may replace variables that are set already.
        cards: What it fills beside its artifacts.
        tempdir: A folder in memory that its machine has; None for none.
        tempdir_by_name: Temporary files lie there only where its code says so, by `current.tempdir`.
    """

    name: str
    parents: tuple[str, ...]
    within: tuple[str, ...]
    join: str | None
    split: str | None
    foreach: str | None
    retries: int
    environment: tuple[tuple[str, str], ...] = ()
    timeout_s: float | None = None
    catch: bool = False
    catch_var: str | None = None
    print_exception: bool = True
    secrets: tuple[PlanSecret, ...] = ()
    secrets_override: bool = False
    cards: tuple[PlanCard, ...] = ()
    tempdir: str | None = None
    tempdir_by_name: bool = False

    @property
    def further_tries(self) -> int:
        """How often a scheduler starts a failing task again; the last time only to catch what has happened."""
        return self.retries + self.catch


class Plan(NamedTuple):
    """A compiled flow, flat.

    Attributes:
        contract: See `PLAN`.
        flow: The flow's name.
        module: The module that holds the flow's class, the same in every mode.
        doc: The class's docstring.
        start: The step that receives the parameters.
        end: The step whose commit ends a run.
        parameters: In source order.
        steps: By name, in an order in which every step follows its parents.
        project: What the flow belongs to; None: to nothing.
        configs: In source order.
        flowc: The version of flowc that has made it; empty: one that did not say so.
    """

    contract: int
    flow: str
    module: str
    doc: str
    start: str
    end: str
    parameters: tuple[PlanParameter, ...]
    steps: dict[str, PlanStep]
    project: PlanProject | None = None
    configs: tuple[PlanConfig, ...] = ()
    flowc: str = ""

    def to_json(self) -> dict[str, Any]:
        """The plan as it is stored."""
        plan = self._asdict()
        plan["parameters"] = [p._asdict() for p in self.parameters]
        plan["steps"] = [_step_json(s) for s in self.steps.values()]
        plan["project"] = None if self.project is None else self.project._asdict()
        if plan.pop("configs"):
            plan["configs"] = [c._asdict() for c in self.configs]
        if not self.flowc:
            del plan["flowc"]
        return plan

    @classmethod
    def from_json(cls, plan: dict[str, Any]) -> Plan:
        """The inverse of `to_json`.

        Raises:
            ValueError: The plan is of a version that is not known here.
        """
        if plan.get("contract") not in range(1, PLAN + 1):
            raise ValueError(_unknown_version(plan))
        steps = [_plan_step(s) for s in plan["steps"]]
        return cls(
            **{
                **plan,
                "parameters": tuple(PlanParameter(**p) for p in plan["parameters"]),
                "steps": {s.name: s for s in steps},
                "configs": tuple(PlanConfig(**c) for c in plan.get("configs", ())),
                "project": PlanProject(**plan["project"]) if plan.get("project") else None,
            }
        )


def _unknown_version(plan: dict[str, Any]) -> str:
    maker = f"flowc {plan['flowc']}" if isinstance(plan.get("flowc"), str) else "the flowc that compiled it"
    return (
        f"this flow was compiled to a plan of version {plan.get('contract')}, and this runner, of flowc {__version__}, "
        f"knows versions up to {PLAN}: it needs an image of {maker}, as `flowc image build` of that version makes one; "
        f"compile with `--image` and its name"
    )


def _step_json(step: PlanStep) -> dict[str, Any]:
    fields = {
        **step._asdict(),
        "secrets": [secret._asdict() for secret in step.secrets],
        "cards": [card._asdict() for card in step.cards],
    }
    rare = ("secrets", "secrets_override", "cards", "tempdir", "tempdir_by_name")
    return {name: value for name, value in fields.items() if value or name not in rare}


def _plan_step(fields: dict[str, Any]) -> PlanStep:
    step = PlanStep(**fields)  # what a plan of an older version does not have is what it is by default
    return step._replace(
        parents=tuple(step.parents),
        within=tuple(step.within),
        environment=tuple((name, value) for name, value in step.environment),
        secrets=tuple(PlanSecret(**secret) for secret in fields.get("secrets", ())),
        cards=tuple(PlanCard(**card) for card in fields.get("cards", ())),
    )


def parent_addresses(plan: Plan, task: Address) -> tuple[Address, ...]:
    """The tasks directly before a task, in order, where that does not depend on a foreach's width.

    For a join of a foreach this is nothing: its inputs are `item_addresses` of the width in the split's commit.
    """
    step = plan.steps[task.step]
    if step.join == "foreach":
        return ()
    return tuple(task._replace(step=p, path=task.path[: len(plan.steps[p].within)]) for p in step.parents)


def split_address(plan: Plan, task: Address) -> Address:
    """The task of the split that a join closes."""
    split = plan.steps[task.step].split
    if split is None:
        raise ValueError(f"step {task.step} is not a join")
    return task._replace(step=split)


def item_addresses(plan: Plan, task: Address, splits: int) -> tuple[Address, ...]:
    """The last task of each item, in item order, for a join of a foreach."""
    (parent,) = plan.steps[task.step].parents
    return tuple(task._replace(step=parent, path=(*task.path, i)) for i in range(splits))
