"""Whether the kernel has killed something for want of memory, by the counters of the control group (Linux).

Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html (memory.events, memory.max) and
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html (memory.oom_control, memory.limit_in_bytes).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

_MIB = 1 << 20
_UNLIMITED = 1 << 60  # version 1 says "no limit" with a number about as large as can be
_HINT = 100  # of 1000: how much likelier than its watcher a task is to be chosen by the kernel


class Memory(NamedTuple):
    """The memory that this process shares with its task.

    Attributes:
        events: The file that counts what was killed; empty if there is none.
        limit: The file with the limit.
        before: What was counted when the task began.
    """

    events: str
    limit: str
    before: int

    @classmethod
    def watch(cls, root: str = "/sys/fs/cgroup", groups: str = "/proc/self/cgroup") -> Memory:
        """Begin to watch, before the task does."""
        for folder, events, limit in _places(root, groups):
            path = os.path.join(folder, events)
            count = _count(path)
            if count is not None:
                return cls(path, os.path.join(folder, limit), count)
        return cls("", "", 0)

    def again(self) -> Memory:
        """For another task that begins now."""
        return self._replace(before=(_count(self.events) or 0) if self.events else 0)

    def is_exhausted(self) -> bool:
        """Whether something was killed for want of memory since."""
        count = _count(self.events) if self.events else None
        return count is not None and count > self.before

    def explain(self) -> str:
        """What is to be said of that."""
        with suppress(OSError, ValueError), open(self.limit) as file:
            limit = int(file.read())
            if limit < _UNLIMITED:
                return f"out of memory: it has {limit // _MIB} MiB, give it more by `@resources(memory=...)`"
        return "out of memory"


def prefer_as_victim() -> None:
    """Have the kernel end this process rather than its watcher, who would have told of it.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html
    """
    with suppress(OSError, ValueError), open("/proc/self/oom_score_adj", "r+") as file:
        now = int(file.read())
        file.seek(0)
        file.write(str(min(1000, now + _HINT)))


def _places(root: str, groups: str) -> Iterator[tuple[str, str, str]]:
    """Folders of the control group, with their files for events and limit.

    A container sees its own group at the root, or the path that the machine knows it by, or both.
    """
    with suppress(OSError), open(groups) as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if controllers == "":
                for folder in (root + path, root):
                    yield folder, "memory.events", "memory.max"
            elif "memory" in controllers.split(","):
                for folder in (f"{root}/memory{path}", f"{root}/memory"):
                    yield folder, "memory.oom_control", "memory.limit_in_bytes"


def _count(path: str) -> int | None:
    with suppress(OSError, ValueError), open(path) as file:
        for line in file:
            name, _, value = line.partition(" ")
            if name == "oom_kill":
                return int(value)
    return None
