"""The beginning of a run: its record, once all parameters are known.

Most values are known before any of the flow's code runs. What its code has to say, a deferred default, is said once:
the record is then complete, and what another attempt of the start task finds there is what counts. A record with what
is known stands there before, so that a run whose code fails at that is seen like any other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from flowc.contract import Address, Plan
from flowc.runner import configs, defaults
from flowc.runner.includes import include
from flowc.runner.state import RunState
from flowc.spec import FlowSpec
from flowc.store.artifacts import Record
from flowc.store.objects import ObjectStore
from flowc.store.records import RunRecord, create_run


class Beginning(NamedTuple):
    """A run whose record is still to be written.

    Attributes:
        plan: The flow's plan.
        store: Where everything is.
        task: The start task.
        record: What is known; its parameters and configs are not all there.
        asks: The flow's own code has to be asked for some.
    """

    plan: Plan
    store: ObjectStore
    task: Address
    record: RunRecord
    asks: bool

    def complete(self, cls: type[FlowSpec] | None) -> RunState:
        """Find what is not known, and write the record.

        Args:
            cls: The flow's class; None if it need not be asked.

        Raises:
            DefaultError: The value of a default or a config cannot be used.
            ParameterError: What was given cannot be used.
            Exception: Whatever the flow's functions raise.
        """
        plan, record = self.plan, self.record
        context = defaults.make_context(plan, self.store.url, record.user)
        found = configs.find(plan, cls, context)
        if cls is not None and defaults.are_needed(plan, record.parameters):
            context = context._replace(configs=_together(found))
            record = record._replace(parameters=defaults.find(plan, cls, record.parameters, context))
        return _create(plan, self.store, self.task, record, found)


def begin(plan: Plan, store: ObjectStore, task: Address, fresh: RunRecord) -> RunState | Beginning:
    """Begin a run, or find that it has begun.

    Args:
        plan: The flow's plan.
        store: Where everything is.
        task: The start task.
        fresh: The run's record, with the parameters that are known before any of the flow's code runs.
    """
    fresh = fresh._replace(incomplete=None)  # as that of the run from which a step is run again may be
    asks = defaults.are_needed(plan, fresh.parameters) or configs.are_deferred(plan)
    if not asks and not any(p.type == "file" and fresh.parameters[p.name] is not None for p in plan.parameters):
        return Beginning(plan, store, task, fresh, asks).complete(None)
    # what the first attempt has found counts, and nothing is found out a second time
    standing = create_run(store, task.flow, task.run, fresh._replace(incomplete=True))
    if not standing.incomplete:
        return RunState(plan, store, standing)
    return Beginning(plan, store, task, fresh._replace(created_ns=standing.created_ns), asks)


def _together(found: dict[str, Any]) -> Any:
    """All configs as one, which has each as an attribute."""
    if not found:
        return None
    from flowc.config_values import ConfigValue

    return ConfigValue(found)


def _create(plan: Plan, store: ObjectStore, task: Address, record: RunRecord, found: dict[str, Any]) -> RunState:
    """Write the record, with the files that are included in the place of their names, and the configs."""
    values: dict[str, Any] = dict(record.parameters)
    files: dict[str, Record] = dict(record.files or {})  # those of the run from which a step is run again
    for parameter in plan.parameters:
        if parameter.type != "file":
            continue
        place = values[parameter.name]
        if place is not None:
            files[parameter.name] = include(store, task.flow, parameter, place)
        elif parameter.file is not None and parameter.name not in files:
            files[parameter.name] = parameter.file
        if parameter.name in files:
            del values[parameter.name]
    saved = configs.save(store, task.flow, found) if found else None
    record = record._replace(parameters=values, files=files or None, configs=saved)
    return RunState(plan, store, create_run(store, task.flow, task.run, record))
