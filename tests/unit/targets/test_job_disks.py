"""What is said of disks that jobs of AWS Batch are asked to have."""

from __future__ import annotations

import pytest

from flowc.diagnostics import Diagnostic, Severity
from flowc.ir.compute import Batch
from flowc.ir.steps import Policy, Step
from flowc.source import Span
from flowc.targets.aws.checks import check_job

ROLE = "arn:aws:iam::123456789012:role/r"


def checked(disk_mib: int | None, storage_gib: int | None) -> list[Diagnostic]:
    policy = Policy(disk_mib=disk_mib, batch=Batch(ephemeral_storage_gib=storage_gib))
    step = Step(name="a", doc="", policy=policy, reads=(), writes=(), span=Span(file="f.py", start=0, end=1))
    return list(check_job(step, execution_role=ROLE, definition=None, registers="the machine"))


@pytest.mark.parametrize(("disk_mib", "storage_gib"), [(None, None), (None, 21), (100, 21), (21 * 1024, 21)])
def test_a_disk_that_a_job_has_is_not_passed_over(disk_mib: int | None, storage_gib: int | None) -> None:
    assert checked(disk_mib, storage_gib) == []


@pytest.mark.parametrize(
    ("disk_mib", "storage_gib", "message", "help"),
    [
        (100, None, "AWS Batch gives jobs no disk of their own: 100 MiB are", "`@batch(ephemeral_storage=...)`"),
        (21 * 1024 + 1, 21, "a disk of 21505 MiB, and its jobs on Fargate have one of 21 GiB", "ephemeral_storage=22)"),
        (900_000, 21, "a disk of 900000 MiB, and its jobs on Fargate have one of 21 GiB", "ephemeral_storage=200)"),
    ],
)
def test_a_disk_that_a_job_does_not_have_is(disk_mib: int, storage_gib: int | None, message: str, help: str) -> None:
    (found,) = checked(disk_mib, storage_gib)
    assert (found.code, found.severity) == ("FC408", Severity.WARNING)
    assert message in found.message
    assert help in found.help
