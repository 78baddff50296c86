"""Comments that silence diagnostics."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.diagnostics import Diagnostic, Label, Severity
from flowc.frontend import Siblings
from flowc.passes import analyse
from flowc.passes.suppress import silence
from flowc.source import SourceFile, Span

FLOW = """from flowc import FlowSpec, step
class F(FlowSpec):
    @step
    def start(self):
        self.a = {start}
        self.next(self.{target}
    @step
    def end(self):
        print(self.a)
"""


def codes(start: str, target: str = "end)") -> list[str]:
    text = FLOW.format(start=start, target=target)
    _, diagnostics = analyse(SourceFile(file="f.py", text=text))
    return [d.code for d in diagnostics]


@pytest.mark.parametrize(
    ("start", "wanted"),
    [
        ("self.x", ["FC301"]),
        ("self.x  # flowc: ignore[FC301]", []),
        ("self.x  # flowc:ignore[FC301]: it is patched in", []),
        ("self.x  # noqa  # flowc: ignore[FC301]", []),
        ("self.x  # flowc: ignore[ FC301 , FC302 ]", ["FC002"]),
        ("self.x  # flowc: ignore[FC302]", ["FC301", "FC002"]),
        ("self.x  # flowc: ignore[fc301]", ["FC301", "FC002"]),
        ("self.x  # flowc: ignore", ["FC301", "FC002"]),
        ("self.x  # flowc: ignore[]", ["FC301", "FC002"]),
        ("1  # flowc: ignore[FC301]", ["FC002"]),
        ("1  # flowc: ignore[FC002]", ["FC002"]),
        ("'# flowc: ignore[FC301]'", []),
        ("(self.x,  # flowc: ignore[FC301]\n   1)", []),
        ("(self.x,\n   1)  # flowc: ignore[FC301]", ["FC301", "FC002"]),
        ("'ä', self.x  # ä flowc: ignore[FC301]  # flowc: ignore[FC301]", []),
        # found by a target, if at all
        ("1  # flowc: ignore[FC404]", []),
        ("1  # flowc: ignored", []),
    ],
)
def test_comments(start: str, wanted: list[str]) -> None:
    assert codes(start) == wanted


@pytest.mark.parametrize(
    ("start", "target", "wanted"),
    [
        # errors of the graph stay, and keep the data flow from being checked
        ("1", "edn)  # flowc: ignore[FC206]", ["FC206", "FC002"]),
        ("self.x  # flowc: ignore[FC301]", "edn)", ["FC206"]),
        ("1  # flowc: ignore[FC999]", "edn)", ["FC002", "FC206"]),
    ],
)
def test_errors_stay(start: str, target: str, wanted: list[str]) -> None:
    assert codes(start, target) == wanted


def test_a_silenced_error_does_not_stop_the_flow() -> None:
    text = FLOW.format(start="self.x  # flowc: ignore[FC301]", target="end)")
    flow, diagnostics = analyse(SourceFile(file="f.py", text=text))
    assert (flow is not None, diagnostics) == (True, ())


def test_the_span_of_a_comment_counts_bytes() -> None:
    text = FLOW.format(start="'ää'  # ö  # flowc: ignore[FC301]", target="end)")
    source = SourceFile(file="f.py", text=text)
    _, (diagnostic,) = analyse(source)
    assert source.data[diagnostic.primary.span.start : diagnostic.primary.span.end] == b"FC301"


def test_a_file_that_cannot_be_read_as_tokens() -> None:
    _, diagnostics = analyse(SourceFile(file="f.py", text="# flowc: ignore[FC301]\nclass F(\n"))
    assert [d.code for d in diagnostics] == ["FC101"]


def test_comments_of_a_module_beside_the_flow(tmp_path: Path) -> None:
    """They count; but what they silence may be found in other flows only, so they need not have an effect."""
    (tmp_path / "mixin.py").write_text(
        "class Mixin:\n"
        "    def load(self):\n"
        "        return self.x  # flowc: ignore[FC301]\n"
        "    def other(self):\n"
        "        return 1  # flowc: ignore[FC301]\n"
    )
    text = FLOW.format(start="self.load()", target="end)").replace("F(FlowSpec)", "F(Mixin, FlowSpec)")
    source = SourceFile(file=str(tmp_path / "f.py"), text=f"from mixin import Mixin\n{text}")
    flow, diagnostics = analyse(source, Siblings(source))
    assert (flow is not None, diagnostics) == (True, ())


def test_what_a_target_finds() -> None:
    source = SourceFile(file="f.py", text="a  # flowc: ignore[FC404]\nb\n")

    def found(at: int, severity: Severity) -> Diagnostic:
        label = Label(span=Span(file="f.py", start=at, end=at + 1))
        return Diagnostic(code="FC404", message="m", help="h", primary=label, severity=severity)

    there, error, elsewhere = found(0, Severity.WARNING), found(0, Severity.ERROR), found(26, Severity.WARNING)
    nowhere = Diagnostic(code="FC404", message="m", help="h", severity=Severity.WARNING)
    assert silence([there, error, elsewhere, nowhere], [source]) == (error, elsewhere, nowhere)
