"""The page: all that the template places."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from flowc import contract
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach
from flowc.ir.walk import regions
from flowc.targets import pysource as py
from flowc.targets.airflow.environment import env
from flowc.targets.airflow.operators import REJECTED, Body
from flowc.targets.airflow.options import AirflowOptions
from flowc.targets.airflow.params import param
from flowc.targets.airflow.pods import Resources, resources_of, usual_resources

if TYPE_CHECKING:
    from flowc.ir.schedule import Schedule

POD_PREFIX = 30
"""Characters of the flow's name at the beginning of a pod's name."""

STARTUP_TIMEOUT_S = 600
"""How long a pod may take to start: a cluster may have to add a machine and load the image first."""

LATE_MINUTES = 5
"""How long after a time of its schedule a new DAG still runs for it.

Airflow's default is a tenth of the time between two runs: a weekly flow that is deployed on a Sunday would start at
once. With none at all, a first run would be lost whenever the file is read again before the scheduler has started it.
Source: `airflow.timetables.trigger.CronTriggerTimetable._calc_first_run`
"""


def page(flow: Flow, options: AirflowOptions) -> dict[str, object]:
    """The template's variables: source text, and what decides which parts of the page there are."""
    foreach = any(isinstance(region, Foreach) for region in regions(flow.root))
    scheduled = flow.deployment.schedule is not None
    s3 = options.store.startswith("s3://")
    root = options.store if s3 else unquote(urlsplit(options.store).path)
    runs = py.string(f"{root}/{contract.runs_prefix(flow.name)}".rstrip("/"))
    usual = usual_resources(flow.steps)
    body = Body(flow, usual)
    return {
        "version": options.version,
        "source": py.string(PurePath(flow.file).name)[1:-1],
        "doc": py.docstring(flow.doc.strip() or f"The flow {flow.name}."),
        "foreach": foreach,
        "timedelta": scheduled or any(step.policy.further_tries for step in flow.steps),
        "s3": s3,
        "sdk": _sdk_names(scheduled, bool(flow.params), foreach),
        "env": py.layout("ENV = ", env(flow, options)),
        "run_key": f"run_key({_run_id(flow)})",
        "runs": f"RUNS = {runs}" if s3 else f"RUNS = Path({runs})",
        "head": py.layout("with ", _dag(flow, options, usual), ":"),
        "operators": body.operators,
        "edges": body.edges(),
    }


def _run_id(flow: Flow) -> str:
    """The run's id as the runner has it, of Airflow's in `run_id`."""
    return f"{py.string(flow.run_id_prefix)} + run_id" if flow.run_id_prefix else "run_id"


def _sdk_names(scheduled: bool, params: bool, foreach: bool) -> list[str]:
    """What the file imports from `airflow.sdk`, in the order in which a formatter would have it."""
    wanted = {"DAG": True, "CronTriggerTimetable": scheduled, "Param": params, "task": foreach}
    return [name for name, is_wanted in wanted.items() if is_wanted]


def _dag(flow: Flow, options: AirflowOptions, usual: Resources) -> py.Expression:
    """The DAG's constructor; what all steps have in common are its default arguments."""
    settings = {"namespace": options.namespace, "service_account_name": options.service_account}
    common: list[tuple[str, py.Expression]] = [
        ("name", py.string(f"{_pod_prefix(flow.name)}-{{{{ ti.task_id }}}}")),
        ("image", py.string(options.image)),
        ("cmds", py.listing(tuple(map(py.string, contract.RUNNER)))),
        ("env_vars", "ENV"),
        ("container_resources", resources_of(usual)),
        *((key, py.string(value)) for key, value in settings.items() if value is not None),
        ("startup_timeout_seconds", str(STARTUP_TIMEOUT_S)),
        ("log_events_on_failure", "True"),
        ("log_pod_spec_on_failure", "False"),
        ("retries", "0"),
    ]
    params = py.mapping(tuple((p.name, param(p)) for p in flow.params)) if flow.params else None
    return py.call(
        "DAG",
        py.string(flow.deployed_name),
        **_times(flow.deployment.schedule),
        doc_md="__doc__",
        tags=py.listing(tuple(map(py.string, dict.fromkeys(("flowc", *flow.deployment.tags))))),
        params=params,
        default_args=py.mapping(tuple(common)),
    )


def _times(schedule: Schedule | None) -> dict[str, py.Expression]:
    """The DAG's arguments that say when it runs by itself."""
    if schedule is None:
        return {"schedule": "None"}
    from flowc.targets.cron import unix

    expression = unix(schedule)
    if not isinstance(expression, str):
        raise ValueError(REJECTED)
    timetable = py.call(
        "CronTriggerTimetable",
        py.string(expression),
        timezone=py.string(schedule.timezone),
        run_immediately=f"timedelta(minutes={LATE_MINUTES})",
    )
    return {"schedule": timetable, "catchup": "False"}


def _pod_prefix(flow: str) -> str:
    """A flow's name in the characters of a DNS label."""
    return re.sub(r"[^a-z0-9]+", "-", flow.lower())[:POD_PREFIX].strip("-") or "flow"
