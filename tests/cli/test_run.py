"""`flowc run`: parameters, output, failures, and what is left."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from flowc import Flow
from tests.cli.flowc import EXAMPLES, contents, flowc

FAILING = """from metaflow import FlowSpec, step

class Failing(FlowSpec):
    @step
    def start(self):
        self.kept = 1
        self.next(self.bad, self.good)

    @step
    def bad(self):
        print("about to fail")
        raise ValueError("no luck")
        self.next(self.join)

    @step
    def good(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_the_default_store_is_in_the_working_directory(tmp_path: Path) -> None:
    result = flowc("run", EXAMPLES / "hello.py", "--whom", "you", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "end | Hello, you!\n" in result.stdout
    assert "its artifacts are in .flowc\n" in result.stdout
    run = Flow("Hello", str(tmp_path / ".flowc")).latest_run
    assert run.pathspec in result.stdout
    assert run.data is not None and run.data.greeting == "Hello, you!"


def test_a_failing_flow(tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    result = flowc("run", "failing.py", "--store", "store", "--max-workers", "1", cwd=tmp_path)
    assert result.returncode == 1
    assert "bad | about to fail\n" in result.stdout
    assert 'bad |     raise ValueError("no luck")\n' in result.stdout
    assert "bad | ValueError: no luck\n" in result.stdout
    run = Flow("Failing", str(tmp_path / "store")).latest_run
    assert f"task {run.pathspec}/bad failed; its log is store/" in result.stderr
    log = result.stderr.strip().rpartition(" ")[2]
    assert "about to fail" in (tmp_path / log).read_text()
    assert run.finished and not run.successful
    assert run["start"].task.data.kept == 1
    assert run["bad"].task.exception["message"] == "no luck"  # type: ignore[index]


LIKE_OPTIONS = """from flowc import FlowSpec, Parameter, step

class Like(FlowSpec):
    store = Parameter("store", default="books")
    tag = Parameter("tag", required=True)
    max_workers = Parameter("max_workers", default=1)

    @step
    def only(self):
        print(self.store, self.tag, self.max_workers)
"""


def test_parameters_called_like_options_stand_behind_the_divider(tmp_path: Path) -> None:
    (tmp_path / "like.py").write_text(LIKE_OPTIONS)
    words = ("--store", "here", "--tag", "mark", "--max_workers", "3", "--", "--tag", "value", "--store=shoes")
    result = flowc("run", "like.py", *words, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "only | shoes value 3\n" in result.stdout
    run = Flow("Like", str(tmp_path / "here")).latest_run
    assert run.user_tags == {"mark"}


@pytest.mark.parametrize("words", [("--tag", "value"), ("--tag=value",), ("--max_workers", "2", "--store", "x")])
def test_an_option_that_may_be_a_parameter_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "like.py").write_text(LIKE_OPTIONS)
    result = flowc("run", "like.py", *words, cwd=tmp_path)
    name = "tag" if "tag" in words[0] else "store"
    assert result.returncode == 2
    assert f"--{name} may be flowc's option, or the parameter `{name}` of flow Like" in result.stderr
    assert not (tmp_path / ".flowc").exists()


def test_a_missing_parameter_called_like_an_option(tmp_path: Path) -> None:
    (tmp_path / "like.py").write_text(LIKE_OPTIONS)
    result = flowc("run", "like.py", "--store", "here", "--", cwd=tmp_path)
    assert (result.returncode, "help: start the run with -- --tag TEXT\n" in result.stderr) == (1, True)
    twice = flowc("run", "like.py", "--max_workers", "2", "--", "--max_workers", "3", cwd=tmp_path)
    assert (twice.returncode, "--max_workers is given twice" in twice.stderr) == (2, True)
    help = flowc("run", "like.py", "--help", cwd=tmp_path).stdout
    assert "  -- --store STR " in help and "  --max_workers INT " in help


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--folds", "many"), "FC602", '`folds` is a whole number, not "many"'),
        (("--test_share=lots",), "FC602", "`test_share` is a number"),
        (("--grid", "{1"), "FC602", "`grid` is JSON"),
        (("--fold", "3"), "FC601", "did you mean `folds`?"),
    ],
)
def test_wrong_parameters(words: tuple[str, ...], code: str, message: str, tmp_path: Path) -> None:
    result = flowc("run", EXAMPLES / "model_search.py", *words, cwd=tmp_path)
    assert result.returncode == 1
    assert code in result.stderr and message in result.stderr
    assert contents(tmp_path) == {}


def test_a_missing_parameter(tmp_path: Path) -> None:
    flow = (EXAMPLES / "hello.py").read_text().replace('default="world"', "required=True")
    (tmp_path / "hello.py").write_text(flow)
    result = flowc("run", "hello.py", cwd=tmp_path)
    assert result.returncode == 1
    assert "FC603 error: parameter `whom` is missing" in result.stderr
    assert "--whom TEXT" in result.stderr


@pytest.mark.parametrize("words", [("--whom",), ("you",), ("--whom", "a", "--whom", "b")], ids=" ".join)
def test_wrong_usage(words: tuple[str, ...], tmp_path: Path) -> None:
    result = flowc("run", EXAMPLES / "hello.py", *words, cwd=tmp_path)
    assert result.returncode == 2
    assert contents(tmp_path) == {}


def test_a_flow_whose_module_cannot_be_imported(tmp_path: Path) -> None:
    flow = (EXAMPLES / "hello.py").read_text().replace("class Hello", "import no_such_library\n\n\nclass Hello")
    (tmp_path / "hello.py").write_text(flow)
    result = flowc("run", "hello.py", cwd=tmp_path)
    assert result.returncode == 1
    assert "start | ModuleNotFoundError: No module named 'no_such_library'" in result.stdout
    assert "task Hello/" in result.stderr


def test_a_store_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "hello.py").write_text((EXAMPLES / "hello.py").read_text() + "\n\nprint('imported')\n")
    result = flowc("run", "hello.py", "--store", "file", cwd=tmp_path)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("error: the store") and "Not a directory" in result.stderr
    assert result.stdout == ""


