"""Every way of being bad has an example here: a file with the expected diagnostics beside the offending lines.

An example whose flow inherits from modules beside it is a folder; its flow is `flow.py`.

`# FC206 at self.nope: there is no step` expects on its line this code, a span over exactly this text (or a text that
only begins so, when it stands for a longer one), and a message that contains the rest. `# FC203: never join` leaves
the span open; `# file FC103: has no flow` expects a diagnostic without a place. A first line `# choices: {...}` holds
what the command line adds, by the names of `Choices`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from flowc.diagnostics import CODES, Diagnostic, render
from flowc.frontend import NO_CHOICES, Choices, Siblings, read_source
from flowc.passes import analyse
from flowc.source import SourceFile

HERE = Path(__file__).parent
EXAMPLES = sorted({p for p in HERE.glob("*.py") if p.name != "test_errors.py"} | set(HERE.glob("*/flow.py")))
EXPECTATION = re.compile(r"(file )?(FC\d{3})(?: at (.+?))?: (.+)")


class Expected(NamedTuple):
    file: str
    line: int | None
    code: str
    text: str | None
    message: str


def name(path: Path) -> str:
    return path.parent.name if path.name == "flow.py" else path.stem


each_example = pytest.mark.parametrize("path", EXAMPLES, ids=name)


def expected(path: Path) -> Iterator[Expected]:
    for file in sorted(path.parent.rglob("*.py")) if path.name == "flow.py" else [path]:
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            for comment in re.split(r"\s*# (?=(?:file )?FC\d)", line)[1:]:
                whole, code, text, message = EXPECTATION.fullmatch(comment).groups()
                yield Expected(str(file), None if whole else number, code, text, message)


def reported(path: Path) -> tuple[Mapping[str, SourceFile], tuple[Diagnostic, ...]]:
    source, diagnostics = read_source(str(path))
    if source is None:
        return {}, diagnostics
    siblings = Siblings(source)
    given = re.match(r"# choices: (.+)\n", source.text)
    choices = Choices(**ast.literal_eval(given[1])) if given else NO_CHOICES
    return siblings.sources, analyse(source, siblings, choices)[1]


def place_of(diagnostic: Diagnostic, sources: Mapping[str, SourceFile], path: Path) -> tuple[str, int | None]:
    if diagnostic.primary is None:
        return str(path), None
    span = diagnostic.primary.span
    if span.file not in sources:
        return str(path), int(re.search(r"line (\d+)", diagnostic.message).group(1))
    return span.file, sources[span.file].position(span.start)[0]


@each_example
def test_exactly_these_are_reported(path: Path) -> None:
    sources, diagnostics = reported(path)
    wanted = list(expected(path))
    found = [(*place_of(d, sources, path), d.code, d.message) for d in diagnostics]
    assert wanted
    assert len(found) == len(wanted), found
    for want in wanted:
        matches = [
            d
            for d in diagnostics
            if place_of(d, sources, path) == (want.file, want.line)
            and d.code == want.code
            and want.message in d.message
            and (want.text is None or spanned(d, sources).startswith(want.text))
        ]
        assert len(matches) == 1, f"{want} is not in {found}"


def spanned(diagnostic: Diagnostic, sources: Mapping[str, SourceFile]) -> str:
    span = diagnostic.primary.span
    return sources[span.file].data[span.start : span.end].decode()


@each_example
def test_the_caret_stands_under_the_text(path: Path) -> None:
    sources, diagnostics = reported(path)
    for diagnostic in diagnostics:
        lines = render(diagnostic, sources).splitlines()
        assert lines[0] == f"{diagnostic.code} {diagnostic.severity.value}: {diagnostic.message}"
        assert lines[-1].startswith("  help: ")
        if not sources or diagnostic.primary is None:
            continue
        column = lines[3].index("^")
        text = spanned(diagnostic, sources).split("\n")[0]
        assert lines[2][column : column + max(len(text), 1)].strip() == text
        assert lines[3].count("^") == max(len(text), 1)


def test_every_code_of_syntax_graph_and_artifacts_has_an_example() -> None:
    shown = {want.code for path in EXAMPLES for want in expected(path)}
    assert shown == {code for code in CODES if code.startswith(("FC002", "FC1", "FC2", "FC3"))}


@pytest.mark.parametrize("path", [p for p in EXAMPLES if name(p).startswith("FC")], ids=name)
def test_an_example_is_named_after_its_code(path: Path) -> None:
    assert name(path)[:5] in {want.code for want in expected(path)}


def test_ten_problems_are_reported_in_one_go() -> None:
    _, diagnostics = reported(Path(__file__).with_name("many_problems.py"))
    assert len({d.code for d in diagnostics}) == 10
