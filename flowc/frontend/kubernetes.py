"""`@kubernetes`: how a step's pods are to be made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from flowc.frontend.compute import ASKED, IMAGE, PATH, TMPFS, Values, read_requests, read_tmpfs, with_requests
from flowc.frontend.decorators import Arguments
from flowc.frontend.vocabulary import listed
from flowc.ir.compute import Kubernetes, Pairs
from flowc.ir.steps import Policy

_OWN = (
    *("image", "image_pull_policy", "image_pull_secrets", "service_account", "namespace", "secrets"),
    *("node_selector", "tolerations", "labels", "annotations", "gpu_vendor", "persistent_volume_claims"),
    *("qos", "security_context"),
)

# Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
# Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_TEXT = re.compile(r"(?s)(?!.*(\{\{|\{%|\{#)).*")
_VENDOR = re.compile(r"[a-z0-9]+")

_TOLERATION: Mapping[str, type] = {
    "key": str,
    "operator": str,
    "value": str,
    "effect": str,
    "toleration_seconds": int,
    "tolerationSeconds": int,
}
"""Fields of a toleration, also by their names in JSON.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#scheduling
"""

_SECURITY: Mapping[str, type] = {
    "privileged": bool,
    "allow_privilege_escalation": bool,
    "run_as_user": int,
    "run_as_group": int,
    "run_as_non_root": bool,
}
"""Source: https://docs.metaflow.org/api/step-decorators/kubernetes"""


def read_kubernetes(arguments: Arguments, policy: Policy) -> Policy:
    """What `@kubernetes` adds to a policy.

    Emits: FC107.
    """
    values = Values(arguments, *ASKED, *_OWN, *TMPFS)
    found = Kubernetes(
        image=values.text("image", IMAGE, "the name of an image", "team/image:1.0"),
        image_pull_policy=values.choice("image_pull_policy", "Always", "IfNotPresent", "Never"),
        image_pull_secrets=values.texts("image_pull_secrets", _NAME, "a list of names of secrets", "registry"),
        service_account=values.text("service_account", _NAME, "the name of a service account", "trainer"),
        namespace=values.text("namespace", _NAME, "the name of a namespace", "flows"),
        secrets=values.texts("secrets", _NAME, "a list of names of secrets", "database"),
        node_selector=_node_selector(values),
        tolerations=_tolerations(values),
        labels=values.pairs("labels", _KEY, _LABEL, '{"team": "fraud"}'),
        annotations=values.pairs("annotations", _KEY, _TEXT, '{"team/contact": "fraud@example.com"}'),
        gpu_vendor=values.text("gpu_vendor", _VENDOR, "the first word of `nvidia.com`", "amd") or "nvidia",
        tmpfs=read_tmpfs(values),
        persistent_volume_claims=values.pairs("persistent_volume_claims", _NAME, PATH, '{"models": "/models"}'),
        guaranteed=values.choice("qos", "Guaranteed", "Burstable") == "Guaranteed",
        security=_fields(values, "security_context", values.any("security_context", "a dict"), _SECURITY),
    )
    return replace(with_requests(policy, read_requests(values)), kubernetes=found)


def _node_selector(values: Values) -> Pairs:
    """A dict, or a text like `kubernetes.io/os=linux,kubernetes.io/arch=amd64`."""
    given = values.any("node_selector", "a dict of labels")
    if not isinstance(given, str):
        return values.pairs("node_selector", _KEY, _LABEL, '{"kubernetes.io/arch": "amd64"}')
    pairs = [(key, value) for key, _, value in (part.strip().partition("=") for part in given.split(","))]
    if all(_KEY.fullmatch(key) and value and _LABEL.fullmatch(value) for key, value in pairs):
        return tuple(pairs)
    help = 'write `node_selector={"kubernetes.io/arch": "amd64"}`, say'
    values.wrong("node_selector", f"`node_selector` cannot be {given!r}", help)
    return ()


def _tolerations(values: Values) -> tuple[Mapping[str, str | int], ...]:
    given = values.any("tolerations", "a list of dicts")
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        help = 'write `tolerations=[{"key": "gpu", "operator": "Exists"}]`, say'
        values.wrong("tolerations", f"`tolerations` must be a list of dicts, not {given!r}", help)
        return ()
    found = [_fields(values, "tolerations", item, _TOLERATION) for item in given]
    return tuple({k.replace("_seconds", "Seconds"): v for k, v in fields.items()} for fields in found)


def _fields(values: Values, name: str, given: object, fields: Mapping[str, type]) -> dict[str, str | int]:
    """A dict of which each key is one of some fields, and of its type."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        values.wrong(name, f"`{name}` has {given!r} in the place of a dict", f"its keys are {listed(fields)}")
        return {}
    for key, value in given.items():
        if key not in fields:
            values.wrong(name, f"`{name}` has no key {key!r}", f"its keys are {listed(fields)}")
        elif type(value) is not fields[key] or (isinstance(value, str) and not _TEXT.fullmatch(value)):
            kind = fields[key].__name__
            values.wrong(name, f"`{key}` in `{name}` must be of type {kind}, not {value!r}", f"give a {kind}")
    return given if all(key in fields and type(value) is fields[key] for key, value in given.items()) else {}
