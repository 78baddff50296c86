"""A task that is told to end: what its code sees, what is recorded, how the runner ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project
from tests.unit.runner.conftest import start_alive

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
HEAD = "import multiprocessing, os, signal, subprocess, sys, time\n"
FOR_EVER = "print('ready')\nwhile True: time.sleep(0.01)"


def one(start: str) -> str:
    return FLOW.format(start=("\n" + " " * 8).join(start.strip().splitlines()))


def told(made: Project, *numbers: signal.Signals, said: str = "ready\n", **variables: str) -> tuple[int, str]:
    """Run the start task, send the runner a signal each time that the task has said a line; how it ends, and the rest.

    What comes after a signal begins in the next line.
    """
    process = made.start_process("start", **variables)
    assert process.stdout is not None
    for number in numbers:
        assert process.stdout.readline() == said
        process.send_signal(number)
    output = process.stdout.read()
    process.stdout.close()
    return process.wait(timeout=60), output


def recorded(made: Project) -> tuple[str, str]:
    """Type and message of the error; nothing may be committed."""
    assert made.commit("start") is None
    record = made.record("start")
    assert record.status == "failed"
    assert record.error is not None
    return record.error["type"], record.error["message"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_task_unwinds(project: Make, number: signal.Signals) -> None:
    made = project(one(f"try:\n    {FOR_EVER.replace(chr(10), chr(10) + '    ')}\nfinally:\n    print('tidied')"), HEAD)
    code, output = told(made, number)
    message = f"the task was told to end ({number.name})"
    assert code == 128 + number
    assert output.startswith("tidied\nTraceback (most recent call last):\n")
    assert ", in start\n" in output
    assert "termination.py" not in output
    assert output.endswith(f"flowc: {message}\n")
    assert recorded(made) == ("terminated", message)
    assert made.record("start").error["traceback"] in output  # type: ignore[index]
    assert made.log("start") == "ready\n" + output


def test_code_that_goes_on_after_errors_does_not_go_on(project: Make) -> None:
    body = (
        "while True:\n    try:\n        print('ready')\n        while True: time.sleep(0.01)\n    except Exception: 0"
    )
    made = project(one(body), HEAD)
    assert told(made, signal.SIGTERM)[0] == 143
    assert recorded(made)[0] == "terminated"


def test_code_that_looks_for_ctrl_c_sees_it(project: Make) -> None:
    body = "try:\n    print('ready')\n    while True: time.sleep(0.01)\nexcept KeyboardInterrupt: print('saved'); raise"
    made = project(one(body), HEAD)
    code, output = told(made, signal.SIGINT)
    assert (code, output.partition("\n")[0]) == (130, "saved")


@pytest.mark.parametrize("becomes", ["raise ValueError('no')", "sys.exit(0)", "os.kill(os.getpid(), 9)", "os._exit(0)"])
def test_it_is_what_counts_whatever_the_code_makes_of_it(project: Make, becomes: str) -> None:
    body = f"try:\n    print('ready')\n    while True: time.sleep(0.01)\nexcept BaseException:\n    {becomes}"
    made = project(one(body), HEAD)
    assert told(made, signal.SIGTERM)[0] == 143
    assert recorded(made)[0] == "terminated"


def test_a_task_may_have_a_handler_of_its_own(project: Make) -> None:
    handler = "def end(*_): raise RuntimeError('my own')\nsignal.signal(signal.SIGTERM, end)\n"
    made = project(one(handler + FOR_EVER), HEAD)
    code, output = told(made, signal.SIGTERM)
    assert code == 143
    assert output.endswith("RuntimeError: my own\n")
    assert recorded(made) == ("RuntimeError", "my own")


def test_a_task_that_finishes_all_the_same_has_succeeded(project: Make) -> None:
    body = "try:\n    print('ready')\n    while True: time.sleep(0.01)\nexcept BaseException:\n    self.x = 1"
    made = project(one(body), HEAD)
    assert told(made, signal.SIGTERM) == (0, "")
    assert made.values("start") == {"x": 1}


def test_a_task_that_does_not_end_is_killed_in_time_to_tell(project: Make) -> None:
    made = project(one("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + FOR_EVER), HEAD)
    message = "the task was told to end (SIGTERM), and was killed as it did not"
    assert told(made, signal.SIGTERM, FLOWC_GRACE="0.01") == (143, f"flowc: {message}\n")
    assert recorded(made) == ("terminated", message)


@pytest.mark.parametrize("streams", ["", "os.close(1); os.close(2)", "os.closerange(1, 100)"])
def test_the_second_signal_kills_at_once(project: Make, streams: str) -> None:
    say = "os.write(int(os.environ['LIFE']), b'ready\\n')"
    body = f"signal.signal(signal.SIGTERM, lambda *_: {say})\n{streams}\n{say}\nwhile True: time.sleep(0.01)"
    made = project(one(body.replace("os.closerange(1, 100)", "close_all()")), HEAD + CLOSE_ALL)
    process, life = start_alive(made, FLOWC_GRACE="3600")
    for _ in range(2):
        assert life.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
    assert life.read() in (b"", b"ready\n")
    life.close()
    message = "the task was told to end (SIGTERM), and was killed as it did not"
    assert process.communicate(timeout=60)[0] == f"flowc: {message}\n"
    assert process.returncode == 143
    assert recorded(made) == ("terminated", message)


CLOSE_ALL = """
def close_all():
    life = int(os.environ["LIFE"])
    os.closerange(1, life)
    os.closerange(life + 1, 100)
