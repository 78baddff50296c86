"""What tasks are told: the environment of all, and of the first step's."""

from __future__ import annotations

import json

from flowc import contract
from flowc.ir.flow import Flow
from flowc.targets import pysource as py
from flowc.targets.airflow.options import AirflowOptions

TIMES = {
    contract.ENV_LOGICAL_DATE: "dag_run.logical_date",
    contract.ENV_INTERVAL_START: "dag_run.data_interval_start",
    contract.ENV_INTERVAL_END: "dag_run.data_interval_end",
}
"""What the start step alone is told of times."""

ATTEMPTS = {
    "3": '"{{ ti.id }}"',
    # there, a task instance has no id of its own; a run that is cleared has another start, and the tries go on
    "2.11": '"{{ dag_run.start_date.timestamp() }}-{{ ti.try_number }}"',
}
"""What is never used twice for a task of a run, by the release of Airflow."""


def env(flow: Flow, options: AirflowOptions) -> py.Expression:
    """The environment of every task."""
    return py.mapping(
        (
            (contract.ENV_STORE, py.string(options.store)),
            (contract.ENV_FLOW, py.string(flow.name)),
            (contract.ENV_CODE, py.string(options.code)),
            (contract.ENV_ENGINE, '"airflow"'),
            *((name, py.string(value)) for name, value in options.environment),
            (contract.ENV_RUN, py.string(f"{flow.run_id_prefix}{{{{ run_id }}}}")),
            (contract.ENV_STEP, '"{{ ti.task_id }}"'),
            (contract.ENV_ATTEMPT, ATTEMPTS[options.airflow_version]),
            (contract.ENV_RETRY, '"{{ [0, ti.try_number - 1 - ti.max_tries + task.retries] | max }}"'),
        )
    )


def _times(options: AirflowOptions) -> tuple[tuple[str, py.Expression], ...]:
    """Runs that are started by hand, or by other events than a time, have none of the times.

    Airflow 2 gives them the time of their start.
    """
    if options.airflow_version == "3":
        return tuple((name, f"\"{{{{ {value} | ts or '' }}}}\"") for name, value in TIMES.items())
    chosen = "'' if dag_run.run_type == 'manual' else"
    return tuple((name, f'"{{{{ {chosen} {value} | ts }}}}"') for name, value in TIMES.items())


def start_env(flow: Flow, options: AirflowOptions, *, expands: bool) -> py.Expression:
    """The environment of the start step's task: also what the trigger sent.

    Args:
        expands: `$(NAME)` in values is expanded, and `$$` is read as `$`.
    """
    tags = flow.deployment.tags
    sent = """"{{ params | tojson | replace('$', '$$') }}\"""" if expands else '"{{ params | tojson }}"'
    marks = ((contract.ENV_TAGS, py.string(_inert(tags))),) if tags else ()
    variables = ((contract.ENV_PARAMETERS, sent), *_times(options), *marks)
    return py.Group(open="{", items=(("**", "ENV"), *((f'"{n}": ', value) for n, value in variables)), close="}")


def _inert(tags: tuple[str, ...]) -> str:
    """Tags as JSON without a character that Jinja or Kubernetes would look at."""
    return json.dumps(tags).replace("{", r"\u007b").replace("$", r"\u0024")
