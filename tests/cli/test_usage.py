"""What was probably meant, colours, and what a shell completes."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.flowc import EXAMPLES, flowc
from tests.cli.stores import Made, make


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("shw",), "there is no command `shw`; did you mean `show`?"),
        (("chekc", "x.py"), "there is no command `chekc`; did you mean `check`?"),
        (("xyzzy",), "there is no command `xyzzy`\n"),
        (("hello.py",), "there is no command `hello.py`; did you mean `run hello.py`?"),
        (("runs", "--lats", "1"), "--last"),
        (("compile", "HELLO", "--target", "airflw", "-o", "x"), "there is no target `airflw`; did you mean `airflow`?"),
        (("compile", "HELLO", "--target", "airflow", "--stor", "s3://b", "-o", "x"), "did you mean `--store`?"),
        (("simulate", "HELLO", "--target", "airflow", "--stor", "s3://b"), "did you mean `--store`?"),
        (
            ("simulate", "HELLO", "--target", "airflow", "--state-machine", "arn"),
            "--state-machine is an option of target stepfunctions, not of airflow",
        ),
        (
            ("compile", "HELLO", "--target", "airflow", "--store", "s3://b", "-o", "x", "--state-machine", "arn"),
            "--state-machine is an option of target stepfunctions, not of airflow",
        ),
        (
            ("run", "HELLO", "--state-machine", "arn"),
            "--state-machine is an option of target stepfunctions, and a run has no target",
        ),
        (("run", "HELLO", "--max-worker", "2"), "there is no option --max-worker; did you mean `--max-workers`?"),
        (("check", "HELLO", "--format", "sarf"), "'sarif'"),
    ],
)
def test_did_you_mean(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = flowc(*(str(EXAMPLES / "hello.py") if w == "HELLO" else w for w in words), cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_command_has_help() -> None:
    commands = flowc("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert len(commands) >= 11
    for line in commands:
        result = flowc(line.split()[0], "--help")
        assert result.returncode == 0 and "--no-color" in result.stdout
        assert "..." not in line, "the first sentence of its help is too long"


_SLOW = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background is started without
from flowc.cli import main
from flowc.cli.commands import cli

@cli.command()
def slow():
    print("begun", flush=True)
    time.sleep(60)

main(["slow"])
"""


def test_ctrl_c() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SLOW], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert (process.returncode, output.strip()) == (130, "")


# --- colours ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("made"))


def _on_a_terminal(made: Made, *words: str, **environment: str) -> str:
    """What a terminal gets."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("FLOWC_", "AWS_", "NO_COLOR"))}
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "flowc", *words],
        cwd=made.folder,
        env={**clean, **made.environment, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
        stdin=subprocess.DEVNULL,
        stdout=inner,
        stderr=inner,
    )
    os.close(inner)
    data = b""
    while True:
        try:
            part = os.read(outer, 1 << 16)
        except OSError:  # Linux's word for the end
            break
        if not part:
            break
        data += part
    os.close(outer)
    process.wait(timeout=60)
    return data.decode()


COLOURED = (("runs",), ("show", "Tidy"), ("check", "nowhere.py"), ("doctor",), ("runs", "Nothing"))


@pytest.mark.parametrize("words", COLOURED, ids=" ".join)
def test_colours_on_a_terminal_only(words: tuple[str, ...], made: Made) -> None:
    assert "\x1b[" in _on_a_terminal(made, *words)
    for text in (
        _on_a_terminal(made, *words, "--no-color"),
        _on_a_terminal(made, "--no-color", *words),
        _on_a_terminal(made, *words, NO_COLOR="1"),
        _on_a_terminal(made, *words, TERM="dumb"),
    ):
        assert "\x1b" not in text and text
    piped = flowc(*words, cwd=made.folder, env=made.environment)
    assert "\x1b" not in piped.stdout + piped.stderr


def test_a_table_keeps_names_whole_on_a_narrow_terminal(made: Made) -> None:
    for columns in ("40", "80", "120"):
        lines = _on_a_terminal(made, "runs", "--no-color", COLUMNS=columns).splitlines()
        assert any(line.startswith(f"{made.tidy} ") for line in lines)
        assert any("world" in line for line in lines) == (columns == "120")
    (value,) = [line for line in _on_a_terminal(made, "dump", f"{made.unlucky}/start").splitlines() if "nested" in line]
    assert value.rstrip().endswith("…") and len(value) <= 80


# --- completion ------------------------------------------------------------------------------------------------------


def _complete(made: Made, *words: str, **environment: str) -> list[str]:
    """What is offered for the last word."""
    asked = {"_FLOWC_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(("flowc", *words))}
    result = flowc(cwd=made.folder, env={**made.environment, **asked, "COMP_CWORD": str(len(words)), **environment})
    assert result.stderr == ""
    return [line.removeprefix("plain,") for line in result.stdout.splitlines() if line]


def test_the_script_for_bash(made: Made) -> None:
    result = flowc(cwd=made.folder, env={"_FLOWC_COMPLETE": "bash_source"})
    assert "complete -o nosort -F _flowc_completion flowc" in result.stdout
    assert subprocess.run(["bash", "-n"], input=result.stdout, text=True).returncode == 0


def test_completion(made: Made, tmp_path: Path) -> None:
    assert _complete(made, "sh") == ["show"]
    assert _complete(made, "compile", "x.py", "--target", "a") == ["airflow"]
    assert _complete(made, "check", "x.py", "--format", "") == ["text", "json", "sarif", "github"]
    assert _complete(made, "graph", "x.py", "--format", "") == ["mermaid", "dot"]
    assert _complete(made, "runs", "") == ["Tidy", "Unlucky"]
    assert _complete(made, "show", "T") == ["Tidy", made.tidy]
    assert _complete(made, "show", "Tidy/") == [made.tidy]
    steps = [f"{made.unlucky}/{step}" for step in ("start", "divide")]
    assert _complete(made, "logs", "Unlucky/2") == [made.unlucky, *steps]
    assert _complete(made, "dump", f"{made.unlucky}/d") == steps[1:]


def test_completion_of_flow_files(made: Made, tmp_path: Path) -> None:
    for name in ("flow.py", "below/other.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((EXAMPLES / "hello.py").read_bytes())
    (tmp_path / "library.py").write_text("x = 1\n")
    own = made._replace(folder=tmp_path)
    assert _complete(own, "run", "") == ["flow.py", "below/other.py"]
    assert _complete(own, "check", "flow.py", "be") == ["below/other.py"]
    assert _complete(own, "check", "lib") == ["file,lib"]


def test_completion_asks_no_cloud_and_never_fails(made: Made, tmp_path: Path) -> None:
    assert _complete(made, "show", "", FLOWC_STORE="s3://there-is-no-such-bucket/x") == []
    assert _complete(made, "show", "--store", str(tmp_path / "nowhere"), "") == []
    own = made.copy(tmp_path / "own")
    (own.folder / ".flowc" / "Tidy" / "runs" / made.tidy.partition("/")[2] / "run.json").write_text("")
    assert _complete(own, "logs", f"{made.tidy}/") == []
