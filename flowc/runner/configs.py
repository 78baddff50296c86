"""The configs of a run: those of the flow's plan, and what its own parsers make of theirs.

The start task saves them as artifacts, once; all tasks of the run pass on its records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from flowc import json_values
from flowc.contract import Plan, PlanConfig
from flowc.runner.defaults import DefaultError
from flowc.spec import FlowSpec, ParameterContext
from flowc.store import codec
from flowc.store.artifacts import Pack, Record
from flowc.store.objects import ObjectStore


def are_deferred(plan: Plan) -> bool:
    """Whether the flow's own code has to be asked for some."""
    return any(config.deferred for config in plan.configs)


def find(plan: Plan, cls: type[FlowSpec] | None, context: ParameterContext) -> dict[str, Any]:
    """All configs by name, each a `ConfigValue`, or None where there is none.

    Args:
        plan: The flow's plan.
        cls: The flow's class; None if it need not be asked.
        context: What a function that gives a default is called with.

    Raises:
        DefaultError: What the flow's own code gives cannot be used.
        Exception: Whatever that code raises.
    """
    if not plan.configs:
        return {}
    from flowc.config_values import ConfigValue

    found: dict[str, Any] = {}
    for config in plan.configs:
        if config.value is not None:
            value = json.loads(config.value)
        elif cls is None:
            raise AssertionError("a deferred config is found by the flow's class")
        else:
            value = _deferred(config, cls, context._replace(parameter_name=config.name))
        found[config.name] = None if value is None else ConfigValue(value)
    return found


def save(store: ObjectStore, flow: str, values: Mapping[str, Any]) -> dict[str, Record]:
    """Put configs into the store, and give the record of each."""
    pack = Pack(store, flow)
    records = {name: pack.add(codec.encode(value)) for name, value in values.items()}
    pack.flush()
    return records


def _deferred(config: PlanConfig, cls: type[FlowSpec], context: ParameterContext) -> dict[str, Any] | None:
    from flowc.config_values import Config

    holder = getattr(cls, config.name)
    if not isinstance(holder, Config):
        raise DefaultError(f"`{config.name}` is no config of {cls.__name__} any more: something has replaced it")
    parser, given = holder.__dict__["_flowc_parser"], config.text
    if given is None:
        given = holder.__dict__["_flowc_default_value"]
        given = given(context) if callable(given) else given
    if given is None:
        return None
    if isinstance(given, str):
        function = json.loads if parser is None else _function(config.name, parser)
        return _checked(config.name, function(given))
    if parser is None:
        return _checked(config.name, given)
    # Metaflow's parsers, too, are given texts only
    return _checked(config.name, _function(config.name, parser)(json.dumps(_checked(config.name, given))))


def _function(config: str, parser: Any) -> Callable[[str], Any]:
    if isinstance(parser, str):
        module, _, name = parser.rpartition(".")
        parser = getattr(import_module(module), name)
    if not callable(parser):
        raise DefaultError(
            f"the parser of config `{config}` is {json_values.described(parser)}, which cannot be called"
        )
    function: Callable[[str], Any] = parser
    return function


def _checked(config: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise DefaultError(f"config `{config}` is {json_values.described(value)}, and a config is a dict")
    try:
        plain: dict[str, Any] = json_values.plain(dict(value))
        return plain
    except (ValueError, RecursionError) as error:
        raise DefaultError(f"config `{config}` cannot be JSON: {error}") from error
