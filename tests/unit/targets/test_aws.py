"""What targets share about AWS."""

from __future__ import annotations

import pytest

from flowc.targets.aws import fargate
from flowc.targets.aws.batch import in_python


@pytest.mark.parametrize(
    ("cpu", "memory_mib", "is_pair"),
    [
        (0.25, 512, True),
        (0.25, 4096, False),
        (1, 4096, True),
        (1, 1024, False),
        (3, 8192, False),
        (4, 30 * 1024, True),
        (8, 17 * 1024, False),
        (8, 20 * 1024, True),
        (16, 120 * 1024, True),
    ],
)
def test_pairs_of_fargate(cpu: float, memory_mib: int, is_pair: bool) -> None:
    assert fargate.is_pair(cpu, memory_mib) is is_pair
    near = fargate.nearest(cpu, memory_mib)
    assert all(fargate.is_pair(*pair) for pair in near)
    if is_pair:
        assert set(near) == {(cpu, memory_mib)}


@pytest.mark.parametrize(
    ("cpu", "memory_mib", "near"),
    [
        (1, 5000, ((1, 5120), (1, 4096))),
        (3, 1024, ((4, 8192), (0.5, 1024))),
        (0.1, 100, ((0.25, 512),)),
        (32, 10, ((16, 122_880),)),
        (32, 200_000, ((16, 122_880),)),
    ],
)
def test_the_nearest_pairs(cpu: float, memory_mib: int, near: tuple[tuple[float, int], ...]) -> None:
    assert fargate.nearest(cpu, memory_mib) == near


def test_a_disk_is_at_least_what_can_be_asked_for() -> None:
    assert [fargate.disk_gib(mib) for mib in (1, 20 * 1024, 21 * 1024 + 1, 200 * 1024)] == [21, 21, 22, 200]


def test_keys_begin_with_a_small_letter_but_for_those_that_somebody_has_chosen() -> None:
    request = {"ContainerProperties": {"Environment": [{"Name": "A", "Value": "B"}]}, "Tags": {"Team": "X"}}
    assert in_python(request | {"Options": {"Max-Size": "1"}}) == {
        "containerProperties": {"environment": [{"name": "A", "value": "B"}]},
        "tags": {"Team": "X"},
        "options": {"Max-Size": "1"},
    }
