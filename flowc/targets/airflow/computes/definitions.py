"""What AWS makes jobs and tasks from, as a function of the generated file: the worker knows the region."""

from __future__ import annotations

from typing import Any

from flowc.targets import pysource as py
from flowc.targets.aws.batch import in_python


class Variable(str):
    """The name of a variable of the file, in place of a value."""

    __slots__ = ()


REGION = Variable("region")


def function(name: str, what: str, definitions: dict[str, Any]) -> str:
    """The source of a function that gives definitions for a region.

    Args:
        name: The function's.
        what: What the definitions are for.
        definitions: Requests by their names.
    """
    made = py.listing(tuple(_written(in_python(request)) for request in definitions.values()))
    doc = f'    """What {what} are made from; a name holds a hash of what it stands for."""'
    return "\n".join((f"def {name}(region):", doc, py.layout("return ", made, indent=py.INDENT)))


def _written(value: Any) -> py.Expression:
    match value:
        case Variable():
            return str(value)
        case list():
            return py.listing(tuple(map(_written, value)))
        case dict():
            return py.mapping(tuple((key, _written(item)) for key, item in value.items()))
        case _:
            return py.literal(value)
