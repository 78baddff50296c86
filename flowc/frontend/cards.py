"""`@card`: which cards a step has. What is in them is known when it has run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flowc.cards.components import HTML_CARD, html_attribute
from flowc.frontend.constants import Constant, NotConstant
from flowc.frontend.decorators import Arguments
from flowc.ir.steps import Card, Policy
from flowc.json_values import plain

_ID = re.compile(r"[A-Za-z0-9_]+")
"""Source: https://github.com/Netflix/metaflow/blob/master/metaflow/plugins/cards/card_decorator.py"""

_MAX_INTERVAL_S = 24 * 3600
_MAX_TIMEOUT_S = 24 * 3600


def read_card(arguments: Arguments, policy: Policy) -> Policy:
    """What one `@card` adds to a policy.

    Emits: FC107.
    """
    card = Card()
    given = arguments.keywords(*_ARGUMENTS)
    for name, node in given.items():
        if name in ("refresh_interval", "timeout"):
            limit = _MAX_INTERVAL_S if name == "refresh_interval" else _MAX_TIMEOUT_S
            number = arguments.number(name, node, limit, example="45")
            # nothing is rendered in a task, so there is nothing that a timeout could end
            card = replace(card, refresh_interval_s=number) if number is not None and name != "timeout" else card
            continue
        value = arguments.constant(name, node, _KINDS[name])
        if not isinstance(value, NotConstant):
            card = _with(arguments, name, node, value, card)
    if card.type == HTML_CARD and not _is_name(html_attribute(card.options)):
        message = f"`attribute` of a card of type {HTML_CARD} must be an artifact's name"
        arguments.error(
            given["options"], message, 'write `options={"attribute": "html"}` for the content of `self.html`, say'
        )
    for other in policy.cards:
        if card.id is not None and other.id == card.id:
            arguments.error(arguments.node, f"another card of this step has the id `{card.id}`", "give it another one")
        if card.customize and other.customize:
            message = "another card of this step is the one that `current.card` means"
            arguments.error(arguments.node, message, "write `customize=True` on one of them")
    return replace(policy, cards=(*policy.cards, card))


_KINDS = {
    "type": "a name in quotes",
    "id": "a name in quotes",
    "options": "a dict",
    "customize": "True or False",
    "save_errors": "True or False",
}
_ARGUMENTS = (*_KINDS, "timeout", "refresh_interval")


def _with(arguments: Arguments, name: str, node: ast.expr, value: Constant, card: Card) -> Card:
    check, wanted, example = _CHECKS[name]
    if not check(value):
        arguments.error(node, f"`{name}` must be {wanted}, not {value!r}", f"write `{name}={example}`, say")
        return card
    fields: Mapping[str, Any] = {name: dict(value or {}) if name == "options" and isinstance(value, dict) else value}
    return card if name == "options" and value is None else replace(card, **fields)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.isidentifier() and not value.startswith("_")


def _is_options(value: Constant) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, dict) and isinstance(plain(value), dict)
    except (ValueError, RecursionError):
        return False


def _is_bool(value: Constant) -> bool:
    return isinstance(value, bool)


_CHECKS: Mapping[str, tuple[Callable[[Constant], bool], str, str]] = {
    "type": (lambda value: isinstance(value, str) and value != "", "a name", '"default"'),
    "id": (
        lambda value: value is None or (isinstance(value, str) and _ID.fullmatch(value) is not None),
        "of letters, digits and underscores",
        '"metrics"',
    ),
    "options": (_is_options, "a dict that can be JSON", '{"a": 1}'),
    "customize": (_is_bool, "True or False", "True"),
    "save_errors": (_is_bool, "True or False", "True"),
}
