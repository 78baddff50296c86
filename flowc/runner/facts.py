"""What `current` knows in a task."""

from __future__ import annotations

from flowc.contract import Plan, format_path
from flowc.runner.environment import tempdir
from flowc.runner.request import Request
from flowc.spec import current
from flowc.store.records import RunRecord


def set_current(request: Request, plan: Plan, record: RunRecord) -> None:
    """Tell `current` of the task that is about to run in this process.

    Args:
        request: The task.
        plan: Its flow.
        record: Its run.
    """
    task = request.task
    current.flow_name = task.flow
    current.run_id = task.run
    current.step_name = task.step
    current.task_id = format_path(task.path)
    current.pathspec = f"{task.flow}/{task.run}/{task.step}/{current.task_id}"
    current.attempt = request.attempt
    current.retry_count = request.retry
    current.parameter_names = tuple(p.name for p in plan.parameters)
    current.tags = frozenset(record.tags)
    current.username = record.user
    current.origin_run_id = record.origin
    current._tempdir = tempdir(plan.steps[task.step])
    current._logical_date = record.logical_date
    if record.data_interval is not None:
        begin, end = record.data_interval
        current._data_interval = (begin, end)
    project = plan.project
    if project is not None and record.branch is not None:
        project = project._replace(branch=record.branch)  # a single step's run is of the branch that its inputs are of
    if project is not None:
        current.project_name = project.name
        current.branch_name = project.branch
        current.is_production = project.is_production
        current.is_user_branch = project.is_user_branch
        current.project_flow_name = f"{project.name}.{project.branch}.{task.flow}"
