"""The pods of a step: what its operator says of them that the DAG's default arguments do not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from flowc.ir.steps import Policy, Step
from flowc.targets import pysource as py
from flowc.targets.base import plain

if TYPE_CHECKING:
    from flowc.ir.compute import Kubernetes

SHARED_MEMORY = "/dev/shm"


class Resources(NamedTuple):
    """The compute profile of a step.

    Attributes:
        gpu: GPUs, the vendor's resource and how many; None for none.
        guaranteed: What is asked for is also the limit.
    """

    cpu: float
    memory_mib: int
    gpu: tuple[str, int] | None
    disk_mib: int | None
    guaranteed: bool


def usual_resources(steps: tuple[Step, ...]) -> Resources:
    """The profile that most steps have, the first of those in source order."""
    counts = Counter(own_resources(step.policy) for step in steps)
    return max(counts, key=counts.__getitem__)


def own_resources(policy: Policy) -> Resources:
    """The profile of a step."""
    kubernetes = policy.kubernetes
    vendor = "nvidia" if kubernetes is None else kubernetes.gpu_vendor
    return Resources(
        cpu=policy.cpu,
        memory_mib=policy.memory_mib,
        gpu=(f"{vendor}.com/gpu", policy.gpu) if policy.gpu else None,
        disk_mib=policy.disk_mib,
        guaranteed=kubernetes is not None and kubernetes.guaranteed,
    )


def resources_of(resources: Resources) -> py.Expression:
    """The profile as Kubernetes takes it; a limit of GPUs is the request too.

    Source: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
    """
    memory = ("memory", py.string(f"{resources.memory_mib}Mi"))
    disk = "" if resources.disk_mib is None else py.string(f"{resources.disk_mib}Mi")
    requests = (
        ("cpu", py.string(plain(resources.cpu))),
        memory,
        *((("ephemeral-storage", disk),) if disk else ()),
    )
    gpu = () if resources.gpu is None else ((resources.gpu[0], py.string(str(resources.gpu[1]))),)
    return py.call(
        "k8s.V1ResourceRequirements",
        requests=py.mapping(requests),
        limits=py.mapping((*(requests if resources.guaranteed else (memory,)), *gpu)),
    )


def own_arguments(policy: Policy, usual: Resources) -> dict[str, py.Expression]:
    """The arguments by which a step's operator differs from the DAG's default arguments."""
    keywords: dict[str, py.Expression] = {}
    if policy.further_tries:
        minutes, seconds = divmod(policy.retry_delay_s, 60)
        delay = f"seconds={policy.retry_delay_s}" if seconds or not minutes else f"minutes={minutes}"
        keywords |= {"retries": str(policy.further_tries), "retry_delay": f"timedelta({delay})"}
    if policy.kubernetes is not None:
        keywords |= _pod(policy.kubernetes)
    own = own_resources(policy)
    if own != usual:
        keywords["container_resources"] = resources_of(own)
    return keywords | _volumes(policy)


def _pod(kubernetes: Kubernetes) -> dict[str, py.Expression]:
    """What `@kubernetes` says, as arguments of the operator."""
    texts = {
        "image": kubernetes.image,
        "image_pull_policy": kubernetes.image_pull_policy,
        "namespace": kubernetes.namespace,
        "service_account_name": kubernetes.service_account,
    }
    lists: dict[str, list[py.Expression]] = {
        "image_pull_secrets": [_object("V1LocalObjectReference", name=name) for name in kubernetes.image_pull_secrets],
        "env_from": [
            py.call("k8s.V1EnvFromSource", secret_ref=_object("V1SecretEnvSource", name=name))
            for name in kubernetes.secrets
        ],
        "tolerations": [_object("V1Toleration", **_snake(fields)) for fields in kubernetes.tolerations],
    }
    pairs = {
        "node_selector": kubernetes.node_selector,
        "labels": kubernetes.labels,
        "annotations": kubernetes.annotations,
    }
    found: dict[str, py.Expression] = {key: py.string(text) for key, text in texts.items() if text is not None}
    found |= {key: py.listing(tuple(items)) for key, items in lists.items() if items}
    found |= {key: py.mapping(tuple((k, py.string(v)) for k, v in of)) for key, of in pairs.items() if of}
    if kubernetes.security:
        found["container_security_context"] = _object("V1SecurityContext", **kubernetes.security)
    return found


def _snake(fields: Mapping[str, str | int]) -> dict[str, str | int]:
    """The fields of an object of Kubernetes' by their names in Python."""
    return {re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name): value for name, value in fields.items()}


def _object(model: str, **fields: str | int) -> py.Expression:
    return py.call(f"k8s.{model}", **{name: py.literal(value) for name, value in fields.items()})


class _Volume(NamedTuple):
    """A volume, where it is mounted, and what it is."""

    name: str
    path: str
    source: dict[str, py.Expression]


def _volumes(policy: Policy) -> dict[str, py.Expression]:
    volumes = tuple(_all_volumes(policy))
    if not volumes:
        return {}
    made = [py.call("k8s.V1Volume", name=py.string(v.name), **v.source) for v in volumes]
    mounted = [_object("V1VolumeMount", name=v.name, mount_path=v.path) for v in volumes]
    return {"volumes": py.listing(tuple(made)), "volume_mounts": py.listing(tuple(mounted))}


def _all_volumes(policy: Policy) -> Iterator[_Volume]:
    """Memory as files, and claims.

    Source: https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
    """
    if policy.shared_memory_mib is not None:
        yield _Volume("shared-memory", SHARED_MEMORY, _memory(policy.shared_memory_mib))
    if policy.kubernetes is None:
        return
    tmpfs = policy.kubernetes.tmpfs
    if tmpfs is not None:
        yield _Volume("tmpfs", tmpfs.path, _memory(tmpfs.size(policy.memory_mib)))
    for number, (claim, path) in enumerate(policy.kubernetes.persistent_volume_claims):
        source = _object("V1PersistentVolumeClaimVolumeSource", claim_name=claim)
        yield _Volume(f"claim-{number}", path, {"persistent_volume_claim": source})


def _memory(size_mib: int) -> dict[str, py.Expression]:
    return {"empty_dir": _object("V1EmptyDirVolumeSource", medium="Memory", size_limit=f"{size_mib}Mi")}
