"""What Airflow 2.11 and 3 call differently, as far as running a DAG here is concerned.

Loaded by `airflow_driver.py` in the interpreter that has Airflow; nothing of flowc is there.
"""

from __future__ import annotations

import importlib.metadata
from datetime import datetime
from pathlib import Path
from typing import Any


def version() -> str:
    """The version of the library that runs DAGs."""
    try:
        return importlib.metadata.version("apache-airflow-core")
    except importlib.metadata.PackageNotFoundError:
        return importlib.metadata.version("apache-airflow")


def is_before_3() -> bool:
    """Whether this is Airflow 2."""
    return version().startswith("2.")


def listeners() -> Any:
    """What listeners are added to."""
    if is_before_3():
        from airflow.listeners.listener import get_listener_manager
    else:
        from airflow.sdk.listener import get_listener_manager
    return get_listener_manager()


def bag_of(file: Path) -> Any:
    """The DAGs of a file."""
    if is_before_3():
        from airflow.models.dagbag import DagBag

        return DagBag(dag_folder=str(file), include_examples=False)
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(file), bundle_name="dags-folder")


def refusal_of_parameters() -> type[Exception]:
    """What is raised when a trigger sends parameters that a DAG does not take."""
    if is_before_3():
        from airflow.exceptions import ParamValidationError
    else:
        from airflow.sdk.exceptions import ParamValidationError
    refusal: type[Exception] = ParamValidationError
    return refusal


def test(dag: Any, *, run_after: datetime, logical_date: datetime | None, conf: dict[str, Any]) -> Any:
    """Run a DAG once.

    Args:
        dag: The DAG.
        run_after: When the run may start.
        logical_date: The time that the run is for; None for a run that is started by hand. Airflow 2 gives such a
            run the time of its start.
        conf: What the trigger sends.
    """
    if is_before_3():
        from airflow.utils.types import DagRunType

        if logical_date is not None:  # not a run that is started by hand, as the call believes
            original = DagRunType.__dict__["from_run_id"]
            DagRunType.from_run_id = staticmethod(lambda _: DagRunType.SCHEDULED)
            try:
                return dag.test(execution_date=logical_date, run_conf=conf)
            finally:
                DagRunType.from_run_id = original
        return dag.test(execution_date=run_after, run_conf=conf)
    return dag.test(run_after=run_after, logical_date=logical_date, run_conf=conf)
