"""The tolerations of `@kubernetes`: which taints of nodes its pods put up with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowc.frontend.compute import Values
from flowc.frontend.forms import LABEL, LABEL_VALUE
from flowc.frontend.vocabulary import listed

_FIELDS: Mapping[str, tuple[str, type]] = {
    "key": ("key", str),
    "operator": ("operator", str),
    "value": ("value", str),
    "effect": ("effect", str),
    "toleration_seconds": ("tolerationSeconds", int),
    "tolerationSeconds": ("tolerationSeconds", int),
}
"""By the names that they may have here: the names in JSON, and the types."""

_OPERATORS = ("Exists", "Equal")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")

_EXAMPLE = 'write `tolerations=[{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]`, say'


def read_tolerations(values: Values) -> tuple[Mapping[str, str | int], ...]:
    """What `tolerations` says, with the fields' names in JSON.

    Emits: FC107.
    Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#scheduling
    """
    given = values.any("tolerations", "a list of dicts")
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        values.wrong("tolerations", f"`tolerations` must be a list of dicts, not {given!r}", _EXAMPLE)
        return ()
    problems = [problem for item in given for problem in _problems(item)]
    for message, help in problems:
        values.wrong("tolerations", message, help)
    if problems:
        return ()
    return tuple({_FIELDS[name][0]: value for name, value in item.items()} for item in given if isinstance(item, dict))


def _problems(item: object) -> Iterator[tuple[str, str]]:
    """What is wrong with one, and what to do."""
    if not isinstance(item, dict):
        yield f"`tolerations` has {item!r} in the place of a dict", _EXAMPLE
        return
    wrong = list(_wrong_fields(item))
    yield from wrong or _wrong_together({_FIELDS[name][0]: value for name, value in item.items()})


def _wrong_fields(item: Mapping[object, object]) -> Iterator[tuple[str, str]]:
    for name, value in item.items():
        if not isinstance(name, str) or name not in _FIELDS:
            yield f"a toleration has no key {name!r}", f"its keys are {listed(tuple(_FIELDS)[:-1])}"
        elif type(value) is not _FIELDS[name][1]:
            kind = "a text" if _FIELDS[name][1] is str else "a whole number"
            yield f"`{name}` of a toleration must be {kind}, not {value!r}", f"give {kind}"
    if {"toleration_seconds", "tolerationSeconds"} <= item.keys():
        yield "a toleration has `toleration_seconds` twice, by two names", "leave one of the two out"


def _wrong_together(item: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    key, value, effect = item.get("key", ""), item.get("value", ""), item.get("effect", "")
    operator = item.get("operator") or "Equal"
    if key and not LABEL.fits(key):
        yield f"the `key` of a toleration is {key!r}, which is not {LABEL.what}", LABEL.rule
    if operator not in _OPERATORS:
        yield f"the `operator` of a toleration cannot be {operator!r}", f"write one of {listed(_OPERATORS)}"
    elif operator == "Exists" and value:
        yield f"a toleration has the value {value!r}, and `Exists` looks at none", "write `Equal`, or leave it out"
    elif operator == "Equal" and not key:
        yield "a toleration without a `key` is for all taints, which only `Exists` can be", "add `operator` or `key`"
    elif not LABEL_VALUE.fits(value):
        yield f"the `value` of a toleration is {value!r}, which no taint can have", LABEL_VALUE.rule
    if effect and effect not in _EFFECTS:
        yield f"the `effect` of a toleration cannot be {effect!r}", f"write one of {listed(_EFFECTS)}"
    elif "tolerationSeconds" in item and effect != "NoExecute":
        yield "a toleration has `toleration_seconds`, which only `NoExecute` knows", 'add `"effect": "NoExecute"`'
