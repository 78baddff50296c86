"""What `@kubernetes` and `@batch` ask for beside the resources: how a step's pod or job is to be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Pairs = tuple[tuple[str, str], ...]
"""Names and values, in source order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tmpfs:
    """A file system in memory.

    Attributes:
        path: Where it is mounted.
        size_mib: Its size in MiB, > 0; None for half of the step's memory.
        is_temporary: The step's temporary files lie there; else only `current.tempdir` leads there.
        options: Options of the mount.
    """

    path: str
    size_mib: int | None
    is_temporary: bool
    options: tuple[str, ...] = ()

    def size(self, memory_mib: int) -> int:
        """Its size in MiB beside so much memory."""
        return max(1, memory_mib // 2) if self.size_mib is None else self.size_mib


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubernetes:
    """What `@kubernetes` says of a step's pods; what is None or empty is as for all pods.

    Attributes:
        image: The container's image.
        image_pull_policy: `Always`, `IfNotPresent` or `Never`.
        image_pull_secrets: Names of secrets.
        service_account: Its name.
        namespace: Its name.
        secrets: Names of secrets whose keys become environment variables.
        node_selector: Labels that the node must have.
        tolerations: Fields of V1Toleration by their names in JSON.
        labels: Labels of the pod.
        annotations: Annotations of the pod.
        gpu_vendor: Whose GPUs, as in `nvidia.com/gpu`.
        tmpfs: A file system in memory.
        persistent_volume_claims: Names of claims, and where they are mounted.
        guaranteed: What is asked for is also the limit.
        security: Fields of V1SecurityContext by their names in Python.
    """

    image: str | None = None
    image_pull_policy: str | None = None
    image_pull_secrets: tuple[str, ...] = ()
    service_account: str | None = None
    namespace: str | None = None
    secrets: tuple[str, ...] = ()
    node_selector: Pairs = ()
    tolerations: tuple[Mapping[str, str | int], ...] = ()
    labels: Pairs = ()
    annotations: Pairs = ()
    gpu_vendor: str = "nvidia"
    tmpfs: Tmpfs | None = None
    persistent_volume_claims: Pairs = ()
    guaranteed: bool = False
    security: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What `@batch` says of a step's jobs; what is None or empty is as for all jobs.

    Attributes:
        image: The container's image.
        queue: Name or ARN of the job queue.
        job_role: ARN of the role that the task has.
        execution_role: ARN of the role that pulls the image and writes logs.
        max_swap_mib: Swap in MiB, >= 0.
        swappiness: 0 to 100.
        tmpfs: A file system in memory.
        host_volumes: Paths of the machine's, mounted at the same paths.
        efs_volumes: Ids of EFS file systems, and where they are mounted.
        ephemeral_storage_gib: Disk of a Fargate task in GiB.
        devices: Paths of the machine's devices.
        tags: Of the job, and of the ECS task that it becomes.
        log_driver: Where the container's output goes.
        log_options: The driver's.
    """

    image: str | None = None
    queue: str | None = None
    job_role: str | None = None
    execution_role: str | None = None
    max_swap_mib: int | None = None
    swappiness: int | None = None
    tmpfs: Tmpfs | None = None
    host_volumes: tuple[str, ...] = ()
    efs_volumes: Pairs = ()
    ephemeral_storage_gib: int | None = None
    devices: tuple[str, ...] = ()
    tags: Pairs = ()
    log_driver: str | None = None
    log_options: Pairs = ()
