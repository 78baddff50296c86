"""The pages of the diagnostics, `docs/errors/FCnnn.md`: there is one for each, and what it shows is true.

A page is tried like all others (`test_pages`), but for two things: flows are not run, as the commands below them say
what is to be done; and most commands are carried out in this process, as there are many pages.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from flowc.cli import main
from flowc.diagnostics import CODES
from tests.docs.pages import ERRORS, ROOT, Block, blocks
from tests.docs.test_pages import CHECKS, Place, make_place

_QUICK = re.compile(r"flowc (check|compile|explain) [\w./:=@ -]+\n")
_NOWHERE = {"FC901"}  # nothing that is known makes flowc fail


class Quick(Place):
    """A place where commands that neither fork nor use more of the shell are called."""

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        if not _QUICK.fullmatch(script):
            return super().shell(script)
        printed = io.StringIO()
        code: object = None
        with chdir(self.folder), redirect_stdout(printed), redirect_stderr(printed):
            try:
                main(shlex.split(script)[1:])
            except SystemExit as end:
                code = end.code
        return subprocess.CompletedProcess(script, int(bool(code)), printed.getvalue())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = make_place(tmp_path)
    for name in [name for name in os.environ if name.startswith(("FLOWC_", "AWS_"))]:
        monkeypatch.delenv(name)
    for name in ("FLOWC_USER", "COLUMNS"):
        monkeypatch.setenv(name, made.environment[name])
    return Quick(made.folder, {**made.environment, "DOCS_BUILDS": "1"}, made.calls)


def test_there_is_a_page_for_each_code() -> None:
    assert [page.stem for page in ERRORS] == sorted(CODES)


@pytest.mark.parametrize("page", ERRORS, ids=lambda p: p.stem)
def test_a_page_is_called_what_its_code_means(page: Path) -> None:
    assert page.read_text().splitlines()[0] == f"# {page.stem}: {CODES[page.stem]}"


@pytest.mark.parametrize("page", ERRORS, ids=lambda p: p.stem)
def test_a_page_shows_what_is_reported_and_then_how_nothing_is(page: Path) -> None:
    shown = [block for block in blocks(page) if block.language == "console"]
    if page.stem in _NOWHERE:
        assert not shown
        return
    reported = re.compile(rf"^{page.stem} (error|warning): ", re.MULTILINE)
    assert reported.search(shown[0].text)
    assert not any(re.search(r"^FC\d{3} ", block.text, re.MULTILINE) for block in shown[1:])
    assert len(shown) > 1
    # of a diagnostic that is shown, all is shown
    for block in shown:
        if "$ flowc check" in block.text:
            assert "\n...\n" not in block.text, block


@pytest.mark.parametrize("page", ERRORS, ids=lambda p: p.stem)
def test_what_a_page_shows_is_true(page: Path, place: Place) -> None:
    for block in blocks(page):
        if block.language == "python" and _written(block, place):
            continue
        is_flow = block.language == "python" and "FlowSpec):" in block.text
        assert not is_flow or block.words[:1] == ("file",), f"{block}: the first line does not name the flow's file"
        CHECKS[block.language](block, place)


def _written(block: Block, place: Place) -> bool:
    """Put a block into the file that its first line names."""
    named = re.match(r"# (\w+\.py)\n", block.text)
    if named is not None:
        (place.folder / named[1]).write_text(block.text)
    return named is not None


def test_the_errors_of_flows_have_examples_for_the_tests_too() -> None:
    examples = {path.name.partition("_")[0].removesuffix(".py") for path in (ROOT / "tests" / "errors").glob("FC*")}
    assert {code for code in CODES if code[2] in "123"} <= examples
