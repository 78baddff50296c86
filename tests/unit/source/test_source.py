"""Places in a source."""

from __future__ import annotations

import ast

import pytest

from flowc.source import SourceFile

TEXT = "a = 1\n\n\tü = 'é' + b\nlast"


@pytest.fixture
def source() -> SourceFile:
    return SourceFile(file="f.py", text=TEXT)


def test_lines(source: SourceFile) -> None:
    assert source.line_starts == (0, 6, 7, 22)
    assert [source.line(n) for n in (1, 2, 3, 4)] == TEXT.split("\n")


@pytest.mark.parametrize("offset", range(len(TEXT.encode())))
def test_offset_and_position_agree(source: SourceFile, offset: int) -> None:
    try:
        before = source.data[:offset].decode()
    except UnicodeDecodeError:
        return  # within a character
    line, column = source.position(offset)
    assert line == before.count("\n") + 1
    assert column == len(before) - (before.rfind("\n") + 1) + 1
    in_bytes = len(source.line(line)[: column - 1].encode())
    assert source.offset(line, in_bytes) == offset


def test_offsets_of_a_syntax_tree() -> None:
    source = SourceFile(file="f.py", text="x = 1\nü = 'é' + b\n")
    name = ast.parse(source.text).body[1].value.right
    start = source.offset(name.lineno, name.col_offset)
    assert source.data[start : source.offset(name.end_lineno, name.end_col_offset)] == b"b"
    assert source.position(start) == (2, 11)


def test_places_outside_of_the_text(source: SourceFile) -> None:
    assert source.offset(99, 99) == len(source.data)
    assert source.offset(0, 0) == 0
    empty = SourceFile(file="f.py", text="")
    assert empty.position(0) == (1, 1)
    assert empty.line(1) == ""
