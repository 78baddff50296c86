"""`@kubernetes`: how a step's pods are to be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flowc.frontend.compute import ASKED, TMPFS, Values, read_requests, read_tmpfs, with_requests
from flowc.frontend.decorators import Arguments
from flowc.frontend.forms import (
    ANNOTATION,
    ANNOTATION_BYTES,
    GPU_VENDOR,
    IMAGE,
    LABEL,
    LABEL_VALUE,
    MOUNT,
    NAMESPACE,
    kubernetes_name,
)
from flowc.frontend.tolerations import read_tolerations
from flowc.frontend.vocabulary import listed
from flowc.ir.compute import Kubernetes, Pairs
from flowc.ir.steps import Policy

_OWN = (
    *("image", "image_pull_policy", "image_pull_secrets", "service_account", "namespace", "secrets"),
    *("node_selector", "tolerations", "labels", "annotations", "gpu_vendor", "persistent_volume_claims"),
    *("qos", "security_context"),
)

_SECRET = kubernetes_name("the name of a secret", "registry")
_ACCOUNT = kubernetes_name("the name of a service account", "trainer")
_CLAIM = kubernetes_name("the name of a claim", "models")

_SECURITY: Mapping[str, type] = {
    "privileged": bool,
    "allow_privilege_escalation": bool,
    "run_as_user": int,
    "run_as_group": int,
    "run_as_non_root": bool,
}
"""Source: https://docs.metaflow.org/api/step-decorators/kubernetes"""

_MAX_ID = 2**31 - 1
"""The largest number of a user or a group.

Source: https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation#IsValidUserID
"""


def read_kubernetes(arguments: Arguments, policy: Policy) -> Policy:
    """What `@kubernetes` adds to a policy.

    Emits: FC107.
    """
    values = Values(arguments, *ASKED, *_OWN, *TMPFS)
    found = Kubernetes(
        image=values.text("image", IMAGE),
        image_pull_policy=values.choice("image_pull_policy", "Always", "IfNotPresent", "Never"),
        image_pull_secrets=values.texts("image_pull_secrets", _SECRET),
        service_account=values.text("service_account", _ACCOUNT),
        namespace=values.text("namespace", NAMESPACE),
        secrets=values.texts("secrets", _SECRET),
        node_selector=_node_selector(values),
        tolerations=read_tolerations(values),
        labels=values.pairs("labels", LABEL, LABEL_VALUE),
        annotations=_annotations(values),
        gpu_vendor=values.text("gpu_vendor", GPU_VENDOR) or "nvidia",
        tmpfs=read_tmpfs(values),
        persistent_volume_claims=values.pairs("persistent_volume_claims", _CLAIM, MOUNT),
        guaranteed=values.choice("qos", "Guaranteed", "Burstable") == "Guaranteed",
        security=_security(values),
    )
    return replace(with_requests(policy, read_requests(values)), kubernetes=found)


def _node_selector(values: Values) -> Pairs:
    """A dict, or a text like `kubernetes.io/os=linux,kubernetes.io/arch=amd64`."""
    given = values.any("node_selector", "a dict of labels")
    if not isinstance(given, str):
        return values.pairs("node_selector", LABEL, LABEL_VALUE)
    parts = [part.strip() for part in given.split(",")]
    for part in parts:
        if "=" not in part:
            help = 'write `node_selector="pool=gpu,zone=a"`, or a dict'
            values.wrong("node_selector", f"`node_selector` has {part!r}, which is not like `name=value`", help)
            return ()
    pairs = tuple((key, value) for key, _, value in (part.partition("=") for part in parts))
    return values.fitting("node_selector", pairs, LABEL, LABEL_VALUE)


def _annotations(values: Values) -> Pairs:
    pairs = values.pairs("annotations", LABEL, ANNOTATION)
    size = sum(len(text.encode(errors="replace")) for pair in pairs for text in pair)
    if size > ANNOTATION_BYTES:
        message = f"`annotations` has {size} bytes, and a pod takes {ANNOTATION_BYTES}"
        values.wrong("annotations", message, "keep such texts elsewhere, and annotate where")
        return ()
    return pairs


def _security(values: Values) -> Mapping[str, str | int]:
    """Fields of the container's security context that make sense together.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#security-context-1
    """
    given = values.any("security_context", "a dict")
    if given is None:
        return {}
    name = "security_context"
    if not isinstance(given, dict):
        help = 'write `security_context={"run_as_user": 1000}`, say'
        values.wrong(name, f"`{name}` must be a dict, not {given!r}", help)
        return {}
    problems: list[tuple[str, str]] = []
    for key, value in given.items():
        if key not in _SECURITY:
            problems.append((f"`{name}` has no key {key!r}", f"its keys are {listed(_SECURITY)}"))
        elif type(value) is not _SECURITY[key]:
            kind = "True or False" if _SECURITY[key] is bool else "a whole number"
            problems.append((f"`{key}` in `{name}` must be {kind}, not {value!r}", f"give {kind}"))
        elif _SECURITY[key] is int and not (isinstance(value, int) and 0 <= value <= _MAX_ID):
            message = f"`{key}` in `{name}` must be from 0 to {_MAX_ID}, not {value!r}"
            problems.append((message, "give the number of a user or group"))
    problems = problems or _contradictions(given)
    for message, help in problems:
        values.wrong(name, message, help)
    return {} if problems else {str(key): value for key, value in given.items() if isinstance(value, int)}


def _contradictions(security: Mapping[object, object]) -> list[tuple[str, str]]:
    found = []
    if security.get("run_as_non_root") and security.get("run_as_user") == 0:
        message = "`security_context` has `run_as_non_root`, and 0 is the number of root in `run_as_user`"
        found.append((message, "give the number of another user, or leave one of the two out"))
    if security.get("privileged") and security.get("allow_privilege_escalation") is False:
        message = "`security_context` has `privileged`, which `allow_privilege_escalation=False` contradicts"
        found.append((message, "leave one of the two out"))
    return found
