"""Runs of a single step: its inputs are in another run, or in that from which that one has its own."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.contract import Address, run_json_key
from flowc.store.objects import ObjectStore
from flowc.store.records import RunRecord


def origins_of(store: ObjectStore, flow: str, run: str | None) -> tuple[str, ...]:
    """A run, the run in which the inputs of that one are, and so on.

    Args:
        store: Where they are.
        flow: The flow's name.
        run: A run's key; None for no run.
    """
    found: list[str] = []
    while run is not None and run not in found:
        found.append(run)
        (data,) = store.read_many([run_json_key(flow, run)])
        run = None if data is None else RunRecord.parse(data).origin
    return tuple(found)


def located(store: ObjectStore, tasks: Sequence[Address], origins: Sequence[str]) -> list[Address]:
    """Where each task is finished: in the first of the runs that has a commit of it.

    Args:
        store: Where they are.
        tasks: The tasks, as those of whatever run.
        origins: Keys of runs; if there are none, the tasks are where they say.

    Returns:
        For each task its address in that run; where no run has it, in the first one.
    """
    places = [task._replace(run=origins[0]) for task in tasks] if origins else list(tasks)
    missing = list(range(len(tasks)))
    for run in origins:
        tried = [tasks[number]._replace(run=run) for number in missing]
        commits = store.read_many([task.commit_key for task in tried])
        for number, task, commit in zip(missing, tried, commits, strict=True):
            if commit is not None:
                places[number] = task
        missing = [number for number, commit in zip(missing, commits, strict=True) if commit is None]
    return places
