"""Patterns of a `.gitignore` mean what git means by them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.package.patterns import Patterns, read_patterns

ANSWERS = json.loads((Path(__file__).parent / "git_answers.json").read_text())
"""What `git ls-files --others --exclude-standard` of git 2.39 said of folders and patterns that were made at random."""


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("a", "a", True),
        ("a", "x/a", True),
        ("/a", "x/a", False),
        ("x/a", "x/a", True),
        ("x/a", "y/x/a", False),
        ("*.py", "x/a.py", True),
        ("x/*.py", "x/y/a.py", False),
        ("x/**/a", "x/a", True),
        ("x/**/a", "x/y/z/a", True),
        ("**/a", "x/y/a", True),
        ("x/**", "x/y/z", True),
        ("x/**", "x", False),
        ("x**y", "x/y", False),
        ("x?y", "x/y", False),
        ("x[!a]y", "x/y", False),
        ("[a-c]", "b", True),
        ("[c-a]", "b", False),
        ("[]a]", "]", True),
        ("[[:digit:]]", "7", True),
        ("[[:nothing:]]", "n", False),
        ("[a", "[a", False),
        ("a\\", "a\\", False),
        ("a\\*", "a*", True),
        ("\\#a", "#a", True),
        ("#a", "#a", False),
        ("\\!a", "!a", True),
        ("a ", "a", True),
        ("a\\ ", "a ", True),
        ("a b", "a b", True),
        ("a\r", "a", True),
        ("A", "a", False),
        ("a.c", "abc", False),
        ("", "", False),
        ("/", "a", False),
    ],
)
def test_a_pattern_and_a_file(pattern: str, path: str, matches: bool) -> None:
    assert read_patterns([pattern]).decide(path, False) is (True if matches else None)


def test_a_slash_at_the_end_is_for_folders() -> None:
    patterns = read_patterns(["a/"])
    assert patterns.decide("x/a", True) is True
    assert patterns.decide("x/a", False) is None


def test_the_last_line_decides() -> None:
    patterns = read_patterns(["*.txt", "!kept.txt", "kept.txt/"])
    assert patterns.decide("lost.txt", False) is True
    assert patterns.decide("kept.txt", False) is False
    assert patterns.decide("kept.py", False) is None


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: " ".join(case["ignores"][""]))
def test_what_git_keeps_is_kept(case: Any) -> None:
    ignores = {base: read_patterns(lines) for base, lines in case["ignores"].items()}
    assert [file for file in case["files"] if not _is_ignored(file, ignores)] == case["kept"]


def _is_ignored(file: str, ignores: dict[str, Patterns]) -> bool:
    parts = file.split("/")
    for depth in range(1, len(parts) + 1):
        path = "/".join(parts[:depth])
        around = [base for base in ignores if path.startswith(base)]
        decisions = (
            ignores[base].decide(path[len(base) :], depth < len(parts))
            for base in sorted(around, key=len, reverse=True)
        )
        if next((decision for decision in decisions if decision is not None), False):
            return True
    return False


@given(st.lists(st.text(alphabet="ab*?[]!^-\\/ #:.\r", max_size=12), max_size=4), st.text(alphabet="ab/.", min_size=1))
def test_any_lines_are_patterns(lines: list[str], path: str) -> None:
    assert read_patterns(lines).decide(path, False) in (True, False, None)
