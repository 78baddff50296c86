"""A task that the kernel kills for want of memory: what is recorded, and what the runner says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowc.contract import Address
from flowc.store import open_store
from flowc.store.records import TaskRecord

# the control group is made of files; in place of the kernel, the task counts its own death, or that of another process
_TASK = """
import os, signal, sys
from flowc.contract import Address
from flowc.runner.memory import Memory
from flowc.runner.request import Request
from flowc.runner.supervise import supervise
from flowc.store.opening import open_store

store, group, how, catches = sys.argv[1:]

def body(teller):
    print("before", flush=True)
    with open(f"{group}/memory.events", "w") as events:
        events.write("oom_kill 1\\n")
    if how == "itself":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "failed":
        teller.exit(1)
        return 1
    teller.exit(0)
    return 0

def catch(store, started_ns, failure):
    print(failure.type.__name__, failure.message, flush=True)
    return catches == "yes"

request = Request(store, "", "r", Address("F", "r", "s", ()), "a", 0, {}, "")
watch = lambda: Memory.watch(group, f"{group}/groups")
sys.exit(supervise(request, lambda: open_store(store), body, catch, watch_memory=watch))
"""
WORDS = "out of memory: it has 512 MiB, give it more by `@resources(memory=...)`"
KILLED = f"the task was killed by signal SIGKILL, {WORDS}"


def run(folder: Path, how: str, catches: str = "no") -> subprocess.CompletedProcess[str]:
    group = folder / "group"
    group.mkdir()
    (group / "memory.events").write_text("oom_kill 0\n")
    (group / "memory.max").write_text(f"{512 << 20}\n")
    (group / "groups").write_text("0::/\n")
    arguments = [sys.executable, "-c", _TASK, str(folder / "store"), str(group), how, catches]
    return subprocess.run(
        arguments, env={"PYTHONPATH": os.getcwd()}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_it_is_recorded_with_the_limit(tmp_path: Path) -> None:
    done = run(tmp_path, "itself")
    assert done.returncode == 137
    assert done.stdout == f"before\nflowc: {KILLED}\nOutOfMemory {KILLED}\n"
    key = Address("F", "r", "s", ()).task_key("a")
    error = TaskRecord.parse(open_store(str(tmp_path / "store")).read(key)).error
    assert error is not None
    assert (error["type"], error["message"]) == ("OutOfMemory", KILLED)
    assert error["traceback"].startswith("before\n")


def test_it_is_caught_as_what_it_is(tmp_path: Path) -> None:
    done = run(tmp_path, "itself", "yes")
    assert done.returncode == 0
    assert done.stdout == f"before\nflowc: {KILLED}\nOutOfMemory {KILLED}\nflowc: @catch goes on after this\n"


@pytest.mark.parametrize(("how", "code", "said"), [("failed", 1, True), ("succeeded", 0, False)])
def test_of_a_process_of_its_own_it_is_said_when_that_has_failed_it(
    tmp_path: Path, how: str, code: int, said: bool
) -> None:
    done = run(tmp_path, how)
    assert done.returncode == code
    assert done.stdout == "before\n" + (f"flowc: while it ran, a process was killed: {WORDS}\n" if said else "")


@pytest.mark.skipif(sys.platform != "linux", reason="there are control groups on Linux only")
def test_the_task_is_likelier_to_be_chosen_than_its_runner(tmp_path: Path) -> None:
    script = """
import os
from flowc.runner.memory import prefer_as_victim
read = lambda: int(open("/proc/self/oom_score_adj").read())
before = read()
if os.fork() == 0:
    prefer_as_victim()
    os._exit(read() > before or before == 1000)
print(os.waitstatus_to_exitcode(os.wait()[1]), read() == before)
"""
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "1 True\n"