def test_a_run_is_announced_before_its_module_prints(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text("print('imported')\n" + (EXAMPLES / "hello.py").read_text())
    lines = flowc("run", "hello.py", cwd=tmp_path).stdout.splitlines()
    assert lines[0].startswith("run Hello/") and lines[1] == "imported"


def test_a_flow_that_is_run_by_python_says_how_it_is_run(tmp_path: Path) -> None:
    source = (EXAMPLES / "hello.py").read_text() + '\n\nif __name__ == "__main__":\n    Hello()\n'
    (tmp_path / "hello.py").write_text(source.replace("from metaflow", "from flowc"))
    done = subprocess.run([sys.executable, "hello.py", "run"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "A flow is not run by calling its class. Run it with: flowc run hello.py\n"


def test_a_breakpoint_says_how_to_get_there(tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(FAILING.replace('print("about to fail")', "breakpoint()"))
    result = flowc("run", "failing.py", "--max-workers", "1", cwd=tmp_path)
    assert result.returncode == 1
    run = Flow("Failing", str(tmp_path / ".flowc")).latest_run
    command = re.search(r"`flowc run FLOW.py (--step bad --from (\S+) --pdb)`", result.stdout)
    assert command is not None and command[2] == run.id
    assert "BdbQuit" not in result.stdout


@pytest.fixture
def unasked(tmp_path: Path) -> Path:
    """A folder with a flow whose start task fails as long as there is no file `answer`."""
    (tmp_path / "asks.py").write_text(
        "from pathlib import Path\n\nfrom flowc import FlowSpec, Parameter, step\n\n\n"
        "def answer(context):\n    return Path(__file__).with_name('answer').read_text()\n\n\n"
        "class Asks(FlowSpec):\n"
        "    asked = Parameter('asked', default=answer)\n"
        "    given = Parameter('given', default=3)\n\n"
        "    @step\n    def start(self):\n        self.next(self.end)\n\n"
        "    @step\n    def end(self):\n        print(self.asked, self.given)\n"
    )
    return tmp_path


def test_a_run_that_fails_before_its_parameters_are_known_is_a_run(unasked: Path) -> None:
    (unasked / "answer").write_text("yes")
    assert flowc("run", "asks.py", cwd=unasked).returncode == 0
    (unasked / "answer").unlink()
    failed = flowc("run", "asks.py", "--given", "4", cwd=unasked)
    assert failed.returncode == 1
    name = re.search(r"^run (\S+)$", failed.stdout, re.MULTILINE)
    assert name is not None
    rows = flowc("runs", cwd=unasked).stdout.splitlines()
    assert re.match(rf"{name[1]} +failed ", rows[1]), rows
    shown = flowc("show", "Asks", cwd=unasked).stdout
    assert shown.startswith(f"run       {name[1]}\nstate     failed\n")
    assert "--given   4" in shown and "FileNotFoundError" in shown
    assert "in answer\n" in flowc("logs", f"{name[1]}/start", cwd=unasked).stdout
    (unasked / "answer").write_text("now")
    again = flowc("run", "asks.py", "--step", "start", "--from", name[1].partition("/")[2], cwd=unasked)
    assert again.returncode == 0, again.stderr
    assert re.search(r"^--asked +'now'\n--given +4$", flowc("show", "Asks", cwd=unasked).stdout, re.MULTILINE)
