"""What a task prints: it reaches the scheduler's log and the store, as it is, whatever it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project

Make = Callable[..., Project]

FLOW = """
    @step
    def start(self):
        {start}
        self.next(self.end)

    @step
    def end(self):
        pass
"""
RUNNER = [sys.executable, "-m", "flowc.runner"]


def one(start: str) -> str:
    return FLOW.format(start=("\n" + " " * 8).join(start.strip().splitlines()))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("for n in range(1001): print(f'\\r{n:4}', end='')", b"".join(b"\r%4d" % n for n in range(1001))),
        ("sys.stdout.buffer.write(bytes(range(256)) * 100)", bytes(range(256)) * 100),
        ("print('x' * 5_000_000, end='')", b"x" * 5_000_000),
        ("sys.stdout.write('no line end')", b"no line end"),
        ("print('\\x1b[31mred\\x1b[0m')", b"\x1b[31mred\x1b[0m\n"),
    ],
    ids=["progress", "binary", "long line", "no line end", "colours"],
)
def test_it_is_passed_on_and_kept_as_it_is(project: Make, code: str, expected: bytes) -> None:
    made = project(one(code), "import sys\n")
    done = subprocess.run(RUNNER, env=made.environment("start"), stdout=subprocess.PIPE, timeout=60)
    assert done.returncode == 0
    assert done.stdout == expected
    assert made.store.read(made.address("start").log_key("a1")) == expected


_MEASURED = """
import os, resource, sys
from flowc.runner.__main__ import main
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
code = main()
sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
sys.exit(code)
"""


def test_much_of_it_takes_little_memory(project: Make) -> None:
    made = project(one("block = b'x' * 999_999 + b'\\n'\nfor _ in range(100): os.write(1, block)"), "import os\n")
    with open(os.devnull, "wb") as nowhere:
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED],
            env=made.environment("start"),
            stdout=nowhere,
            stderr=subprocess.PIPE,
            timeout=120,
        )
    assert done.returncode == 0
    assert made.store.size(made.address("start").log_key("a1")) == 100_000_000
    unit = 1024 if sys.platform == "linux" else 1
    assert int(done.stderr) * unit < 16 << 20


def test_a_pipe_that_takes_no_more_for_the_moment_is_waited_for(project: Make) -> None:
    made = project(one("print('x' * 1_000_000)"))
    read, write = os.pipe()
    os.set_blocking(write, False)  # as some schedulers' event loops leave it
    process = subprocess.Popen(RUNNER, env=made.environment("start"), stdout=write)
    os.close(write)
    with open(read, "rb") as output:
        assert output.read() == b"x" * 1_000_000 + b"\n"
    assert process.wait(timeout=60) == 0


def test_nobody_listens_from_the_beginning(project: Make) -> None:
    made = project(one("for n in range(10_000): print('line', n)"))
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(RUNNER, env=made.environment("start"), stdout=write, timeout=60)
    os.close(write)
    assert done.returncode == 0
    assert made.log("start").endswith("line 9999\n")


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("variables", [{}, {"FLOWC_STEP": "middle"}], ids=["task", "no task"])
def test_the_runner_may_be_started_without_streams(project: Make, closed: str, variables: dict[str, str]) -> None:
    made = project(one("print('out')\nprint('err', file=sys.stderr)\nos.system('echo shell')"), "import os, sys\n")
    command = f'exec "$0" -m flowc.runner {closed}'
    done = subprocess.run(["sh", "-c", command, sys.executable], env=made.environment("start", **variables), timeout=60)
    assert done.returncode == (65 if variables else 0)
    if not variables:
        assert made.log("start") == "out\nerr\nshell\n"


def test_what_processes_of_the_step_have_printed_is_there(project: Make) -> None:
    # the one that is left behind says that it has written, and the task ends before it
    program = "import os, sys, time; print('last', flush=True); os.write(int(sys.argv[1]), b'!'); time.sleep(1000)"
    body = f"""
read, write = os.pipe()
subprocess.Popen([sys.executable, "-c", {program!r}, str(write)], pass_fds=[write])
os.read(read, 1)
"""
    made = project(one(body), "import os, subprocess, sys\n")
    assert made.run_process("start") == (0, "last\n")
    assert made.log("start") == "last\n"


def test_a_store_that_is_gone_for_a_while_has_all_of_it_in_the_end(project: Make, tmp_path: Path) -> None:
    made = project(one("go = open(os.environ['GO'])\nprint('one')\ngo.read()\nprint('two')"), "import os\n")
    go, store = tmp_path / "go", tmp_path / "store"
    os.mkfifo(go)
    process = made.start_process("start", GO=str(go))
    with open(go, "w"):  # the task has begun, and waits
        store.rename(tmp_path / "elsewhere")
        store.write_text("not a folder")
        assert process.stdout is not None
        assert process.stdout.readline() == "one\n"
        store.unlink()
        (tmp_path / "elsewhere").rename(store)
    assert process.communicate(timeout=60)[0] == "two\n"
    assert process.returncode == 0
    assert made.log("start") == "one\ntwo\n"
