"""What a scheduler asks for: one attempt of one task."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from flowc import contract
from flowc._version import __version__
from flowc.contract import Address, Plan, attempt_key, parse_path, run_key
from flowc.errors import ContractError, StoreError
from flowc.runner.start import UNMARKED, Start, read_start
from flowc.store.opening import check_url

if TYPE_CHECKING:
    from flowc.store.records import RunRecord

_CODE = re.compile(r"[0-9a-f]{64}")


class Request(NamedTuple):
    """One attempt of one task.

    Attributes:
        store: The store's root URL.
        code: Hash of the code package.
        run_id: The scheduler's own id of the run.
        task: The address.
        attempt: The engine's name for this attempt, fit for a key; never used twice.
        retry: How often the task was tried before, as the user counts.
        parameters: What the trigger sent; only for the start task.
        engine: Who asks.
        start: What the start task is told of the run.
        fresh: The record of a run of this task alone, as far as it is known; None for a task of a whole run.
    """

    store: str
    code: str
    run_id: str
    task: Address
    attempt: str
    retry: int
    parameters: dict[str, Any]
    engine: str
    start: Start = UNMARKED
    fresh: RunRecord | None = None


def read_request(environment: Mapping[str, str]) -> Request:
    """The request in a process's environment.

    Raises:
        ContractError: A variable is missing or has no sense.
    """
    if not any(environment.get(name) for name in (contract.ENV_STORE, contract.ENV_FLOW, contract.ENV_STEP)):
        raise ContractError(
            f"this is the step runner of flowc {__version__}, for plans of versions up to {contract.PLAN}; it carries "
            "out one task, for a scheduler, which describes it in FLOWC_* variables, and there are none"
        )

    def required(name: str) -> str:
        value = environment.get(name, "")
        if not value:
            raise ContractError(f"the environment variable {name} is missing: a scheduler's task sets it")
        return value

    run_id = required(contract.ENV_RUN)
    code = required(contract.ENV_CODE)
    if not _CODE.fullmatch(code):
        raise ContractError(f"{contract.ENV_CODE} is `{code}`, not the hash of a code package")
    try:
        run = run_key(run_id)
        attempt = attempt_key(_attempt(environment))
        path = parse_path(environment.get(contract.ENV_PATH) or contract.NO_PATH)
        retry = int(environment.get(contract.ENV_RETRY) or "0")
        parameters = json.loads(environment.get(contract.ENV_PARAMETERS) or "{}")
    except ValueError as error:
        raise ContractError(f"the environment of the task makes no sense: {error}") from error
    if not isinstance(parameters, dict):
        raise ContractError(f"{contract.ENV_PARAMETERS} is not a JSON object of names and values")
    start = read_start(environment, parameters)
    parameters.pop(contract.INPUT_LOGICAL_DATE, None)
    engine = environment.get(contract.ENV_ENGINE, "")
    if engine == "stepfunctions" and run != run_id:
        # the state machine finds the items of a foreach by the execution's own name
        raise ContractError(
            f"the execution's name `{run_id}` cannot be a part of a key: use letters, digits and any of -_.=@()!'+"
        )
    store = required(contract.ENV_STORE)
    try:
        check_url(store)
    except StoreError as error:
        raise ContractError(f"{contract.ENV_STORE}: {error}") from error
    return Request(
        store=store,
        code=code,
        run_id=run_id,
        task=Address(required(contract.ENV_FLOW), run, required(contract.ENV_STEP), path),
        attempt=attempt,
        retry=retry,
        parameters=parameters,
        engine=engine,
        start=start,
    )


def check_request(plan: Plan, task: Address) -> None:
    """Whether the plan has such a task.

    Raises:
        ContractError: It has not.
    """
    step = plan.steps.get(task.step)
    if task.flow != plan.flow or step is None:
        raise ContractError(f"the code package of {plan.flow} has no step `{task.step}` of flow {task.flow}")
    if len(task.path) != len(step.within):
        raise ContractError(f"step `{task.step}` is in {len(step.within)} foreachs, and its path is {task.path}")


def _attempt(environment: Mapping[str, str]) -> str:
    attempt = environment.get(contract.ENV_ATTEMPT)
    if attempt:
        return attempt
    # AWS Batch sets both in every container.
    # Source: https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
    job = environment.get("AWS_BATCH_JOB_ID")
    if job:
        return f"{job}.{environment.get('AWS_BATCH_JOB_ATTEMPT') or '1'}"
    raise ContractError(f"neither {contract.ENV_ATTEMPT} nor AWS_BATCH_JOB_ID names this attempt")
