"""`flowc explain`: the page of a diagnostic."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from flowc.diagnostics import CODES
from tests.cli.flowc import flowc
from tests.cli.terminal import Terminal

PAGES = Path(__file__).parents[2] / "docs" / "errors"


def test_the_page_is_printed(tmp_path: Path) -> None:
    result = flowc("explain", "fc205", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (PAGES / "FC205.md").read_text()


def test_links_to_other_pages_are_left_out(tmp_path: Path) -> None:
    assert "](../" in (PAGES / "FC301.md").read_text()
    text = flowc("explain", "FC301", cwd=tmp_path).stdout
    assert "](" not in text and "is told in general." in " ".join(text.split())


@pytest.mark.parametrize("code", ["FC999", "301", ""])
def test_a_code_that_there_is_not(code: str, tmp_path: Path) -> None:
    result = flowc("explain", code, cwd=tmp_path)
    assert result.returncode == 2
    assert f"there is no diagnostic `{code}`" in result.stderr


def test_a_terminal_gets_it_set(tmp_path: Path) -> None:
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    terminal = Terminal([sys.executable, "-m", "flowc", "explain", "FC205"], tmp_path, environment)
    try:
        assert terminal.end() == 0
    finally:
        terminal.close()
    assert CODES["FC205"] in terminal.text
    assert "```" not in terminal.text and "\x1b[" in terminal.text
