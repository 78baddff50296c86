"""`python -m flowc.runner`, as a scheduler starts it: exit codes, output, deaths."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project, wait_until
from tests.s3 import BUCKET, S3
from tests.unit.runner.conftest import HEAD, start_alive

Make = Callable[..., Project]

BODY = """
    @step
    def start(self):
        {start}
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def one(start: str) -> str:
    return BODY.format(start=("\n" + " " * 8).join(start.strip().splitlines()))


def died(made: Project, step: str = "start") -> str:
    """The message of the record of a death; nothing may be committed."""
    assert made.commit(step) is None
    record = made.record(step)
    assert record.status == "failed"
    assert record.error is not None
    assert record.error["type"] == "died"
    return record.error["message"]


def test_a_task_that_succeeds(project: Make) -> None:
    made = project(one("print('hello')\nself.x = 1"))
    assert made.run_process("start", FLOWC_RETRY="1") == (0, "hello\n")
    assert made.run_process("end") == (0, "")
    assert made.values("end") == {"x": 1}
    assert made.log("start") == "hello\n"
    assert not made.store.exists(made.address("end").log_key("a1"))
    assert made.record("start").facts["retry"] == 1


def test_all_output_is_passed_on_in_order_and_kept(project: Make) -> None:
    made = project(
        one(
            "import os, sys, subprocess\n"
            "print('one')\n"
            "os.system('echo two')\n"
            "print('three', file=sys.stderr)\n"
            "subprocess.run(['sh', '-c', 'echo four >&2'])\n"
            "print('fi', end='')\n"
            "print('ve \\udcff \\u00fc')\n"
            "os.write(1, bytes([0xff, 10]))\n"
            "raise ValueError('six')"
        )
    )
    process = made.start_process("start")
    assert process.stdout is not None
    output = process.stdout.buffer.read()
    process.stdout.close()
    assert process.wait() == 1
    assert output.startswith(
        b"one\ntwo\nthree\nfour\nfive \\udcff \xc3\xbc\n\xff\nTraceback (most recent call last):\n  File "
    )
    assert output.endswith(b"ValueError: six\n")
    assert made.store.read(made.address("start").log_key("a1")) == output
    assert made.record("start").error["type"] == "ValueError"  # type: ignore[index]


def test_much_output_does_not_stop_a_task(project: Make) -> None:
    made = project(one("for n in range(200_000): print('line', n)"))
    code, output = made.run_process("start")
    assert code == 0
    assert output.count("\n") == 200_000
    assert made.log("start") == output


@pytest.mark.parametrize(
    ("variables", "code", "message"),
    [
        ({"FLOWC_STEP": "middle"}, 65, "flowc: the code package of Made has no step `middle` of flow Made\n"),
        ({"FLOWC_PATH": "x"}, 65, "flowc: the environment of the task makes no sense: `x` is not a path"),
        ({"FLOWC_PARAMETERS": '{"a": 1}'}, 65, "flowc: flow Made has no parameter `a` (it has none)\n"),
        ({"FLOWC_STORE": "gs://x/y"}, 65, "flowc: FLOWC_STORE: `gs://x/y` is not a store"),
        ({"FLOWC_CODE": "0" * 64}, 65, "flowc: there is no code package `Made/code/0000"),
        ({"FLOWC_STORE": "file:///dev/null/x"}, 75, "flowc: the store /dev/null/x cannot read or write `Made/code/"),
    ],
)
def test_what_is_not_the_users_fault_has_other_exit_codes(
    project: Make, variables: dict[str, str], code: int, message: str
) -> None:
    made = project(one("pass"))
    found, output = made.run_process("start", **variables)
    assert found == code
    assert output.startswith(message)
    assert output.count("\n") == 1, "one line says all"
    assert made.commit("start") is None


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", 137, "the task was killed by signal SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGUSR1)", 138, "the task was killed by signal SIGUSR1"),
        ("signal.raise_signal(signal.SIGSEGV)", 139, "the task was killed by signal SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGRTMIN + 3)", 165, f"the task was killed by signal {signal.SIGRTMIN + 3}"),
        ("os._exit(0)", 1, "the task's process ended with exit code 0 before its outputs were saved"),
        ("os._exit(65)", 1, "the task's process ended with exit code 65 before its outputs were saved"),
        ("os._exit(143)", 1, "the task's process ended with exit code 143 before its outputs were saved"),
    ],
)
def test_a_task_that_dies_is_recorded_as_failed(project: Make, how: str, code: int, message: str) -> None:
    made = project(one(f"self.x = 1\nprint('last words')\n{how}"), head="import os, signal, time\n")
    found, output = made.run_process("start")
    assert found == code
    assert output == f"last words\nflowc: {message}\n"
    assert made.log("start") == output
    assert died(made) == message
    assert "last words" in made.record("start").error["traceback"]  # type: ignore[index]


