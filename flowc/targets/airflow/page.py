"""The page: all that the template places."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from flowc import contract
from flowc.ir.flow import Flow
from flowc.ir.regions import Foreach
from flowc.ir.walk import regions
from flowc.targets import pysource as py
from flowc.targets.airflow.computes import computes_of
from flowc.targets.airflow.computes.base import Compute
from flowc.targets.airflow.environment import env
from flowc.targets.airflow.operators import REJECTED, Body, mapped_computes
from flowc.targets.airflow.options import AirflowOptions
from flowc.targets.airflow.params import param

if TYPE_CHECKING:
    from flowc.ir.schedule import Schedule

LATE_MINUTES = 5
"""How long after a time of its schedule a new DAG still runs for it.

Airflow's default is a tenth of the time between two runs: a weekly flow that is deployed on a Sunday would start at
once. With none at all, a first run would be lost whenever the file is read again before the scheduler has started it.
Source: `airflow.timetables.trigger.CronTriggerTimetable._calc_first_run`
"""

BEFORE_3 = {
    "CronTriggerTimetable": "airflow.timetables.trigger",
    "DAG": "airflow",
    "Param": "airflow.models.param",
    "task": "airflow.decorators",
}
"""Where Airflow 2 has what is in `airflow.sdk` since."""


def page(flow: Flow, options: AirflowOptions) -> dict[str, object]:
    """The template's variables: source text, and what decides which parts of the page there are."""
    foreach = any(isinstance(region, Foreach) for region in regions(flow.root))
    scheduled = flow.deployment.schedule is not None
    s3 = options.store.startswith("s3://")
    root = options.store if s3 else unquote(urlsplit(options.store).path)
    runs = py.string(f"{root}/{contract.runs_prefix(flow.name)}".rstrip("/"))
    computes = computes_of(flow, options)
    mapped = mapped_computes(flow, computes)
    body = Body(flow, options, computes, mapped)
    tasks = foreach or any(compute.first() for compute in computes)
    return {
        "version": options.version,
        "source": py.string(PurePath(flow.file).name)[1:-1],
        "doc": py.docstring(flow.doc.strip() or f"The flow {flow.name}."),
        "foreach": foreach,
        "datetime": _datetime_names(flow, options),
        "s3": s3,
        "imports": _imports(computes, _airflows_own(options, scheduled, bool(flow.params), tasks)),
        "noun": computes[0].one if [c.name for c in computes] == ["kubernetes"] else "task",
        "mapped": list(mapped.values()),
        "constants": [py.layout(f"{name} = ", value) for c in computes for name, value in c.constants()],
        "functions": [text for c in computes if (text := c.functions())],
        "xcom": any("do_xcom_push" in c.defaults() for c in computes),
        "env": py.layout("ENV = ", env(flow, options)),
        "run_key": f"run_key({_run_id(flow)})",
        "runs": f"RUNS = {runs}" if s3 else f"RUNS = Path({runs})",
        "head": py.layout("with ", _dag(flow, options, computes), ":"),
        "operators": body.operators,
        "edges": body.edges(),
    }


def _datetime_names(flow: Flow, options: AirflowOptions) -> list[str]:
    """What the file imports from `datetime`."""
    scheduled, late = flow.deployment.schedule is not None, _says_when_late(options)
    waits = (scheduled and late) or any(step.policy.further_tries for step in flow.steps)
    begins = scheduled and not late
    wanted = {"datetime": begins, "timedelta": waits, "timezone": begins}
    return [name for name, is_wanted in wanted.items() if is_wanted]


def _run_id(flow: Flow) -> str:
    """The run's id as the runner has it, of Airflow's in `run_id`."""
    return f"{py.string(flow.run_id_prefix)} + run_id" if flow.run_id_prefix else "run_id"


def _airflows_own(options: AirflowOptions, scheduled: bool, params: bool, tasks: bool) -> dict[str, tuple[str, ...]]:
    """What the file imports of Airflow itself, by module, in the order in which a formatter would have it."""
    wanted = {"DAG": True, "CronTriggerTimetable": scheduled, "Param": params, "task": tasks}
    names = tuple(name for name, is_wanted in wanted.items() if is_wanted)
    if options.airflow_version == "3":
        return {"airflow.sdk": names}
    return {BEFORE_3[name]: (name,) for name in names}


def _imports(computes: tuple[Compute, ...], found: dict[str, tuple[str, ...]]) -> list[str]:
    """The lines that import Airflow and what the computes need, in the order in which a formatter would have them."""
    for compute in computes:
        found |= {module: (*found.get(module, ()), *names) for module, names in compute.imports().items()}
    return [f"from {module} import {', '.join(found[module])}" for module in sorted(found)]


def _dag(flow: Flow, options: AirflowOptions, computes: tuple[Compute, ...]) -> py.Expression:
    """The DAG's constructor; what all steps have in common are its default arguments.

    Operators take those that they know. No two mean different things by the same name.
    """
    common: dict[str, py.Expression] = {}
    for compute in computes:
        common |= compute.defaults()
    if computes[0].options.deferrable == "true":
        common["deferrable"] = "True"
    common["retries"] = "0"
    params = py.mapping(tuple((p.name, param(p)) for p in flow.params)) if flow.params else None
    return py.call(
        "DAG",
        py.string(flow.deployed_name),
        **_times(flow.deployment.schedule, options),
        doc_md="__doc__",
        tags=py.listing(tuple(map(py.string, dict.fromkeys(("flowc", *flow.deployment.tags))))),
        params=params,
        default_args=py.mapping(tuple(common.items())),
    )


def _says_when_late(options: AirflowOptions) -> bool:
    """Whether the timetable can be told how late a first run may be; a new DAG of Airflow 2 runs once at once."""
    return options.airflow_version == "3"


def _times(schedule: Schedule | None, options: AirflowOptions) -> dict[str, py.Expression]:
    """The DAG's arguments that say when it runs by itself."""
    if schedule is None:
        return {"schedule": "None"}
    from flowc.targets.cron import unix

    expression = unix(schedule)
    if not isinstance(expression, str):
        raise ValueError(REJECTED)
    late = f"timedelta(minutes={LATE_MINUTES})" if _says_when_late(options) else None
    timetable = py.call(
        "CronTriggerTimetable",
        py.string(expression),
        timezone=py.string(schedule.timezone),
        run_immediately=late,
    )
    # Airflow 2 wants some time to be said; nothing is caught up
    begins = {} if late else {"start_date": "datetime(2000, 1, 1, tzinfo=timezone.utc)"}
    return {"schedule": timetable, **begins, "catchup": "False"}
