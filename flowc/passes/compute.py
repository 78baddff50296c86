"""Whether what a step's decorators ask of machines goes together."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic, Label
from flowc.ir.flow import Flow
from flowc.ir.steps import Policy, Step

SHARED_MEMORY = "/dev/shm"


def check_compute(flow: Flow) -> Iterator[Diagnostic]:
    """Look at the steps under `@kubernetes` and `@batch`, of which Metaflow, too, takes one only.

    Emits: FC107.
    """
    for step in flow.steps:
        if step.policy.kubernetes is not None and step.policy.batch is not None:
            yield Diagnostic(
                code="FC107",
                message=f"step `{step.name}` is to run on Kubernetes and on AWS Batch",
                help="keep one of `@kubernetes` and `@batch`; resources for both can be asked for by `@resources`",
                primary=Label(span=step.span),
            )
        else:
            yield from _mounted_twice(step)


def _mounted_twice(step: Step) -> Iterator[Diagnostic]:
    """In a container there is one thing at each path.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#volumes-1, and for Docker's
    `Duplicate mount point` https://docs.docker.com/reference/cli/docker/container/run/#volume
    """
    seen: dict[str, str] = {}
    for what, path in mounts(step.policy):
        before = seen.setdefault(path.rstrip("/"), what)
        if before is not what:
            yield Diagnostic(
                code="FC107",
                message=f"step `{step.name}` mounts {before} and {what} at `{path}`",
                help="give each of them a path of its own",
                primary=Label(span=step.span),
            )


def mounts(policy: Policy) -> Iterator[tuple[str, str]]:
    """What a step's container has mounted beside its image, and where."""
    if policy.shared_memory_mib is not None:
        yield "its shared memory", SHARED_MEMORY
    if policy.tmpfs is not None:
        yield "its file system in memory", policy.tmpfs.path
    if policy.kubernetes is not None:
        for claim, path in policy.kubernetes.persistent_volume_claims:
            yield f"the claim `{claim}`", path
    if policy.batch is not None:
        for path in policy.batch.host_volumes:
            yield f"the machine's folder `{path}`", path
        for system, path in policy.batch.efs_volumes:
            yield f"the file system `{system}`", path
