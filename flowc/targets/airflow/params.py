"""A flow's parameters as those of a DAG."""

from __future__ import annotations

from collections.abc import Mapping

from flowc.ir.steps import Parameter, ParameterType
from flowc.targets import pysource as py

_JSON_TYPES: Mapping[ParameterType, tuple[str, ...]] = {
    ParameterType.STR: ("string",),
    ParameterType.INT: ("integer",),
    ParameterType.FLOAT: ("number",),
    ParameterType.BOOL: ("boolean",),
    # The form offers an editor for the first type.
    ParameterType.JSON: ("object", "array", "string", "number", "boolean", "null"),
    ParameterType.FILE: ("string",),
    ParameterType.ANY: ("string", "number", "boolean"),
}


def param(parameter: Parameter) -> py.Expression:
    """A parameter, with the JSON schema by which Airflow checks what a trigger sends."""
    types = _JSON_TYPES[parameter.type]
    if not parameter.required and parameter.default is None and "null" not in types:
        types = (*types, "null")
    default = () if parameter.required else (py.literal(parameter.default),)
    schema = py.string(types[0]) if len(types) == 1 else py.listing(tuple(map(py.string, types)))
    text = _description(parameter)
    return py.call("Param", *default, type=schema, description=py.string(text) if text else None)


def _description(parameter: Parameter) -> str:
    """A parameter's help, and what else who fills in the form has to know."""
    notes = [parameter.help]
    if parameter.separator is not None:
        notes.append(f"Several values are separated by `{parameter.separator}`")
    if parameter.type is ParameterType.FILE:
        notes.append("A file that tasks can read: s3://bucket/key, file:///path or /path")
    if parameter.deferred:
        notes.append("Without one, the default is found when the run starts")
    elif parameter.file is not None:
        notes.append(f"Without one, it is `{parameter.file.name}` as of this version of the flow")
    return ". ".join(note.rstrip(".") for note in notes if note) if any(notes[1:]) else parameter.help
