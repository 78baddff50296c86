"""Control groups' counters, as files of both versions have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.runner.memory import Memory

V1 = ("memory/{}memory.oom_control", "memory/{}memory.limit_in_bytes", "9:memory:/{}\n1:name=systemd:/x\n")
V2 = ("{}memory.events", "{}memory.max", "0::/{}\n")
COUNTS = "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n"


def make(root: Path, version: tuple[str, str, str], folder: str, said: str, limit: str) -> tuple[Path, Memory]:
    """A group in `folder`; the process believes that it is in the group `said`."""
    events = root / version[0].format(folder)
    events.parent.mkdir(parents=True, exist_ok=True)
    events.write_text(COUNTS.format(2))
    (root / version[1].format(folder)).write_text(limit)
    groups = root / "groups"
    groups.write_text(version[2].format(said))
    return events, Memory.watch(str(root), str(groups))


@pytest.mark.parametrize("version", [V1, V2])
@pytest.mark.parametrize(
    ("folder", "said"), [("", ""), ("docker/1/", "docker/1/"), ("", "docker/1/")], ids=["root", "group", "unseen"]
)
def test_what_was_killed_since(tmp_path: Path, version: tuple[str, str, str], folder: str, said: str) -> None:
    events, memory = make(tmp_path, version, folder, said, f"{256 << 20}\n")
    assert not memory.is_exhausted()
    events.write_text(COUNTS.format(3))
    assert memory.is_exhausted()
    assert memory.explain() == "out of memory: it has 256 MiB, give it more by `@resources(memory=...)`"
    assert not memory.again().is_exhausted()


@pytest.mark.parametrize(("version", "limit"), [(V2, "max\n"), (V1, "9223372036854771712\n")])
def test_no_limit_is_not_told(tmp_path: Path, version: tuple[str, str, str], limit: str) -> None:
    assert make(tmp_path, version, "", "", limit)[1].explain() == "out of memory"


def test_no_control_groups(tmp_path: Path) -> None:
    memory = Memory.watch(str(tmp_path), str(tmp_path / "groups"))
    assert not memory.is_exhausted()
    assert not memory.again().is_exhausted()
