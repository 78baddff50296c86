"""Reading files as Python does."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.frontend import read_source
from flowc.frontend.syntax import parse_module


def text_of(path: Path) -> str:
    source, diagnostics = read_source(str(path))
    assert diagnostics == ()
    assert source is not None
    assert source.file == str(path)
    return source.text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\n", "x = 1\n"),
        (b"x = 1\r\ny = 2\rz = 3\n", "x = 1\ny = 2\nz = 3\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        ("# coding: latin-1\nx = 'ü'\n".encode("latin-1"), "# coding: latin-1\nx = 'ü'\n"),
        ("# -*- coding: utf-8 -*-\nx = 'ü'\n".encode(), "# -*- coding: utf-8 -*-\nx = 'ü'\n"),
        (b"", ""),
    ],
)
def test_decoding(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "flow.py"
    path.write_bytes(data)
    assert text_of(path) == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x = 1\n\n\ny = '\xfc'\n", "it is not valid utf-8: see line 4"),
        (b"# coding: ascii\nx = '\xfc'\n", "it is not valid ascii: see line 2"),
        (b"# coding: rot13\nx = 1\n", "its encoding is not usable: 'rot13' is not a text encoding"),
        (b"# coding: nonsense\nx = 1\n", "its encoding is not usable: unknown encoding: nonsense"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "its encoding is not usable: encoding problem"),
        (b"# coding: unicode_escape\nx = '\\ud800'\n", "its text cannot be represented in UTF-8"),
    ],
)
def test_what_cannot_be_decoded(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "flow.py"
    path.write_bytes(data)
    source, (diagnostic,) = read_source(str(path))
    assert source is None
    assert diagnostic.code == "FC102"
    assert message in diagnostic.message


def test_missing_file_directory_and_impossible_name(tmp_path: Path) -> None:
    for path, reason in [
        (str(tmp_path / "missing.py"), "there is no such file"),
        (str(tmp_path), "it is a directory"),
        ("a\0b", "embedded null byte"),
        (str(tmp_path / "missing.py" / "x"), "there is no such file"),
    ]:
        source, (diagnostic,) = read_source(path)
        assert source is None
        assert diagnostic.code == "FC102"
        assert reason in diagnostic.message


def test_deep_nesting_is_a_diagnostic(tmp_path: Path) -> None:
    path = tmp_path / "flow.py"
    path.write_text("x = " + "-" * 100_000 + "1\n")
    source, _ = read_source(str(path))
    assert source is not None
    tree, (diagnostic,) = parse_module(source)
    assert tree is None
    assert diagnostic.code == "FC101"


def test_warnings_of_python_stay_silent(tmp_path: Path) -> None:
    path = tmp_path / "flow.py"
    path.write_text("x = '\\d'\nassert (x, 'always true')\n")
    source, _ = read_source(str(path))
    assert source is not None
    tree, diagnostics = parse_module(source)
    assert tree is not None
    assert diagnostics == ()
