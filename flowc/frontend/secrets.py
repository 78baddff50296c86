"""`@secrets`: which secrets a step's code sees as environment variables. Their values are not known here."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from flowc.frontend.constants import Constant, NotConstant
from flowc.frontend.decorators import Arguments
from flowc.frontend.vocabulary import listed, nearest
from flowc.ir.steps import Policy, Secret, Secrets

AWS = "aws-secrets-manager"
"""The one kind of store of secrets that there is.

Source: https://docs.metaflow.org/scaling/secrets
"""

OTHERS = ("az-key-vault", "gcp-secret-manager", "inline")
"""Those that Metaflow has beside it."""

_FIELDS = ("type", "id", "role", "options")
_OPTIONS = ("json", "env_var_name", "region")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MEANING = 'write the secret\'s name or ARN, or a dict: `{"type": "aws-secrets-manager", "id": "prod/db"}`'


class _Wrong(Exception):
    """What a source says cannot be used: the message, and what to do."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def read_secrets(arguments: Arguments, policy: Policy) -> Policy:
    """What `@secrets` adds to a policy.

    Emits: FC107.
    """
    role: str | None = None
    override = False
    sources: list[tuple[ast.expr, Constant]] = []
    for name, node in arguments.keywords("sources", "role", "allow_override").items():
        value = arguments.constant(name, node, _KINDS[name])
        if isinstance(value, NotConstant):
            continue
        if name == "sources":
            sources = _sources(arguments, node, value)
        elif name == "role":
            role = _role(arguments, node, value)
        elif isinstance(value, bool):
            override = value
        else:
            arguments.error(node, f"`{name}` must be True or False, not {value!r}", f"write `{name}=True`")
    found = [secret for node, source in sources if (secret := _secret(arguments, node, source, role)) is not None]
    return replace(policy, secrets=Secrets(sources=tuple(found), allow_override=override)) if found else policy


_KINDS = {"sources": "a list of secrets", "role": "an ARN in quotes", "allow_override": "True or False"}


def _sources(arguments: Arguments, node: ast.expr, value: Constant) -> list[tuple[ast.expr, Constant]]:
    """Each source, with the place that tells of it best."""
    if not isinstance(value, list | tuple):
        arguments.error(node, f"`sources` must be a list, not {value!r}", 'write `sources=["prod/db"]`, say')
        return []
    is_written_out = isinstance(node, ast.List | ast.Tuple) and len(node.elts) == len(value)
    places = node.elts if isinstance(node, ast.List | ast.Tuple) and is_written_out else [node] * len(value)
    return list(zip(places, value, strict=True))


def _role(arguments: Arguments, node: ast.expr, value: Constant) -> str | None:
    if value is not None and not (isinstance(value, str) and value):
        message = f"`role` must be the ARN of a role, not {value!r}"
        arguments.error(node, message, 'write `role="arn:aws:iam::123456789012:role/reader"`, say')
        return None
    return value


def _secret(arguments: Arguments, node: ast.expr, source: Constant, role: str | None) -> Secret | None:
    try:
        return _of_name(source, role) if isinstance(source, str) else _of_dict(source, role)
    except _Wrong as wrong:
        arguments.error(node, wrong.message, wrong.help)
        return None


def _of_name(source: str, role: str | None) -> Secret:
    """A source that is one text: the id, possibly with the kind of store and a dot before it."""
    kind, dot, rest = source.partition(".")
    if source.startswith("arn:"):
        return Secret(id=source, role=role)
    if dot and kind in OTHERS:
        raise _other(kind)
    if dot and kind != AWS:
        raise _Wrong(
            f"in the secret `{source}` a kind of store ends at the dot, and there is none that is called `{kind}`",
            f"write `{AWS}.{source}` if that is its name",
        )
    name = rest if dot else source
    if not name:
        raise _Wrong(f"`{source}` names no secret", _MEANING)
    return Secret(id=name, role=role)


def _of_dict(source: Constant, role: str | None) -> Secret:
    if not isinstance(source, dict):
        raise _Wrong(f"{source!r} is no secret", _MEANING)
    for field in source:
        if field not in _FIELDS:
            raise _unknown(field, _FIELDS, "a secret")
    kind, name, own_role = source.get("type", AWS), source.get("id"), source.get("role")
    if kind in OTHERS:
        raise _other(str(kind))
    if kind != AWS:
        raise _Wrong(f"there is no kind of store of secrets that is called {kind!r}", f'write `"type": "{AWS}"`')
    if not isinstance(name, str) or not name:
        raise _Wrong(f"the `id` of a secret must be its name or ARN, not {name!r}", _MEANING)
    if own_role is not None and not (isinstance(own_role, str) and own_role):
        raise _Wrong(f"the `role` of a secret must be the ARN of a role, not {own_role!r}", "write it in quotes")
    return _with_options(Secret(id=name, role=own_role or role), source.get("options"))


def _with_options(secret: Secret, options: Constant) -> Secret:
    if options is None:
        return secret
    if not isinstance(options, dict):
        raise _Wrong(f"the `options` of a secret must be a dict, not {options!r}", 'write `{"json": False}`, say')
    for name, value in options.items():
        if name not in _OPTIONS:
            raise _unknown(name, _OPTIONS, "`options`")
        if name == "json":
            if not isinstance(value, bool):
                raise _Wrong(f"the option `json` must be True or False, not {value!r}", 'write `"json": False`')
            secret = replace(secret, is_json=value)
        elif name == "region":
            if not isinstance(value, str) or not value:
                raise _Wrong(
                    f"the option `region` must be one of AWS's, not {value!r}", 'write `"region": "eu-west-1"`'
                )
            secret = replace(secret, region=value)
        elif isinstance(value, str) and _VARIABLE.fullmatch(value):
            secret = replace(secret, variable=value)
        else:
            raise _Wrong(
                f"the option `env_var_name` must be the name of a variable, not {value!r}",
                "letters, digits and underscores, not a digit first",
            )
    return secret


def _other(kind: str) -> _Wrong:
    return _Wrong(f"this version of flowc does not read secrets of `{kind}`", f"keep it in AWS: `{AWS}`")


def _unknown(name: object, known: tuple[str, ...], where: str) -> _Wrong:
    meant = nearest(name, known) if isinstance(name, str) else None
    return _Wrong(f"{where} has no `{name}`", f"did you mean `{meant}`?" if meant else f"there are {listed(known)}")
