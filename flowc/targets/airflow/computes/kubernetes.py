"""Pods on Kubernetes, by `KubernetesPodOperator`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from flowc import contract
from flowc.diagnostics import Diagnostic
from flowc.ir.steps import Policy, Step
from flowc.targets import pysource as py
from flowc.targets.airflow.checks import check_kubernetes_name
from flowc.targets.airflow.computes.base import Compute, Keywords
from flowc.targets.base import plain

if TYPE_CHECKING:
    from flowc.ir.compute import Kubernetes

POD_PREFIX = 30
"""Characters of the flow's name at the beginning of a pod's name."""

STARTUP_TIMEOUT_S = 600
"""How long a pod may take to start: a cluster may have to add a machine and load the image first."""

SHARED_MEMORY = "/dev/shm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods(Compute):
    """Pods on Kubernetes."""

    name: ClassVar[str] = "kubernetes"
    operator: ClassVar[str] = "KubernetesPodOperator"
    module: ClassVar[str] = "airflow.providers.cncf.kubernetes.operators.pod"
    one: ClassVar[str] = "pod"
    many: ClassVar[str] = "pods"
    told: ClassVar[str] = "env_vars"
    path: ClassVar[str] = "{{ task.env_vars[0].value }}"
    can_defer: ClassVar[bool] = True
    names: ClassVar[frozenset[str]] = frozenset({"KubernetesPodOperator", "k8s"})
    expands: ClassVar[bool] = True

    def imports(self) -> Mapping[str, tuple[str, ...]]:
        return {self.module: (self.operator,), "kubernetes.client": ("models as k8s",)}

    def defaults(self) -> Keywords:
        settings = {"namespace": self.options.namespace, "service_account_name": self.options.service_account}
        return {
            "name": py.string(f"{_pod_prefix(self.flow.name)}-{{{{ ti.task_id }}}}"),
            "image": py.string(self.options.image),
            "cmds": py.listing(tuple(map(py.string, contract.RUNNER))),
            self.told: "ENV",
            "container_resources": resources_of(usual_resources(self.steps)),
            **{key: py.string(value) for key, value in settings.items() if value is not None},
            "startup_timeout_seconds": str(STARTUP_TIMEOUT_S),
            "log_events_on_failure": "True",
            "log_pod_spec_on_failure": "False",
        }

    def own(self, step: Step, *, mapped: bool) -> Keywords:
        policy = step.policy
        keywords = {} if policy.kubernetes is None else _pod(policy.kubernetes)
        own = own_resources(policy)
        if own != usual_resources(self.steps):
            keywords["container_resources"] = resources_of(own)
        return keywords | _volumes(policy)

    def check_options(self) -> Iterator[Diagnostic]:
        yield from check_kubernetes_name("namespace", self.options.namespace)
        yield from check_kubernetes_name("service-account", self.options.service_account)


def _pod_prefix(flow: str) -> str:
    """A flow's name in the characters of a DNS label."""
    return re.sub(r"[^a-z0-9]+", "-", flow.lower())[:POD_PREFIX].strip("-") or "flow"


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
