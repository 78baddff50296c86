"""Reading `@schedule` of a flow's class."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowc.frontend.constants import NotConstant
from flowc.frontend.cron import Unusable, parse_cron
from flowc.frontend.decorators import Arguments
from flowc.frontend.vocabulary import nearest
from flowc.ir.deployment import Deployment

UTC = "UTC"

CRON = {"weekly": "0 0 * * SUN", "hourly": "0 * * * *", "daily": "0 0 * * *"}
"""What the words stand for, in the order in which Metaflow asks for them.

Source: https://docs.metaflow.org/api/flow-decorators/schedule
"""

_TIMES = ("cron", *CRON)


def read_schedule(arguments: Arguments, deployment: Deployment) -> Deployment:
    """The schedule that a class asks for; it takes the place of the one of its bases.

    Emits: FC107, FC140, FC142.
    """
    nodes = arguments.keywords("cron", "timezone", "hourly", "daily", "weekly")
    given = {name: _value(arguments, name, node) for name, node in nodes.items()}
    if any(isinstance(value, NotConstant) for value in given.values()) or _contradicts(arguments, nodes, given):
        return deployment
    timezone = UTC if given.get("timezone") is None else given["timezone"]
    is_zone = timezone == UTC or _check_timezone(arguments, nodes["timezone"], timezone)
    wanted = [name for name in _TIMES if given.get(name) not in (None, False)]
    if not wanted and given.get("daily") is False:
        return replace(deployment, schedule=None) if is_zone else deployment
    name = wanted[0] if wanted else "daily"
    text = given["cron"] if name == "cron" else CRON[name]
    schedule = parse_cron(text, timezone=timezone, span=arguments.report.span(arguments.node))
    if isinstance(schedule, Unusable):
        arguments.report.error("FC140", nodes["cron"], schedule.message, schedule.help)
        return deployment
    return replace(deployment, schedule=schedule) if is_zone else deployment


_WRONG = NotConstant(node=ast.Constant(value=None), why="is of the wrong type")


def _value(arguments: Arguments, name: str, node: ast.expr) -> Any:
    """The value of an argument; a `NotConstant` if it cannot be used, which is reported."""
    wants_text = name in ("cron", "timezone")
    value = arguments.constant(name, node, "a string" if wants_text else "True or False")
    if isinstance(value, NotConstant | str | None if wants_text else NotConstant | bool):
        return value
    example = {"cron": "0 6 * * MON-FRI", "timezone": "Europe/Berlin"}.get(name)
    wanted, help = (
        ("a string", f'write `{name}="{example}"`, say') if wants_text else ("True or False", f"`{name}=True`")
    )
    arguments.error(node, f"`{name}` must be {wanted}, not {value!r}", help)
    return _WRONG


def _contradicts(arguments: Arguments, nodes: Mapping[str, ast.expr], given: Mapping[str, Any]) -> bool:
    wanted = [name for name in _TIMES if given.get(name) not in (None, False)]
    for name in wanted[1:]:
        arguments.report.error(
            "FC107",
            nodes[name],
            f"`@schedule` says `{wanted[0]}` and `{name}`, and a flow has one schedule",
            f"keep one of the two; Metaflow would go by `{wanted[0]}`",
            arguments.report.label(nodes[wanted[0]], "the other one"),
        )
    return len(wanted) > 1


def _check_timezone(arguments: Arguments, node: ast.expr, name: str) -> bool:
    from flowc.frontend.timezones import TIMEZONES

    if name in TIMEZONES:
        return True
    meant = nearest(name, TIMEZONES)
    help = f"did you mean `{meant}`?" if meant else 'write a name such as `timezone="Europe/Berlin"`'
    arguments.report.error("FC142", node, f"`{name}` is not a time zone of the IANA database", help)
    return False
