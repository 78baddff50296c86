"""Diagnostics: what is wrong with an input, where, and what to do about it.

A pass returns `(value or None, diagnostics)` and reports everything that it finds. Codes are never reused:
FC0 configuration, FC1 syntax, FC2 graph, FC3 artifacts, FC4 targets, FC5 settings, FC6 run time, FC7 images, FC9
internal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from flowc.source import SourceFile, Span

CODES: Mapping[str, str] = {
    "FC001": "an option or setting has a value that cannot be used",
    "FC002": "a comment that is to silence a diagnostic has no effect",
    "FC003": "a flow's file has the name of a module that tasks need",
    "FC004": "a code package is too large, or nearly so",
    "FC005": "a file cannot go into the code package",
    "FC101": "the file is not valid Python",
    "FC102": "the file cannot be read",
    "FC103": "the file has no flow",
    "FC104": "the file has several flows",
    "FC105": "an import asks for a name that flowc does not have",
    "FC106": "a decorator is not known",
    "FC107": "a decorator has an argument that cannot be used",
    "FC108": "two steps have the same name",
    "FC109": "a step has the wrong arguments",
    "FC110": "a flow has a base class or a class keyword that is not known",
    "FC111": "a step or method has a name that cannot be used",
    "FC112": "a parameter's default is not of the parameter's type",
    "FC113": "a parameter has an argument that cannot be used",
    "FC114": "a parameter has a name that cannot be used",
    "FC115": "a construct is not known to this version",
    "FC116": "a step's decorator stands on a method that is not a step",
    "FC117": "a name of flowc's is not imported",
    "FC118": "a method is like a step but is not marked as one",
    "FC119": "an import of the flow's own modules cannot work",
    "FC120": "a step has no transition",
    "FC121": "`self.next` names no step",
    "FC122": "a target of `self.next` is not a step of the form `self.name`",
    "FC123": "a foreach has several targets",
    "FC124": "`foreach` is not the name of an artifact in quotes",
    "FC125": "`self.next` has a keyword that cannot be used",
    "FC126": "`self.next` has starred arguments",
    "FC127": "`self.next` is not the last statement of its step",
    "FC128": "a step has more than one `self.next`",
    "FC129": "a transition is of a kind that this version does not compile",
    "FC130": "the bases of a class have no order",
    "FC131": "an attribute of `current` is not known",
    "FC132": "a file that a flow includes cannot be used",
    "FC135": "the file or text of a config cannot be used",
    "FC136": "there is no such config, or nothing of this name in it",
    "FC137": "a config is used where its value is not known",
    "FC138": "the command line chooses a config that the flow does not have",
    "FC139": "a required config is not given",
    "FC140": "a schedule's cron expression cannot be used",
    "FC141": "a scheduled flow has a required parameter",
    "FC142": "a schedule's time zone is not known",
    "FC143": "a branch is chosen for a flow that belongs to no project",
    "FC144": "a branch is chosen twice",
    "FC150": "a decorator of one's own applies one of flowc's",
    "FC201": "the flow has no start step",
    "FC202": "the flow has no end step",
    "FC203": "the branches of a split never join",
    "FC204": "paths meet in a step that takes no inputs",
    "FC205": "a step cannot be reached",
    "FC206": "a transition leads to a step that does not exist",
    "FC207": "the end step goes on to another step",
    "FC208": "the steps form a cycle",
    "FC209": "a join has nothing to join",
    "FC210": "a join is also a split",
    "FC211": "a branch is empty",
    "FC212": "steps are nested too deeply",
    "FC213": "a split names the same step twice",
    "FC214": "the end step is a join",
    "FC215": "a join joins several splits",
    "FC216": "it is not clear which step is the first or the last",
    "FC217": "a step that catches its failures decides how the run goes on",
    "FC301": "an artifact is read before any step has assigned it",
    "FC302": "`foreach` names an artifact that no step has assigned",
    "FC303": "a join merges an artifact on which its inputs differ",
    "FC304": "a join drops an artifact that a later step reads",
    "FC305": "an artifact is assigned again before anything has read it",
    "FC306": "a join reads an input that it does not have",
    "FC401": "a remote target needs a store",
    "FC402": "a target cannot use this store",
    "FC403": "a target cannot do this",
    "FC404": "a name or size is over a limit of the target",
    "FC405": "a file that flowc did not generate is in the way",
    "FC406": "a target cannot keep a schedule's times",
    "FC501": "a file with settings cannot be read",
    "FC502": "a file has a setting or table that is not known",
    "FC503": "a setting has a value that it cannot have",
    "FC504": "a variable is nearly one of flowc's",
    "FC408": "a target passes over what a step asks for",
    "FC601": "a run was given a parameter that the flow does not have",
    "FC602": "a run was given a parameter value of the wrong type",
    "FC603": "a run lacks a required parameter",
    "FC604": "a file that a run is given cannot be used",
    "FC610": "a step cannot run again without its inputs",
    "FC611": "it is not clear which task is to run again",
    "FC612": "the parameter of a run does not fit the flow any more",
    "FC701": "there is no container engine",
    "FC702": "an image cannot be a base",
    "FC703": "a flow's requirements cannot be used",
    "FC704": "a package of an image cannot be had",
    "FC901": "flowc itself failed",
}
"""Every code, and in a few words what it stands for."""


class Severity(Enum):
    """How much a diagnostic matters; only errors stop a command."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A place in a source, and what to say of it (possibly nothing)."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem.

    Attributes:
        code: A key of `CODES`.
        message: What is wrong, without a full stop; names in backquotes.
        primary: Where; None when the problem has no place in a source (an option, an output file).
        secondary: Other places that explain it.
        help: What to do about it.
    """

    code: str
    message: str
    help: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    severity: Severity = Severity.ERROR

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"unknown diagnostic code {self.code}")


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by place, then code; without repetitions; those without a place first."""

    def key(d: Diagnostic) -> tuple[str, int, int, str, str]:
        span = d.primary.span if d.primary else Span(file="", start=0, end=0)
        return (span.file, span.start, span.end, d.code, d.message)

    return tuple(sorted(dict.fromkeys(diagnostics), key=key))


