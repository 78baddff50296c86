"""Local runs: order, failures, retries, deaths, what is left behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from flowc.runner import words
from flowc.store.records import TaskRecord
from tests.projects import wait_until
from tests.unit.local.conftest import LocalRun

Make = Callable[..., LocalRun]

LINE = """
    @step
    def start(self):
        {start}
        self.next(self.end)

    @step
    def end(self):
        pass
"""

FOREACH = """
    n = Parameter("n", default=3)

    @step
    def start(self):
        self.xs = list(range(self.n))
        self.next(self.body, foreach="xs")

    {decorator}
    @step
    def body(self):
        {body}
        self.next(self.join)

    @step
    def join(self, inputs):
        self.got = [i.got for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def line(start: str) -> str:
    return LINE.format(start=("\n" + " " * 8).join(start.strip().splitlines()))


def foreach(body: str, decorator: str = "") -> str:
    return FOREACH.format(body=("\n" + " " * 8).join(body.strip().splitlines()), decorator=decorator)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except OSError:
        return False


def children() -> set[str]:
    """The processes that this one has started and not waited for; none where the kernel does not tell."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(") ")[2].split()[1] == str(os.getpid()):
                found.add(stat.parent.name)
    return found


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"))


def test_a_run_tells_what_happens(local: Make) -> None:
    made = local(foreach("self.got = self.input * 2\nprint('item', self.input)"))
    assert made(max_workers=1) == "succeeded"
    run = made.run
    assert run.data is not None
    assert run.data.got == [0, 2, 4]
    assert made.notes.events == [
        "started start 0",
        "finished start 3",
        "started body/0 0",
        "finished body/0",
        "started body/1 0",
        "finished body/1",
        "started body/2 0",
        "finished body/2",
        "started join 0",
        "finished join",
        "started end 0",
        "finished end",
    ]
    assert made.notes.outputs == {f"body/{n}": f"item {n}\n".encode() for n in range(3)}
    assert [t.log for t in run["body"]] == [f"item {n}\n" for n in range(3)]
    end = json.loads(made.made.store.read("Made/runs/r/end.json"))
    assert end.keys() == {"state", "finished_ns"}
    assert end["state"] == "succeeded"


def test_tasks_run_at_the_same_time_up_to_the_limit(local: Make, tmp_path: Path) -> None:
    # each waits for another to have begun; one alone would wait for ever
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    made = local(foreach(f"open({str(fifo)!r}, 'r' if self.input % 2 else 'w').close()\nself.got = 1"))
    assert made(max_workers=2, n=4) == "succeeded"
    running = most = 0
    for event in made.notes.events:
        running += {"started": 1, "finished": -1}[event.split()[0]]
        most = max(most, running)
    assert most == 2


def test_a_run_leaves_no_descriptors_and_processes(local: Make) -> None:
    made = local(foreach("self.got = 1"))
    before = descriptors(), children()
    made(n=5)
    assert (descriptors(), children()) == before


def test_a_failing_task_lets_the_running_ones_finish(local: Make, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    made = local(
        foreach(
            f"if self.input == 0:\n    open({str(fifo)!r}).close()\n    raise ValueError('first')\n"
            f"open({str(fifo)!r}, 'w').close()\nself.got = wait_for_failure({str(tmp_path)!r})"
        ),
        head="""
        def wait_for_failure(folder):
            # until the record of the other one's failure is in the store
            import pathlib
            while not list(pathlib.Path(folder, "store").glob("Made/runs/r/body/0/*/task.json")):
                time.sleep(0.01)
            return "done"
        """,
    )
    assert made(max_workers=2) == "failed"
    run = made.run
    assert made.notes.events[-2:] == ["failed body/0", "finished body/1"]
    assert not any("body/2" in e or "join" in e for e in made.notes.events), "nothing new starts"
    assert run["body"]["1"].data.got == "done"
    assert run["body"]["0"].exception["message"] == "first"  # type: ignore[index]
    assert (run.finished, run.successful) == (True, False)
    assert made.end_state == "failed"


def test_retries_follow_until_there_are_none_left(local: Make) -> None:
    made = local(
        foreach(
            "self.got = current.retry_count\nif self.input > current.retry_count: os.kill(os.getpid(), signal.SIGKILL)",
            decorator="@retry(times=1, minutes_between_retries=0)",
        )
    )
    assert made(max_workers=1) == "failed"
    run = made.run
    assert [len(t.attempts) for t in run["body"]] == [1, 2, 2]
    assert [t.successful for t in run["body"]] == [True, True, False]
    assert run["body"]["1"].data.got == 1
    assert made.notes.events[-4:] == ["started body/2 0", "failed body/2 again", "started body/2 1", "failed body/2"]


def test_what_cannot_become_better_is_not_tried_again(local: Make) -> None:
    made = local("\n    @retry(times=3, minutes_between_retries=0)" + line("pass"))
    assert made(unknown=1) == "failed"
    assert made.notes.events == ["started start 0", "failed start"]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("os._exit(0)", "the task's process ended with exit code 0 before its outputs were saved"),
        ("os._exit(75)", "the task's process ended with exit code 75 before its outputs were saved"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "the task was killed by signal SIGKILL"),
    ],
)
def test_a_task_that_dies_is_a_task_that_failed(local: Make, how: str, message: str) -> None:
    made = local(line(f"print('last words')\n{how}"))
    assert made() == "failed"
    run = made.run
    task = run["start"].task
    assert task.exception["message"] == message  # type: ignore[index]
    assert task.log == f"last words\nflowc: {message}\n"


def test_an_error_of_the_module_is_the_tasks(local: Make) -> None:
    made = local(line("pass"), head="raise RuntimeError('at import')")
    assert made() == "failed"
    assert made.notes.events[-1] == "failed start"
    assert b"RuntimeError: at import" in made.notes.outputs["start"]


def test_what_the_module_prints_is_in_no_tasks_log(local: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    made = local(foreach("print('task')\nself.got = 1"), head="print('importing')")
    output, _ = made.start_command().communicate(timeout=60)
    assert output.count("importing\n") == 1
    assert [t.log for t in made.run["body"]] == ["task\n"] * 3
    assert made.run["start"].task.log == ""


@pytest.mark.parametrize("how", ["os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_module_that_ends_the_process_fails_the_run(local: Make, how: str) -> None:
    made = local(line("pass"), head=how)
    assert made() == "failed"
    assert made.notes.events == ["started start 0", "failed start"]
    assert made.end_state == "failed"
    (record,) = [k for k in made.made.store.keys("Made/runs/r/") if k.endswith("task.json")]
    assert TaskRecord.parse(made.made.store.read(record)).status == "failed"


@pytest.mark.parametrize("command", ["exec sleep 1000", "while :; do echo still here; done"])
def test_what_a_task_leaves_behind_does_not_hold_up_the_run(local: Make, command: str) -> None:
    made = local(line(f"print('before')\nself.pid = subprocess.Popen(['sh', '-c', {command!r}]).pid"))
    assert made() == "succeeded"
    run = made.run
    assert run["start"].task.log.startswith("before\n")
    pid = run["start"].task.data.pid
    wait_until(lambda: gone(pid))


def test_a_child_of_the_module_is_no_task(local: Make) -> None:
    made = local(foreach("self.got = 1"), head="CHILD = subprocess.Popen(['sh', '-c', 'exit 7'])")
    assert made(n=6) == "succeeded"


def test_tasks_draw_different_random_numbers(local: Make) -> None:
    made = local(
        foreach("self.got = (random.random(), float(numpy.random.random()))"), head="import random, numpy.random"
    )
    assert made(n=4) == "succeeded"
    run = made.run
    assert len({n for pair in run.data.got for n in pair}) == 8  # type: ignore[union-attr]


def test_tasks_read_nothing_from_the_terminal(local: Make) -> None:
    made = local(line("self.got = sys.stdin.read()"))
    assert made() == "succeeded"
    assert made.run["start"].task.data.got == ""


# --- Ctrl-C ------------------------------------------------------------------------------------------------------


def begin(made: LocalRun, fifo: Path, *arguments: str) -> tuple[subprocess.Popen[str], list[int]]:
    """Start the command and wait until its tasks have said that they run; the processes of the tasks."""
    command = made.start_command(*arguments)
    with open(fifo) as said:
        pids = [int(pid) for pid in said.read().split()]
    return command, pids


# `signal.pause` would miss a signal that comes just before it
FOR_EVER = "while True: time.sleep(0.01)\nself.got = 1"
BLOCKING = "with open({fifo!r}, 'w') as f: f.write(str(os.getpid()))\n{then}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_is_recorded(local: Make, tmp_path: Path, number: signal.Signals) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    tidied = tmp_path / "tidied"
    waits = textwrap.indent(BLOCKING.format(fifo=str(fifo), then=FOR_EVER), "    ")
    made = local(foreach(f"try:\n{waits}\nfinally:\n    open({str(tidied)!r}, 'w').write('closed')"))
    command, pids = begin(made, fifo, "--max-workers", "1")
    command.send_signal(number)
    output, errors = command.communicate(timeout=30)
    assert command.returncode == 130
    assert "was interrupted" in errors
    assert all(map(gone, pids))
    assert made.end_state == "interrupted"
    run = made.run
    assert run["start"].task.successful
    task = run["body"].task
    assert task.exception["message"] == "the task was told to end (SIGTERM)"  # type: ignore[index]
    assert task.state == "interrupted"
    assert tidied.read_text() == "closed"
    assert re.search("^body/0 was interrupted$", output, re.MULTILINE)
    assert (run.finished, run.successful) == (True, False)


def test_threads_of_a_step_are_waited_for(local: Make, tmp_path: Path) -> None:
    late = tmp_path / "late"
    body = f"""
import pathlib, threading
def work():
    threading.main_thread().join()
    pathlib.Path({str(late)!r}).touch()
threading.Thread(target=work).start()
"""
    assert local(line(body))() == "succeeded"
    assert late.exists()


def test_a_task_that_will_not_end_is_killed(local: Make, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    said = f"lambda *_: open({str(fifo)!r}, 'w').close()"
    stubborn = f"signal.signal(signal.SIGTERM, {said})\n" + BLOCKING.format(fifo=str(fifo), then=FOR_EVER)
    made = local(foreach(stubborn))
    command, pids = begin(made, fifo, "--max-workers", "1")
    command.send_signal(signal.SIGINT)
    fifo.read_text()  # the task was asked to end, and does not
    command.send_signal(signal.SIGINT)  # there is no patience any more
    command.communicate(timeout=30)
    assert command.returncode == 130
    assert all(map(gone, pids))
    task = made.run["body"].task
    assert task.state == "interrupted"
    message = "the task was told to end (SIGTERM), and was killed as it did not"
    assert task.exception["message"] == message  # type: ignore[index]
    assert made.end_state == "interrupted"


def test_a_run_can_be_interrupted_while_the_module_is_imported(local: Make, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    made = local(line("pass"), head=BLOCKING.format(fifo=str(fifo), then="while True: time.sleep(0.01)"))
    command, pids = begin(made, fifo)
    command.send_signal(signal.SIGINT)
    command.send_signal(signal.SIGTERM)  # at once: nothing is there yet that could end by itself
    command.communicate(timeout=30)
    assert command.returncode == 130
    assert all(map(gone, pids))
    assert made.end_state == "interrupted"


def test_tasks_end_with_a_run_that_is_killed(local: Make, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    made = local(foreach(BLOCKING.format(fifo=str(fifo), then=FOR_EVER)))
    command, pids = begin(made, fifo, "--max-workers", "1")
    command.kill()
    command.communicate(timeout=30)
    wait_until(lambda: all(map(gone, pids)))


def test_a_task_that_is_over_its_time_and_does_not_listen_is_killed(
    local: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "GRACE_S", 0.2)
    deaf = "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]); time.sleep(600)"
    made = local(
        f"""
    @timeout(seconds=0.2)
    @retry(times=1, minutes_between_retries=0)
    @step
    def start(self):
        if current.retry_count == 0:
            {deaf}
        self.next(self.end)

    @step
    def end(self):
        pass
""",
        head="from flowc import timeout\n",
    )
    assert made() == "succeeded"
    first, _ = made.run["start"].task.attempts
    record = TaskRecord.parse(made.made.store.read(made.made.address("start")._replace(run="r").task_key(first)))
    assert record.error is not None
    assert record.error["message"] == "the task did not end 0.2 s after its time limit of 0.2 s, and was killed"


def test_a_death_is_caught(local: Make) -> None:
    killed = line("os.kill(os.getpid(), signal.SIGKILL)").replace("@step", "@catch(var='failure')\n    @step", 1)
    made = local(killed, head="from flowc import catch\n")
    assert made() == "succeeded"
    assert made.notes.events == ["started start 0", "finished start", "started end 0", "finished end"]
    assert made.run["end"].task.data.failure.type == "flowc.spec.TaskDied"


def test_what_an_interruption_ends_is_not_caught(local: Make, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    body = BLOCKING.format(fifo=str(fifo), then=FOR_EVER)
    made = local(foreach(body, "@catch(var='failure')"), head="from flowc import catch\n")
    command, _ = begin(made, fifo, "--max-workers", "1")
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=30)
    assert made.end_state == "interrupted"
    assert not made.run["body"].task.successful


RETRIED = """
    @retry(times=1, minutes_between_retries=0)
    @step
    def start(self):
        if current.retry_count == 0:
            {fails}
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize(
    ("fails", "again"),
    [
        ("raise importlib.import_module('flowc.errors').ContractError('makes no sense')", False),
        ("raise importlib.import_module('flowc.errors').StoreError('nobody answers')", True),
        ("os.kill(os.getpid(), signal.SIGTERM)", True),
        ("os.kill(os.getpid(), signal.SIGKILL)", True),
    ],
    ids=["bad input", "infrastructure", "told to end", "killed"],
)
def test_what_is_tried_again_is_what_that_can_mend(local: Make, fails: str, again: bool) -> None:
    made = local(RETRIED.format(fails=fails), head="import importlib\n")
    assert made() == ("succeeded" if again else "failed")
    assert len(made.run["start"].task.attempts) == (2 if again else 1)
