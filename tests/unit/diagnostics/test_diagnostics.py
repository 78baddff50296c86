"""Rendering and sorting."""

from __future__ import annotations

import pytest

from flowc.diagnostics import Diagnostic, Label, Severity, has_errors, in_order, render
from flowc.source import SourceFile, Span


def at(source: SourceFile, text: str) -> Span:
    start = source.data.index(text.encode())
    return Span(file=source.file, start=start, end=start + len(text.encode()))


def rendered(source: SourceFile, text: str, *secondary: Label) -> list[str]:
    diagnostic = Diagnostic(
        code="FC206",
        message="there is no step `x`",
        help="add it",
        primary=Label(span=at(source, text), text="here"),
        secondary=secondary,
    )
    return render(diagnostic, {source.file: source}).splitlines()


def test_a_whole_diagnostic() -> None:
    source = SourceFile(file="f.py", text="a\nself.next(self.x)\n")
    assert rendered(source, "self.x", Label(span=at(source, "a"), text="and this")) == [
        "FC206 error: there is no step `x`",
        "  --> f.py:2:11",
        " 2 | self.next(self.x)",
        "   |           ^^^^^^ here",
        "  ... f.py:1:1",
        " 1 | a",
        "   | - and this",
        "  help: add it",
    ]


def test_characters_beyond_ascii_count_as_one() -> None:
    lines = rendered(SourceFile(file="f.py", text="é = 'üß'; self.x"), "self.x")
    assert lines[1].endswith("f.py:1:11")
    assert lines[3].index("^") == lines[2].index("self.x")


def test_tabs_keep_their_width() -> None:
    lines = rendered(SourceFile(file="f.py", text="\t\tif x:\tself.x"), "self.x")
    assert lines[3] == "   | \t\t     \t^^^^^^ here"


def test_a_span_over_several_lines_is_marked_to_the_end_of_the_first() -> None:
    lines = rendered(SourceFile(file="f.py", text="f(a,\n  b)\n"), "f(a,\n  b)")
    assert lines[2:4] == [" 1 | f(a,", "   | ^^^^ here"]


def test_line_numbers_widen_the_gutter() -> None:
    lines = rendered(SourceFile(file="f.py", text="\n" * 99 + "x"), "x")
    assert lines[1:4] == ["    --> f.py:100:1", " 100 | x", "     | ^ here"]


def test_an_empty_span_has_one_caret() -> None:
    diagnostic = Diagnostic(code="FC101", message="m", help="h", primary=Label(span=Span(file="f.py", start=1, end=1)))
    assert render(diagnostic, {"f.py": SourceFile(file="f.py", text="x")}).splitlines()[3] == "   |  ^"


def test_without_a_place_or_a_source() -> None:
    assert render(Diagnostic(code="FC401", message="m", help="h"), {}) == "FC401 error: m\n  help: h"
    far = Diagnostic(
        code="FC401", message="m", help="h", primary=Label(span=Span(file="g.py", start=1, end=2), text="t")
    )
    assert render(far, {}) == "FC401 error: m\n  --> g.py  t\n  help: h"


def test_unknown_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="FC999"):
        Diagnostic(code="FC999", message="m", help="h")


def test_order() -> None:
    def one(code: str, start: int) -> Diagnostic:
        return Diagnostic(code=code, message="m", help="h", primary=Label(span=Span(file="f.py", start=start, end=9)))

    nowhere = Diagnostic(code="FC901", message="m", help="h")
    first, second, third = one("FC206", 1), one("FC207", 1), one("FC101", 5)
    assert in_order([third, second, first, nowhere, second]) == (nowhere, first, second, third)


def test_only_errors_stop() -> None:
    warning = Diagnostic(code="FC405", message="m", help="h", severity=Severity.WARNING)
    assert not has_errors([warning])
    assert has_errors([warning, Diagnostic(code="FC405", message="m", help="h")])
