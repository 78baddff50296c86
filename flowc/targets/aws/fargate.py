"""What tasks on Fargate can have: certain pairs of CPUs and memory, and a disk.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from flowc.diagnostics import Diagnostic, Label
from flowc.ir.steps import Step
from flowc.targets.base import plain

GIB = 1024
"""In MiB."""

UNITS = 1024
"""Of a virtual CPU."""

MEMORY: Mapping[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4 * GIB + 1, 1024)),
    1024: tuple(range(2 * GIB, 8 * GIB + 1, 1024)),
    2048: tuple(range(4 * GIB, 16 * GIB + 1, 1024)),
    4096: tuple(range(8 * GIB, 30 * GIB + 1, 1024)),
    8192: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
}
"""The sizes of memory in MiB that go with a number of CPU units."""

USUAL_DISK_GIB = 20
"""What a task has without asking."""

MAX_DISK_GIB = 200


LOG_DRIVERS = ("awslogs", "awsfirelens", "splunk")
"""Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_LogConfiguration.html"""


def check_pair(step: Step, *, instead: str) -> Iterator[Diagnostic]:
    """Whether a step's task can have the CPUs and the memory that it asks for.

    Args:
        step: One whose tasks run on Fargate.
        instead: How to run it elsewhere.

    Emits: FC403.
    """
    cpu, memory_mib = step.policy.cpu, step.policy.memory_mib
    if not is_pair(cpu, memory_mib):
        near = " or ".join(f"cpu={plain(c)}, memory={m}" for c, m in nearest(cpu, memory_mib))
        yield Diagnostic(
            code="FC403",
            message=f"Fargate has no tasks with {plain(cpu)} CPUs and {memory_mib} MiB",
            help=f"ask for one of the nearest sizes, {near}, or {instead}",
            primary=Label(span=step.span, text="this step"),
        )


def is_pair(cpu: float, memory_mib: int) -> bool:
    """Whether a task can have so many virtual CPUs and so much memory."""
    return memory_mib in MEMORY.get(_units(cpu), ())


def nearest(cpu: float, memory_mib: int) -> tuple[tuple[float, int], ...]:
    """Pairs that a task can have, near one that it cannot: the smallest that is enough, and what is just below it.

    Returns:
        Virtual CPUs and MiB, the larger pair first; at least one.
    """
    pairs = [(units, size) for units, sizes in MEMORY.items() for size in sizes]
    enough = [pair for pair in pairs if pair[0] >= _units(cpu) and pair[1] >= memory_mib]
    below = [pair for pair in pairs if pair[0] <= _units(cpu) and pair[1] <= memory_mib]
    found = [*([min(enough)] if enough else []), *([max(below)] if below else [])]
    found = found or [max(pairs)]
    return tuple((units / UNITS, size) for units, size in found)


def disk_gib(disk_mib: int) -> int:
    """The disk to ask for, in GiB: at least the 21 that can be asked for."""
    return max(USUAL_DISK_GIB + 1, math.ceil(disk_mib / GIB))


def _units(cpu: float) -> int:
    return round(cpu * UNITS)
