"""What pods are told: the environment of all, and of the first step's."""

from __future__ import annotations

import json

from flowc import contract
from flowc.ir.flow import Flow
from flowc.targets import pysource as py
from flowc.targets.airflow.options import AirflowOptions

START_ENV = (
    # Kubernetes expands `$(NAME)` in values, and reads `$$` as `$`.
    (contract.ENV_PARAMETERS, """"{{ params | tojson | replace('$', '$$') }}\""""),
    # runs that are started by hand, or by other events than a time, have none of the three
    (contract.ENV_LOGICAL_DATE, """"{{ dag_run.logical_date | ts or '' }}\""""),
    (contract.ENV_INTERVAL_START, """"{{ dag_run.data_interval_start | ts or '' }}\""""),
    (contract.ENV_INTERVAL_END, """"{{ dag_run.data_interval_end | ts or '' }}\""""),
)
"""What the start step alone is told: what the trigger sent, and when that was to be."""


def env(flow: Flow, options: AirflowOptions) -> py.Expression:
    """The environment of every pod."""
    return py.mapping(
        (
            (contract.ENV_STORE, py.string(options.store)),
            (contract.ENV_FLOW, py.string(flow.name)),
            (contract.ENV_CODE, py.string(options.code)),
            (contract.ENV_ENGINE, '"airflow"'),
            *((name, py.string(value)) for name, value in options.environment),
            (contract.ENV_RUN, py.string(f"{flow.run_id_prefix}{{{{ run_id }}}}")),
            (contract.ENV_STEP, '"{{ ti.task_id }}"'),
            (contract.ENV_ATTEMPT, '"{{ ti.id }}"'),
            (contract.ENV_RETRY, '"{{ [0, ti.try_number - 1 - ti.max_tries + task.retries] | max }}"'),
        )
    )


def start_env(flow: Flow) -> py.Expression:
    """The environment of the start step's pod."""
    tags = flow.deployment.tags
    variables = (*START_ENV, *(((contract.ENV_TAGS, py.string(_inert(tags))),) if tags else ()))
    return py.Group(open="{", items=(("**", "ENV"), *((f'"{n}": ', value) for n, value in variables)), close="}")


def _inert(tags: tuple[str, ...]) -> str:
    """Tags as JSON without a character that Jinja or Kubernetes would look at."""
    return json.dumps(tags).replace("{", r"\u007b").replace("$", r"\u0024")
