"""Asks the real Airflow when generated DAGs run. A script for the interpreter that has it, without anything of flowc.

Standard input is JSON: `{"home": folder, "questions": [[DAG file, time, count], ...]}`; standard output is the answers,
each `{"times": [time, ...], "first": time, "catchup": bool}`: as many times as asked for, after the given one, in UTC;
and the first time at which a DAG would run that was deployed just now.

Each DAG goes the way of a deployed one: it is loaded by `DagBag`, serialized as the DAG processor does, and read back
as the scheduler does.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    asked = json.load(sys.stdin)
    os.environ |= {
        "AIRFLOW_HOME": asked["home"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{asked['home']}/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": asked["home"],
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    answers = [answer(*question) for question in asked["questions"]]
    print(json.dumps(answers))


def answer(file: str, after: str, count: int) -> dict[str, Any]:
    import pendulum
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import DataInterval, TimeRestriction

    bag = DagBag(dag_folder=file, bundle_name="dags-folder")
    assert not bag.import_errors, bag.import_errors
    (written,) = bag.dags.values()
    dag = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(written))))
    everything = TimeRestriction(earliest=None, latest=None, catchup=True)
    times: list[Any] = []
    last = DataInterval.exact(pendulum.parse(after))
    for _ in range(count):
        info = dag.timetable.next_dagrun_info(last_automated_data_interval=last, restriction=everything)
        assert info is not None and info.logical_date == info.run_after
        times.append(info.run_after.in_timezone("UTC").isoformat())
        last = info.data_interval
    fresh = TimeRestriction(earliest=dag.start_date, latest=None, catchup=dag.catchup)
    first = dag.timetable.next_dagrun_info(last_automated_data_interval=None, restriction=fresh)
    assert first is not None
    return {"times": times, "first": first.run_after.in_timezone("UTC").isoformat(), "catchup": dag.catchup}


if __name__ == "__main__":
    main()