@pytest.mark.parametrize("how", ["os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)", "sys.stdout.close()"])
def test_what_happens_after_the_commit_does_not_matter(project: Make, how: str) -> None:
    made = project(one(f"atexit.register(lambda: {how})\nself.x = 1"), head="import atexit, os, signal, sys\n")
    assert made.run_process("start")[0] == 0
    assert made.values("start") == {"x": 1}


@pytest.mark.parametrize("how", ["sys.stdout.close()", "os.close(1); os.close(2)", "sys.stdout = sys.stderr = None"])
def test_a_task_may_close_its_output(project: Make, how: str) -> None:
    made = project(one(how), head="import os, sys\n")
    assert made.run_process("start") == (0, "")
    assert made.commit("start") is not None


@pytest.mark.parametrize("command", ["exec sleep 1000", "while :; do echo still here; done"])
def test_a_process_that_is_left_behind_ends_with_the_task(project: Make, command: str) -> None:
    made = project(
        one(f"print('before')\nsubprocess.Popen(['sh', '-c', {command!r}], pass_fds=[int(os.environ['LIFE'])])"),
        head="import os, subprocess\n",
    )
    process, life = start_alive(made)
    assert process.communicate()[0].startswith("before\n")
    assert process.returncode == 0
    assert life.read() == b"", "all of them have ended"
    life.close()
    assert made.log("start").startswith("before\n")


def test_a_task_has_no_standard_input(project: Make) -> None:
    made = project(one("input()"))
    process = subprocess.Popen(
        [sys.executable, "-m", "flowc.runner"],
        env=made.environment("start"),
        stdin=subprocess.PIPE,  # which nobody closes before the task ends
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdin is not None
    assert b"EOFError" in process.stdout.read()
    assert process.wait() == 1
    process.stdout.close()
    process.stdin.close()


def test_a_reader_that_goes_away_does_not_stop_the_task(project: Make) -> None:
    made = project(one("for n in range(100_000): print('line', n)"))
    process = made.start_process("start")
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert made.log("start").endswith("line 99999\n")


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf"])
def test_the_time_to_end_is_a_number_of_seconds(project: Make, text: str) -> None:
    code, output = project(one("pass")).run_process("start", FLOWC_GRACE=text)
    assert (code, output) == (65, f"flowc: FLOWC_GRACE is `{text}`, not a number of seconds\n")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux only")
def test_a_task_ends_with_its_runner(project: Make) -> None:
    made = project(one("print(os.getpid())\nwhile True: time.sleep(0.01)"), head="import os, signal, time\n")
    process = made.start_process("start")
    assert process.stdout is not None
    task = int(process.stdout.readline())
    process.kill()
    process.wait()
    assert process.stdout.read() == "", "the pipe ends with the task"
    process.stdout.close()
    wait_until(lambda: not _runs(task))


def test_a_log_that_cannot_be_kept_does_not_fail_the_task(project: Make, tmp_path: Path) -> None:
    made = project(one("print('hello')"))
    script = tmp_path / "script.py"
    script.write_text(
        """
import os, sys
from flowc.errors import StoreError
from flowc.runner.__main__ import main
from flowc.store.opening import open_store
from tests.stores import Recording

class Sink:
    def write(self, data):
        raise StoreError("the disk is full")
    refresh = close = lambda self: self.write(b"")

class Full(Recording):
    def log(self, key):
        return Sink()

sys.exit(main(os.environ, lambda url: Full(open_store(url))))
"""
    )
    environment = {**made.environment("start"), "PYTHONPATH": os.getcwd()}
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True)
    assert done.stdout == "hello\nflowc: the log is not complete: the disk is full\n"
    assert done.returncode == 0