def render(diagnostic: Diagnostic, sources: Mapping[str, SourceFile]) -> str:
    """The text of a diagnostic for a person, several lines without a final line end.

    Args:
        diagnostic: What to show.
        sources: By `SourceFile.file`; a span into another file is shown without its line.
    """
    lines = [f"{diagnostic.code} {diagnostic.severity.value}: {diagnostic.message}"]
    if diagnostic.primary is not None:
        lines += _excerpt(diagnostic.primary, sources, "-->", "^")
    for label in diagnostic.secondary:
        lines += _excerpt(label, sources, "...", "-")
    lines.append(f"  help: {diagnostic.help}")
    return "\n".join(lines)


def _excerpt(label: Label, sources: Mapping[str, SourceFile], arrow: str, mark: str) -> list[str]:
    source = sources.get(label.span.file)
    if source is None:
        return [f"  {arrow} {label.span.file}" + (f"  {label.text}" if label.text else "")]
    number, column = source.position(label.span.start)
    end_number, end_column = source.position(label.span.end)
    text = source.line(number)
    width = (end_column if end_number == number else len(text) + 1) - column
    gutter = " " * len(str(number))
    underline = " " * (column - 1) + mark * max(width, 1) + (f" {label.text}" if label.text else "")
    # a tab keeps its width under the line that it stands in
    underline = "".join("\t" if c == "\t" else u for c, u in zip(text.ljust(len(underline)), underline, strict=False))
    return [f" {gutter}{arrow} {label.span.file}:{number}:{column}", f" {number} | {text}", f" {gutter} | {underline}"]
