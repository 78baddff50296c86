"""What jobs of AWS Batch cannot have, or only with a definition that is made for them."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic, Label, Severity
from flowc.ir.steps import Step
from flowc.targets.aws import fargate
from flowc.targets.aws.batch import changes_definition


def check_job(
    step: Step, *, execution_role: str | None, definition: str | None, registers: str
) -> Iterator[Diagnostic]:
    """What keeps a step's jobs from having what the step asks for.

    Args:
        step: One whose tasks are jobs of AWS Batch.
        execution_role: ARN of the role that pulls the image and writes logs, unless the step names one.
        definition: The job definition that has to be used; None for one of its own.
        registers: What makes such definitions, for a message.

    Emits: FC403, FC408.
    """
    here = Label(span=step.span, text="this step")
    # On EC2 a job has whole virtual CPUs; what Fargate has beside these is a few fractions below 1.
    # Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
    if step.policy.cpu != int(step.policy.cpu):
        yield Diagnostic(
            code="FC403",
            message=f"an AWS Batch job has whole CPUs, and the step asks for {step.policy.cpu}",
            help="write a whole number: `@resources(cpu=...)`",
            primary=here,
        )
    yield from _disk_problems(step)
    if definition is not None and changes_definition(step):
        yield Diagnostic(
            code="FC403",
            message="the step asks for what only a job definition can give, and the one to use is given",
            help=f"leave --batch-job-definition out: {registers} registers what the steps need",
            primary=here,
        )
    yield from _fargate_problems(step, execution_role)


def _disk_problems(step: Step) -> Iterator[Diagnostic]:
    """A disk that is asked for, and that no job of the step's would have."""
    wanted_mib = step.policy.disk_mib
    disk_gib = None if step.policy.batch is None else step.policy.batch.ephemeral_storage_gib
    if wanted_mib is None or (disk_gib is not None and wanted_mib <= disk_gib * fargate.GIB):
        return
    if disk_gib is None:
        message = f"AWS Batch gives jobs no disk of their own: {wanted_mib} MiB are not asked for"
        help = "see that the machines of the queue have them, or use Fargate: `@batch(ephemeral_storage=...)`"
    else:
        message = f"the step asks for a disk of {wanted_mib} MiB, and its jobs on Fargate have one of {disk_gib} GiB"
        help = f"write `@batch(ephemeral_storage={min(fargate.disk_gib(wanted_mib), fargate.MAX_DISK_GIB)})`"
    yield Diagnostic(
        code="FC408",
        message=message,
        help=help,
        primary=Label(span=step.span, text="this step"),
        severity=Severity.WARNING,
    )


def _fargate_problems(step: Step, execution_role: str | None) -> Iterator[Diagnostic]:
    """What Fargate lacks.

    Source: https://docs.aws.amazon.com/batch/latest/userguide/fargate.html
    """
    batch = step.policy.batch
    if batch is None or batch.ephemeral_storage_gib is None:
        return
    lacking = {
        "GPUs": step.policy.gpu,
        "shared memory of a certain size": step.policy.shared_memory_mib,
        "swap": batch.max_swap_mib is not None or batch.swappiness is not None,
        "file systems in memory": batch.tmpfs,
        "devices": batch.devices,
        "folders of the machine": batch.host_volumes,
    }
    refused = [what for what, is_wanted in lacking.items() if is_wanted]
    if refused:
        yield Diagnostic(
            code="FC403",
            message=f"`ephemeral_storage` asks for Fargate, which has no {', no '.join(refused)}",
            help="leave `ephemeral_storage` out: the job then runs on EC2, with the disk of its machine",
            primary=Label(span=step.span, text="this step"),
        )
    if step.policy.cpu == int(step.policy.cpu):
        yield from fargate.check_pair(step, instead="leave `ephemeral_storage` out")
    if batch.log_driver is not None and batch.log_driver not in fargate.LOG_DRIVERS:
        yield Diagnostic(
            code="FC403",
            message=f"`ephemeral_storage` asks for Fargate, which has no log driver `{batch.log_driver}`",
            help=f"choose one of these: {', '.join(fargate.LOG_DRIVERS)}",
            primary=Label(span=step.span, text="this step"),
        )
    if batch.execution_role is None and execution_role is None:
        yield Diagnostic(
            code="FC403",
            message="`ephemeral_storage` asks for Fargate, which needs a role that pulls the image",
            help="give one: `@batch(execution_role=...)`, or --batch-execution-role ARN",
            primary=Label(span=step.span, text="this step"),
        )
