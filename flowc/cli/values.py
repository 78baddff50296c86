"""Values of the user's own types as text and as JSON. Whatever their methods do, something comes out."""

from __future__ import annotations

import json
import math
import pprint
import reprlib
from collections.abc import Callable
from typing import Any

_DEEPEST = 40  # levels of JSON; what lies below is shown as text
_WIDTH = 100


def short(value: Any, width: int) -> str:
    """A value on one line of so many characters at most; of large ones only the beginning is looked at."""
    return _cut(" ".join(_guarded(_BRIEF.repr, value).split()), width)


def whole(value: Any) -> str:
    """All of a value, on several lines if need be."""
    return _guarded(lambda v: pprint.pformat(v, width=_WIDTH, sort_dicts=False), value)


def to_json(value: Any) -> tuple[Any, bool]:
    """A value as JSON has it, and whether that is the value itself.

    It is for None, booleans, finite numbers, strings, and lists, tuples and dictionaries with strings as keys of
    these. In the place of anything else stands its `repr`.
    """
    exact = True

    def text(part: Any) -> str:
        nonlocal exact
        exact = False
        return _sound(_guarded(repr, part))

    def convert(part: Any, depth: int) -> Any:
        nonlocal exact
        match part:
            case None | bool():
                return part
            case int() if abs(part) < 1 << 1024:  # Python writes integers of up to 4,300 digits
                return int(part)
            case float() if math.isfinite(part):
                return float(part)
            case str() if _is_sound(part):
                return str(part)
            case list() | tuple() if depth < _DEEPEST:
                return [convert(p, depth + 1) for p in part]
            case dict() if depth < _DEEPEST and all(isinstance(k, str) and _is_sound(k) for k in part):
                return {str(k): convert(p, depth + 1) for k, p in part.items()}
            case _:
                return text(part)

    try:
        converted = convert(value, 0)
    except Exception:  # noqa: BLE001 - subclasses of the user's bring methods of their own
        return text(value), False
    return converted, exact


def dumps(document: Any) -> str:
    """A JSON document for standard output, valid in any locale."""
    return json.dumps(document, indent=2, allow_nan=False)


def _guarded(show: Callable[[Any], str], value: Any) -> str:
    try:
        return show(value)
    except Exception as error:  # noqa: BLE001 - `__repr__` is the user's code
        return f"<{type(value).__qualname__}: its repr raises {type(error).__name__}>"


def _is_sound(text: str) -> bool:
    """Whether a string is Unicode; Python's may hold halves of characters."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _sound(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _brief() -> reprlib.Repr:
    brief = reprlib.Repr()
    brief.maxlevel = 4
    brief.maxlist = brief.maxtuple = brief.maxset = brief.maxfrozenset = brief.maxdeque = brief.maxarray = 12
    brief.maxdict = 8
    brief.maxstring = brief.maxother = brief.maxlong = 200
    return brief


_BRIEF = _brief()
