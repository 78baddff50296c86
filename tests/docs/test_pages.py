"""What the pages show is true: flows run, commands print what stands there, excerpts are those of generated files.

A page is tried from its top to its end in one scratch folder, which holds a copy of `examples/`. Blocks by language:

    python    a flow is checked and run (`fails`: it need not pass; `flow`: its base is not `FlowSpec` itself; `excerpt
              FILE`: lines of that file; `file NAME`: a module that a flow imports); else it is run
    pycon     a doctest; `...` stands for anything
    console   commands after `$`, and all that they print; `...` stands for anything; `fails`: with an exit code that
              is not 0
    sh        commands without their output; those of others are recorded and checked (`commands.py`)
    json      JSON; `excerpt FILE`: lines of that file; `object NAME`: the fields of such an object in a store
    toml      valid TOML; `file NAME`: a file, for commands further down
    mermaid   what `flowc graph` prints for an example
    dockerfile, text
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.docs import commands
from tests.docs.pages import PAGES, ROOT, Block, blocks, shows


class Place(NamedTuple):
    """Where a page is tried.

    Attributes:
        folder: The working directory.
        environment: Of all processes.
        calls: The record of the commands that are not run.
    """

    folder: Path
    environment: Mapping[str, str]
    calls: Path

    def run(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program; its error output is part of its output."""
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script of Bash, and check what it would have called."""
        done = self.run("bash", "-eu", "-c", script)
        commands.check_calls(self.calls, self.folder)
        return done


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path)


def make_place(tmp_path: Path) -> Place:
    """A place in an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    commands.install(tmp_path / "bin")
    calls = tmp_path / "calls"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "AIRFLOW", "FLOWC_", "VIRTUAL_ENV"))}
    own = {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.defpath}",
        "HOME": str(tmp_path),
        "DOCS_CALLS": str(calls),
        "FLOWC_USER": "ada",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "100",
    }
    return Place(folder, {**kept, **own}, calls)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_what_a_page_shows_is_true(page: Path, place: Place) -> None:
    for block in blocks(page):
        assert block.language in CHECKS, f"{block}: what is to be done with {block.language!r}?"
        CHECKS[block.language](block, place)


def _python(block: Block, place: Place) -> None:
    if block.words[:1] == ("excerpt",):
        _excerpt(block, place)
    elif block.words[:1] == ("file",):
        file = place.folder / block.words[1]
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.text)
    elif flow := re.search(_BASES["flow" in block.words], block.text, flags=re.MULTILINE):
        _flow(block, place, flow[1])
    else:
        done = place.run("python", "-", text=block.text)
        assert done.returncode == 0, f"{block}: {done.stdout}"


_BASES = (r"^class (\w+)\(FlowSpec\)", r"^class (\w+)\(")


def _flow(block: Block, place: Place, name: str) -> None:
    """Write a flow to the file that its first line names, and run it."""
    named = re.match(r"# (\w+\.py)\n", block.text)
    file = place.folder / (named[1] if named else f"{name.lower()}.py")
    file.write_text(block.text)
    if "fails" in block.words:
        return
    for command in ("check", "run"):
        done = place.run("flowc", command, file.name)
        assert done.returncode == 0, f"{block}: {done.stdout}"


def _pycon(block: Block, place: Place) -> None:
    file = place.folder / "session.txt"
    file.write_text(block.text)
    done = place.run("python", "-m", "doctest", "-o", "ELLIPSIS", str(file))
    assert done.returncode == 0, f"{block}: {done.stdout}"


def _console(block: Block, place: Place) -> None:
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command = re.match(r"(?:.*\\\n)*.*\n", part)[0]
        done = place.shell(command)
        assert (done.returncode != 0) == ("fails" in block.words), f"{block}: {done.stdout}"
        assert shows(part.removeprefix(command), done.stdout), f"{block}: {command}{done.stdout}"


def _sh(block: Block, place: Place) -> None:
    done = place.shell(block.text)
    assert done.returncode == 0, f"{block}: {done.stdout}"


def _json(block: Block, place: Place) -> None:
    match block.words:
        case ("excerpt", _):
            _excerpt(block, place)
        case ("object", name):
            shown = json.loads(block.text)
            (*_, newest) = sorted(place.folder.glob(f".flowc/**/{name}"), key=lambda p: (p.stat().st_mtime, str(p)))
            assert _shape(shown) == _shape(json.loads(newest.read_text())), f"{block}: {newest}"
        case _:
            for statement in json.loads(block.text)["Statement"]:
                assert all(commands.is_action(action) for action in statement["Action"]), block
            # for commands further down
            if "file" in block.words:
                (place.folder / block.words[-1]).write_text(block.text)


def _toml(block: Block, place: Place) -> None:
    tomllib.loads(block.text)
    if "file" in block.words:
        (place.folder / block.words[-1]).write_text(block.text)


def _shape(value: Any) -> Any:
    """Names of fields and kinds of values; artifacts are called by names of the user's."""
    match value:
        case {"artifacts": artifacts, **fields}:
            return {**_shape(fields), "artifacts": [_shape(record) for record in list(artifacts.values())[:1]]}
        case dict():
            return {name: _shape(field) for name, field in value.items()}
        case list():
            return [_shape(v) for v in value[:1]]
        case _:
            return type(value).__name__


def _excerpt(block: Block, place: Place) -> None:
    """Whether a file has these lines in this order; a line of `...` stands for any lines, elsewhere for any text."""
    file = block.words[1]
    (found,) = [p for p in place.folder.rglob(Path(file).name) if str(p).endswith(file)]
    lines = [line.rstrip() for line in found.read_text().splitlines()]
    pieces = re.split(r"^ *\.\.\.,?\n", block.text, flags=re.MULTILINE)
    position = 0
    for piece in pieces:
        wanted = piece.splitlines()
        starts = (
            i
            for i in range(position, len(lines) - len(wanted) + 1)
            if all(shows(w, have) for w, have in zip(wanted, lines[i : i + len(wanted)], strict=True))
        )
        start = next(starts, None)
        assert start is not None, f"{block}: {file} does not have, after its line {position}:\n{piece}"
        position = start + len(wanted)


def _mermaid(block: Block, place: Place) -> None:
    drawn = [place.run("flowc", "graph", str(f)).stdout for f in sorted(place.folder.rglob("*.py")) if _is_flow(f)]
    assert block.text in drawn, block


def _is_flow(file: Path) -> bool:
    return "(FlowSpec)" in file.read_text()


def _dockerfile(block: Block, place: Place) -> None:
    known = {"FROM", "COPY", "RUN", "ENV", "USER", "WORKDIR"}
    for line in block.text.splitlines():
        assert not line or line.startswith("#") or line.split()[0] in known, f"{block}: {line}"


def _text(block: Block, place: Place) -> None:
    pass


CHECKS: Mapping[str, Callable[[Block, Place], None]] = {
    "console": _console,
    "dockerfile": _dockerfile,
    "json": _json,
    "mermaid": _mermaid,
    "pycon": _pycon,
    "python": _python,
    "sh": _sh,
    "text": _text,
    "toml": _toml,
}