"""


def test_what_the_step_has_started_is_told_too(project: Make) -> None:
    program = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(print('tidied') or 3)); "
        "print('ready', flush=True); time.sleep(1000)"
    )
    start = f"p = subprocess.Popen([sys.executable, '-c', {program!r}])"
    made = project(one(f"{start}\ntry: p.wait()\nfinally: print(p.wait())"), HEAD)
    code, output = told(made, signal.SIGTERM)
    assert (code, output.splitlines()[:2]) == (143, ["tidied", "3"])


def test_what_the_step_has_started_is_killed_with_it(project: Make) -> None:
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    made = project(one(deaf + "os.fork()\n" + FOR_EVER.replace("print('ready')", "os.write(1, b'ready\\n')")), HEAD)
    process, life = start_alive(made, FLOWC_GRACE="0.01")
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
    process.terminate()
    assert process.wait(timeout=60) == 143
    process.stdout.close()
    assert life.read() == b"", "all of them have ended"
    life.close()


def test_what_a_step_has_forked_ends_by_a_signal_as_any_process(project: Make) -> None:
    body = """
p = multiprocessing.get_context("fork").Process(target=forever)
p.start()
p.terminate()
p.join()
self.code = p.exitcode
"""
    made = project(one(body), HEAD + "\n\ndef forever():\n    while True: time.sleep(0.01)\n")
    assert made.run_process("start") == (0, "")
    assert made.values("start")["code"] == -signal.SIGTERM


_COMMITTING = """
import os, sys
from flowc.runner.__main__ import main
from flowc.store.opening import open_store
from tests.stores import Recording

go, moment = int(sys.argv[1]), sys.argv[2]

class Slow(Recording):
    def update(self, key, change):
        is_commit = key.endswith("/commit.json")
        if is_commit and moment == "before":
            self.wait()
        super().update(key, change)
        if is_commit and moment == "after":
            self.wait()

    def wait(self):
        print("ready", flush=True)
        os.read(go, 1)

sys.exit(main(os.environ, lambda url: Slow(open_store(url))))
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_commit_that_has_begun_is_finished(project: Make, moment: str) -> None:
    made = project(one("self.x = 1"))
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMITTING, str(read), moment],
        env={**made.environment("start"), "PYTHONPATH": os.getcwd()},
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[read],
    )
    os.close(read)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    os.write(write, b"!")
    os.close(write)
    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == 0
    assert made.values("start") == {"x": 1}


_WITHOUT_STORE = """
import os, sys
from flowc.errors import StoreError
from flowc.runner.__main__ import main
from flowc.store.opening import open_store
from tests.stores import Recording

class Failing(Recording):
    def write(self, key, parts):
        if key.endswith("/task.json"):
            raise StoreError("nobody answers")
        super().write(key, parts)

sys.exit(main(os.environ, lambda url: Failing(open_store(url))))
"""


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("os.kill(os.getppid(), signal.SIGTERM); signal.pause()", 143, "flowc: nobody answers\n"),
        ("os.kill(os.getpid(), signal.SIGKILL)", 75, "flowc: nothing is recorded of this attempt: nobody answers\n"),
        ("raise ValueError('no')", 75, "flowc: nobody answers\n"),
    ],
)
def test_a_store_that_cannot_be_reached_at_the_end(project: Make, how: str, code: int, said: str) -> None:
    made = project(one(how), HEAD)
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_STORE],
        env={**made.environment("start"), "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.endswith(said)
    assert made.log("start") == done.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_before_there_is_a_task_the_runner_just_ends(tmp_path: Path, number: signal.Signals) -> None:
    script = f"""
import os, signal
from flowc.runner.__main__ import main

class Environment(dict):
    def get(self, name, default=None):
        os.kill(os.getpid(), {int(number)})
        return default

main(Environment())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, b"", b"")
