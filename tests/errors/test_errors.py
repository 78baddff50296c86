"""Every way of being bad has an example here: a file with the expected diagnostics beside the offending lines.

`# FC206 at self.nope: there is no step` expects on its line this code, a span over exactly this text (or a text that
only begins so, when it stands for a longer one), and a message that contains the rest. `# FC203: never join` leaves
the span open; `# file FC103: has no flow` expects a diagnostic without a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from flowc.diagnostics import CODES, Diagnostic, render
from flowc.frontend import read_source
from flowc.passes import analyse
from flowc.source import SourceFile

EXAMPLES = sorted(p for p in Path(__file__).parent.glob("*.py") if p.name != "test_errors.py")
EXPECTATION = re.compile(r"(file )?(FC\d{3})(?: at (.+?))?: (.+)")


class Expected(NamedTuple):
    line: int | None
    code: str
    text: str | None
    message: str


def expected(path: Path) -> Iterator[Expected]:
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        for comment in re.split(r"\s*# (?=(?:file )?FC\d)", line)[1:]:
            whole, code, text, message = EXPECTATION.fullmatch(comment).groups()
            yield Expected(None if whole else number, code, text, message)


def reported(path: Path) -> tuple[SourceFile | None, tuple[Diagnostic, ...]]:
    source, diagnostics = read_source(str(path))
    if source is None:
        return None, diagnostics
    return source, analyse(source)[1]


def line_of(diagnostic: Diagnostic, source: SourceFile | None) -> int | None:
    if diagnostic.primary is None or source is None:
        return diagnostic.primary and int(re.search(r"line (\d+)", diagnostic.message).group(1))
    return source.position(diagnostic.primary.span.start)[0]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_exactly_these_are_reported(path: Path) -> None:
    source, diagnostics = reported(path)
    wanted = list(expected(path))
    found = [(line_of(d, source), d.code, d.message) for d in diagnostics]
    assert wanted
    assert len(found) == len(wanted), found
    for want in wanted:
        matches = [
            d
            for d in diagnostics
            if line_of(d, source) == want.line
            and d.code == want.code
            and want.message in d.message
            and (want.text is None or spanned(d, source).startswith(want.text))
        ]
        assert len(matches) == 1, f"{want} is not in {found}"


def spanned(diagnostic: Diagnostic, source: SourceFile) -> str:
    span = diagnostic.primary.span
    return source.data[span.start : span.end].decode()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_caret_stands_under_the_text(path: Path) -> None:
    source, diagnostics = reported(path)
    for diagnostic in diagnostics:
        lines = render(diagnostic, {source.file: source} if source else {}).splitlines()
        assert lines[0] == f"{diagnostic.code} error: {diagnostic.message}"
        assert lines[-1].startswith("  help: ")
        if source is None or diagnostic.primary is None:
            continue
        column = lines[3].index("^")
        text = spanned(diagnostic, source).split("\n")[0]
        assert lines[2][column : column + max(len(text), 1)].strip() == text
        assert lines[3].count("^") == max(len(text), 1)


def test_every_code_of_syntax_and_graph_has_an_example() -> None:
    shown = {want.code for path in EXAMPLES for want in expected(path)}
    assert shown == {code for code in CODES if code.startswith(("FC1", "FC2"))}


@pytest.mark.parametrize("path", [p for p in EXAMPLES if p.stem.startswith("FC")], ids=lambda p: p.stem)
def test_an_example_is_named_after_its_code(path: Path) -> None:
    assert path.stem[:5] in {want.code for want in expected(path)}


def test_ten_problems_are_reported_in_one_go() -> None:
    _, diagnostics = reported(Path(__file__).with_name("many_problems.py"))
    assert len({d.code for d in diagnostics}) == 10
