"""Values as JSON has them. Standard library, and little of it: the compiler and every task import this module."""

from __future__ import annotations

import json
import math
from typing import Any


def plain(value: Any) -> Any:
    """A value made of what JSON has, with tuples as lists.

    Raises:
        ValueError: Something in it has no JSON form; the message says what.
        RecursionError: It holds itself, or is nested too deeply.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{value} is not a number in JSON")
            return value
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            for key in value:
                if not isinstance(key, str):
                    raise ValueError(f"the key {key!r} is not a string")
            return {key: plain(item) for key, item in value.items()}
        case _:
            raise ValueError(f"{described(value)} has no JSON form")


def parsed(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: It is not JSON; a `json.JSONDecodeError` where it has a place.
        RecursionError: It is nested too deeply.
    """
    return plain(json.loads(text, parse_constant=_refuse))


def described(value: object) -> str:
    """A value and its type, on little room."""
    text = repr(value)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number in JSON")
