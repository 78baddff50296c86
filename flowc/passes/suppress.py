"""Comments that silence diagnostics: `# flowc: ignore[FC305]` on the line that a diagnostic points to."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flowc.diagnostics import CODES, Diagnostic, Label, Severity
from flowc.frontend.vocabulary import nearest
from flowc.source import SourceFile, Span

_MARK = re.compile(r"#\s*flowc:\s*ignore\b(?:\[(?P<codes>[^\]]*)\])?")
_CODE = re.compile(r"[^,\s]+")
_KINDS = ("FC0", "FC1", "FC2", "FC3")
"""What is found in a source alone, so that a comment which silences none of it is without effect."""


class _Comment(NamedTuple):
    """One code in a comment.

    Attributes:
        code: As written; empty if the comment names none.
        line: Its number, from 1.
    """

    code: str
    line: int
    span: Span


def suppress(
    diagnostics: Iterable[Diagnostic], sources: Iterable[SourceFile], file: str, *, complete: bool
) -> tuple[Diagnostic, ...]:
    """Leave out what comments silence, and report comments that have no effect.

    Args:
        diagnostics: What was found.
        sources: The files that comments are looked for in.
        file: The flow's own file, whose comments must have an effect.
        complete: Everything was checked: what is not there now never is.

    Emits: FC002.
    """
    silence = _Silence(sources)
    kept = silence.keep(diagnostics)
    return (*kept, *silence.without_effect(file, complete))


def silence(diagnostics: Iterable[Diagnostic], sources: Iterable[SourceFile]) -> tuple[Diagnostic, ...]:
    """Leave out what comments silence: for what is found by others than the source's own checks."""
    return _Silence(sources).keep(diagnostics)


class _Silence:
    """The comments of some files, and which of them have silenced something."""

    def __init__(self, sources: Iterable[SourceFile]) -> None:
        self._sources = {source.file: source for source in sources if "flowc:" in source.text}
        self._comments = {file: tuple(_comments(source)) for file, source in self._sources.items()}
        self._places = {(file, c.line, c.code): c for file, found in self._comments.items() for c in found}
        self._used: set[_Comment] = set()
        self._errors: set[_Comment] = set()

    def keep(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Those that are not silenced: warnings can be, and errors of the data-flow checks."""
        if not self._places:
            return tuple(diagnostics)
        return tuple(diagnostic for diagnostic in diagnostics if self._stays(diagnostic))

    def without_effect(self, file: str, complete: bool) -> Iterator[Diagnostic]:
        """What is wrong with the comments of a file."""
        for comment in self._comments.get(file, ()):
            if comment not in self._used:
                found = _without_effect(comment, comment in self._errors, complete)
                if found is not None:
                    yield found

    def _stays(self, diagnostic: Diagnostic) -> bool:
        keys = _keys(diagnostic, self._sources)
        comments = [comment for key in keys if (comment := self._places.get(key)) is not None]
        if not comments:
            return True
        if _may_be_silenced(diagnostic):
            self._used.update(comments)
            return False
        self._errors.update(comments)
        return True


def _may_be_silenced(diagnostic: Diagnostic) -> bool:
    return diagnostic.severity is not Severity.ERROR or diagnostic.code.startswith("FC3")


def _keys(diagnostic: Diagnostic, sources: dict[str, SourceFile]) -> Iterator[tuple[str, int, str]]:
    """The lines of a diagnostic's place, as comments are looked up."""
    span = diagnostic.primary.span if diagnostic.primary is not None else None
    if span is None or span.file not in sources:
        return
    source = sources[span.file]
    first, last = source.position(span.start)[0], source.position(max(span.start, span.end - 1))[0]
    yield from ((span.file, line, diagnostic.code) for line in range(first, last + 1))


def _comments(source: SourceFile) -> Iterator[_Comment]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT:
                yield from _codes(token, source)
    except (tokenize.TokenError, SyntaxError):
        return  # said by FC101


def _codes(token: tokenize.TokenInfo, source: SourceFile) -> Iterator[_Comment]:
    line, column = token.start
    for mark in _MARK.finditer(token.string):
        codes = list(_CODE.finditer(mark["codes"] or ""))
        places = [(c[0], mark.start("codes") + c.start(), mark.start("codes") + c.end()) for c in codes]
        for code, start, end in places or [("", mark.start(), mark.end())]:
            before = source.line(line)[: column + start]
            offset = source.offset(line, len(before.encode()))
            text = token.string[start:end]
            yield _Comment(
                code=code, line=line, span=Span(file=source.file, start=offset, end=offset + len(text.encode()))
            )


def _without_effect(comment: _Comment, is_error: bool, complete: bool) -> Diagnostic | None:
    code = comment.code
    if not code:
        message, help = "the comment names no code to ignore", "write `# flowc: ignore[FC305]`, say"
    elif code not in CODES:
        meant = nearest(code, CODES)
        message, help = f"there is no code `{code}` to ignore", f"did you mean `{meant}`?" if meant else "remove it"
    elif is_error:
        message = f"`{code}` is an error here that cannot be ignored"
        help = "correct it; only warnings and the errors FC301 to FC306 can be ignored"
    elif complete and code.startswith(_KINDS):
        message = f"there is no `{code}` here to ignore"
        help = f"remove `{code}` from the comment, or move it to the line that the diagnostic points to"
    else:
        return None
    return Diagnostic(
        code="FC002", message=message, help=help, primary=Label(span=comment.span), severity=Severity.WARNING
    )