_LAST_WORDS = """
import os, sys
from flowc.contract import Address
from flowc.runner.request import Request
from flowc.runner.supervise import supervise
from flowc.store.opening import open_store
from tests.stores import Recording

go_read, go_write = os.pipe()

def body(teller):
    os.write(1, b"first ")
    os.read(go_read, 1)
    os.write(1, b"last")
    os._exit(3)

class Sink:
    def write(self, data):
        # the task ends, with a word on its lips, after the first one was read
        if data == b"first ":
            os.write(go_write, b"!")
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    refresh = close = lambda self: None

class Store(Recording):
    def log(self, key):
        return Sink()

request = Request("", "", "r", Address("F", "r", "s", ()), "a", 0, {}, "")
sys.exit(supervise(request, lambda: Store(open_store(sys.argv[1])), body))
"""


def test_the_last_words_of_a_task_are_heard(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LAST_WORDS, str(tmp_path)],
        env={"PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("first lastflowc: the task's process ended with exit code 3"), done.stderr


def test_importing_the_runner_is_cheap(project: Make) -> None:
    heavy = (
        "boto3",
        "click",
        "cloudpickle",
        "dataclasses",
        "flowc.client",
        "flowc.compiler",
        "jinja2",
        "obstore",
        "rich",
    )
    script = f"import sys, flowc.runner.__main__; print([n for n in {heavy!r} if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"


@pytest.fixture
def remote(s3_server: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    """Makes a project whose store is S3."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)

    def make(body: str) -> Project:
        (tmp_path / "flow").mkdir()
        source = f"{HEAD}\nclass Made(FlowSpec):\n{body}"
        return Project(tmp_path / "flow", source, f"s3://{BUCKET}/{tmp_path.name}")

    return make


def test_a_small_task_needs_few_requests(remote: Callable[[str], Project], s3_server: S3, tmp_path: Path) -> None:
    made = remote(one("self.x = 1\nprint('hello')").replace("pass", "self.x += 1; print('end')"))
    assert made.run_process("start") == (0, "hello\n")
    begin = len(s3_server.requests(tmp_path.name))
    assert made.run_process("end") == (0, "end\n")
    place = f"/{BUCKET}/{tmp_path.name}/Made/runs/{made.address('end').run}"
    assert sorted(s3_server.requests(tmp_path.name)[begin:]) == [
        f"GET {place}/run.json",
        f"GET {place}/start/_/a1/task.json",
        f"GET {place}/start/_/commit.json",
        f"PUT {place}/end/_/a1/log",
        f"PUT {place}/end/_/a1/task.json",
        f"PUT {place}/end/_/commit.json",
    ]
    starts = [r.removeprefix(f"PUT {place}/") for r in s3_server.requests(tmp_path.name)[:begin] if place in r]
    assert starts == ["run.json", "start/_/a1/task.json", "start/_/commit.json", "start/_/a1/log"]


def test_cards_are_one_request_more(remote: Callable[[str], Project], s3_server: S3, tmp_path: Path) -> None:
    made = remote("    @card(id='a')\n    @card\n" + one("current.card['a'].append('x')"))
    assert made.run_process("start") == (0, "")
    place = f"/{BUCKET}/{tmp_path.name}/Made/runs/{made.address('start').run}/start/_"
    keys = [r.removeprefix(f"PUT {place}/") for r in s3_server.requests(tmp_path.name) if f"PUT {place}/" in r]
    assert keys == ["a1/cards.json", "a1/task.json", "commit.json"]


def test_a_card_of_html_without_html_is_said(project: Callable[[str], Project]) -> None:
    made = project(
        "    @card(type='html', id='none')\n    @card(type='html', options={'attribute': 'bad'})\n"
        + one("self.bad = type('Bad', (), {'__str__': lambda self: 1 / 0})()")
    )
    code, output = made.run_process("start")
    assert code == 0
    assert "flowc: a card of type html shows `self.html`, which no step has assigned\n" in output
    assert "flowc: `self.bad` cannot be shown in a card: ZeroDivisionError: division by zero\n" in output


def test_an_attempt_follows_another_on_s3(remote: Callable[[str], Project]) -> None:
    made = remote(one("self.who = current.attempt"))
    assert made.run_process("start", attempt="a1")[0] == 0
    assert made.run_process("start", attempt="a2")[0] == 0
    assert made.commit("start").attempt == "a2"  # type: ignore[union-attr]


def test_a_bucket_that_is_not_there_is_said(remote: Callable[[str], Project]) -> None:
    made = remote(one("pass"))
    code, output = made.run_process("start", FLOWC_STORE="s3://not-there/x")
    assert code == 75
    assert "NoSuchBucket" in output
    assert "Traceback" not in output


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
