"""JSON as a person reads it: two spaces a level, and what is small on one line."""

from __future__ import annotations

import json
from collections.abc import Iterable

from flowc.targets.stepfunctions.asl import Json

WIDTH = 100
"""An array or object without further ones in it stands on one line up to this column."""


def to_text(value: Json) -> str:
    """The value as text, with a final line end."""
    return _text(value, indent=0, used=0) + "\n"


def _text(value: Json, *, indent: int, used: int) -> str:
    """The value as text that starts at column `used` of a line indented by `indent`."""
    match value:
        case dict() | list() if not value:
            return "{}" if isinstance(value, dict) else "[]"
        case dict():
            line = _line(value)
            if _is_leaf(value.values()) and used + len(line) <= WIDTH:
                return line
            inner = indent + 2
            keys = {key: f"{_line(key)}: " for key in value}
            parts = [k + _text(value[key], indent=inner, used=inner + len(k)) for key, k in keys.items()]
            return _block("{", parts, "}", indent)
        case list():
            line = _line(value)
            if _is_leaf(value) and used + len(line) <= WIDTH:
                return line
            inner = indent + 2
            return _block("[", [_text(item, indent=inner, used=inner) for item in value], "]", indent)
        case _:
            return _line(value)


def _line(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _is_leaf(members: Iterable[Json]) -> bool:
    return not any(isinstance(member, dict | list) for member in members)


def _block(opening: str, parts: list[str], closing: str, indent: int) -> str:
    inner = "\n" + " " * (indent + 2)
    return opening + inner + ("," + inner).join(parts) + "\n" + " " * indent + closing
