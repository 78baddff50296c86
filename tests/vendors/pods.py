"""Pods against Kubernetes' schemas, and against what its API server checks beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

VERSIONS = ("1.30", "1.37")
"""The oldest and the newest version that pods are held against; unknown fields are refused."""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_DOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_UNITS = {"": Decimal(1), "m": Decimal("0.001"), "k": Decimal(1000)}
_UNITS |= {unit: Decimal(1000) ** n for n, unit in enumerate("MGTPE", 2)}
_UNITS |= {f"{unit}i": Decimal(1024) ** n for n, unit in enumerate("KMGTPE", 1)}


@lru_cache
def _schema(version: str) -> Draft202012Validator:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    definitions, pod = (json.loads((folder / name).read_bytes()) for name in ("_definitions.json", "pod-v1.json"))
    registry = Resource.from_contents(definitions) @ Registry()
    return Draft202012Validator(pod, registry=registry)


def problems(pod: Mapping[str, Any]) -> list[str]:
    """What is wrong with a pod, as a client would post it; a sentence each."""
    found = [
        f"Kubernetes {version}: {error.json_path}: {error.message}"
        for version in VERSIONS
        for error in _schema(version).iter_errors(pod)
    ]
    return found or [*_metadata(pod["metadata"]), *_spec(pod["spec"])]


def _metadata(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/."""
    if not _is_domain(metadata["name"]):
        yield f"{metadata['name']!r} is no name of a pod"
    if not _LABEL.fullmatch(metadata.get("namespace", "default")):
        yield f"{metadata['namespace']!r} is no name of a namespace"
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    yield from (f"{key!r} is no key" for key in (*labels, *annotations) if not _is_key(key))
    yield from (f"the label {key!r} cannot be {value!r}" for key, value in labels.items() if not _is_value(value))
    if sum(len(text.encode()) for pair in annotations.items() for text in pair) > 256 * 1024:
        yield "the annotations are too large"


def _spec(spec: Mapping[str, Any]) -> Iterator[str]:
    """Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/."""
    volumes = [volume["name"] for volume in spec.get("volumes") or ()]
    yield from (f"{name!r} is no name of a volume" for name in volumes if not _LABEL.fullmatch(name))
    if len(volumes) != len(set(volumes)):
        yield f"volumes have the same name: {volumes}"
    selector = spec.get("nodeSelector") or {}
    yield from (f"no node is {k}={v}" for k, v in selector.items() if not (_is_key(k) and _is_value(v)))
    for toleration in spec.get("tolerations") or ():
        yield from _toleration(toleration)
    account = spec.get("serviceAccountName", "default")
    secrets = [secret["name"] for secret in spec.get("imagePullSecrets") or ()]
    claims = [
        v["persistentVolumeClaim"]["claimName"] for v in spec.get("volumes") or () if "persistentVolumeClaim" in v
    ]
    yield from (f"{name!r} is no name of an object" for name in (account, *secrets, *claims) if not _is_domain(name))
    for container in spec["containers"]:
        yield from _container(container, volumes)


def _container(container: Mapping[str, Any], volumes: list[str]) -> Iterator[str]:
    if not _LABEL.fullmatch(container["name"]):
        yield f"{container['name']!r} is no name of a container"
    if not container.get("image") or container["image"] != container["image"].strip():
        yield "there is no image"
    variables = [variable["name"] for variable in container.get("env") or ()]
    yield from (f"{name!r} is no name of a variable" for name in variables if not _VARIABLE.fullmatch(name))
    if len(variables) != len(set(variables)):
        yield f"variables are set twice: {variables}"
    mounts = container.get("volumeMounts") or ()
    paths = [mount["mountPath"].rstrip("/") for mount in mounts]
    if len(paths) != len(set(paths)):
        yield f"two things are mounted at one path: {paths}"
    yield from (f"nothing can be mounted at {path!r}" for path in paths if not re.fullmatch(r"/[^:]+", path))
    yield from (f"there is no volume {m['name']!r}" for m in mounts if m["name"] not in volumes)
    yield from _resources(container.get("resources") or {})
    security = container.get("securityContext") or {}
    if security.get("runAsNonRoot") and security.get("runAsUser") == 0:
        yield "root is not another user"


def _resources(resources: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    amounts: dict[str, dict[str, Decimal]] = {"requests": {}, "limits": {}}
    for kind, asked in amounts.items():
        for resource, quantity in (resources.get(kind) or {}).items():
            parts = _QUANTITY.fullmatch(quantity)
            if parts is None:
                yield f"{kind}: {quantity!r} is no quantity"
                continue
            asked[resource] = Decimal(parts[1]) * _UNITS[parts[2] or ""]
            if "/" in resource and asked[resource] != int(asked[resource]):
                yield f"{kind}: {resource} comes in whole ones, not {quantity}"
    for resource in amounts["requests"].keys() & amounts["limits"].keys():
        if amounts["requests"][resource] > amounts["limits"][resource]:
            yield f"more {resource} is asked for than the limit"
    for resource in amounts["requests"]:
        if "/" in resource and amounts["limits"].get(resource) != amounts["requests"][resource]:
            yield f"{resource} needs a limit that is the request"


def _toleration(toleration: Mapping[str, Any]) -> Iterator[str]:
    operator = toleration.get("operator") or "Equal"
    if operator not in ("Exists", "Equal"):
        yield f"no toleration has the operator {operator!r}"
    if not toleration.get("key") and operator != "Exists":
        yield "a toleration without a key is for `Exists`"
    if toleration.get("key") and not _is_key(toleration["key"]):
        yield f"no taint has the key {toleration['key']!r}"
    if operator == "Exists" and toleration.get("value"):
        yield "a toleration has a value that `Exists` does not look at"
    if not _is_value(toleration.get("value") or ""):
        yield f"no taint has the value {toleration['value']!r}"
    if toleration.get("effect", "") not in ("", "NoSchedule", "PreferNoSchedule", "NoExecute"):
        yield f"no taint has the effect {toleration['effect']!r}"
    if "tolerationSeconds" in toleration and toleration.get("effect") != "NoExecute":
        yield "only NoExecute has seconds"


def _is_domain(name: str) -> bool:
    return len(name) <= 253 and _DOMAIN.fullmatch(name) is not None


def _is_key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    return _NAME.fullmatch(name) is not None and (not slash or _is_domain(prefix))


def _is_value(value: str) -> bool:
    return not value or _NAME.fullmatch(value) is not None
