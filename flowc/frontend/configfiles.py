"""The texts of configs: reading their files, and parsing them as JSON, TOML or YAML."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, assert_never


class Format(Enum):
    """What a config is written in; the enum's value is what people call it."""

    JSON = "JSON"
    TOML = "TOML"
    YAML = "YAML"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Why a text cannot be a config.

    Attributes:
        reason: To be put after what the text is.
        line: From 1; None where the reason has no place.
        column: From 1, in characters.
    """

    reason: str
    line: int | None = None
    column: int = 1


_EXTENSIONS = {".toml": Format.TOML, ".yaml": Format.YAML, ".yml": Format.YAML}


def format_of(file: str) -> Format:
    """The format of a file, by its name."""
    return _EXTENSIONS.get(os.path.splitext(file)[1].lower(), Format.JSON)


def read_text(path: str) -> str | Unusable:
    """The text of a file, which must be UTF-8, with the line ends of Python's text files."""
    from flowc.store.files import read_chunks, reason

    try:
        data = b"".join(bytes(chunk) for chunk in read_chunks(path))
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Unusable(reason=f"is not text in UTF-8: see line {line}")
    except (OSError, ValueError) as error:
        return Unusable(reason=f"cannot be read: {reason(error)}")


def parse(text: str, form: Format) -> dict[str, Any] | Unusable:
    """The value of a text: a mapping of what JSON has."""
    value = _parsed(text, form)
    if isinstance(value, Unusable):
        return value
    problem = next(_without_json(value, ""), None)
    if problem is not None:
        return Unusable(reason=problem)
    if not isinstance(value, dict):
        return Unusable(reason=f"is no mapping but {_described(value)}: a config has names for its values")
    return value


def _parsed(text: str, form: Format) -> Any:
    try:
        match form:
            case Format.JSON:
                return _json(text)
            case Format.TOML:
                return _toml(text)
            case Format.YAML:
                return _yaml(text)
            case _:
                assert_never(form)
    except RecursionError:
        return Unusable(reason="is nested too deeply")


def _json(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        return Unusable(reason=f"is not JSON: {_lower(error.msg)}", line=error.lineno, column=error.colno)
    except ValueError as error:  # a number of too many digits
        return Unusable(reason=f"is not JSON: {_lower(str(error))}")


_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def _toml(text: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        what = _lower(_TOML_PLACE.sub("", str(error)))
        if found is None or found[1] is None:
            lines = text.split("\n")
            line, column = len(lines), len(lines[-1]) + 1
        else:
            line, column = int(found[1]), int(found[2])
        return Unusable(reason=f"is not TOML: {what}", line=line, column=column)
    except ValueError as error:
        return Unusable(reason=f"is not TOML: {_lower(str(error))}")


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        what = _lower(error.problem or error.context or "it cannot be parsed")
        if mark is None:
            return Unusable(reason=f"is not YAML: {what}")
        return Unusable(reason=f"is not YAML: {what}", line=mark.line + 1, column=mark.column + 1)
    except (yaml.YAMLError, ValueError) as error:
        return Unusable(reason=f"is not YAML: {_lower(str(error).splitlines()[0])}")


def _without_json(value: Any, path: str) -> Iterator[str]:
    """What in a value has no JSON form."""
    match value:
        case None | bool() | int() | str():
            pass
        case float():
            if not math.isfinite(value):
                yield f"has {value} at {_at(path)}, which is no number in JSON"
        case list():
            for number, item in enumerate(value):
                yield from _without_json(item, f"{path}[{number}]")
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    what = f"the key {key!r} ({type(key).__name__}) at {_at(path)}"
                    yield f"has {what}: keys are strings, so put it in quotes"
                else:
                    yield from _without_json(item, f"{path}.{key}" if path else key)
        case _:
            yield f"has {_described(value)} at {_at(path)}, which has no form in JSON: put it in quotes"


def _at(path: str) -> str:
    return f"`{path}`" if path else "its top level"


def _described(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case list():
            return "a list"
        case str():
            return "a string"
        case bool() | int() | float():
            return f"the {type(value).__name__} {value}"
        case _:
            return f"`{value}` ({type(value).__name__})"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
