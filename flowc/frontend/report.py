"""Collecting what is wrong with one file."""

from __future__ import annotations

import ast
from typing import TypeAlias

from flowc.diagnostics import Diagnostic, Label
from flowc.frontend.constants import NotConstant
from flowc.source import SourceFile, Span

Located: TypeAlias = ast.expr | ast.stmt | ast.alias | ast.keyword | ast.arg | ast.excepthandler
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Report:
    """Turns nodes into spans, and gathers diagnostics while a file is read.

    Attributes:
        source: The file.
        diagnostics: What was found so far.
    """

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []

    def span(self, node: Located) -> Span:
        """The text of a node."""
        return span_in(self.source, node)

    def name_span(self, definition: Definition) -> Span:
        """The name in a `def` or `class`; the keyword if the name is written in another form of Unicode."""
        keyword = "class" if isinstance(definition, ast.ClassDef) else "def"
        start = self.source.offset(definition.lineno, definition.col_offset)
        after = self.source.data.find(keyword.encode(), start) + len(keyword)
        name = definition.name.encode()
        at = self.source.data.find(name, after)
        if at < 0 or self.source.data[after:at].strip(b" \t\\\n\f"):
            return Span(file=self.source.file, start=start, end=after)
        return Span(file=self.source.file, start=at, end=at + len(name))

    def not_constant(self, code: str, what: str, node: ast.expr, reason: NotConstant, help: str) -> None:
        """Note that an argument has no value before a run.

        Args:
            what: The argument, in words.
            node: The argument as written.
            reason: What is in the way: a part of `node`, or of what a name in it stands for, possibly in another file.
        """
        if reason.reported:
            return
        text = ast.unparse(reason.node)
        text = text if len(text) <= 60 else f"{text[:57]}..."
        message = f"{what} must be known before a run: `{text}` {reason.why}"
        if reason.problem is not None:
            code, message, help = reason.problem.code, reason.problem.message, reason.problem.help
        if any(reason.node is part for part in ast.walk(node)):
            self.error(code, reason.node, message, help)
        else:
            span = span_in(reason.source or self.source, reason.node)
            self.error(code, node, message, help, self.label(span, "this is in the way"))

    def label(self, where: Located | Span, text: str = "") -> Label:
        """A label at a node."""
        return Label(span=where if isinstance(where, Span) else self.span(where), text=text)

    def error(self, code: str, where: Located | Span | None, message: str, help: str, *secondary: Label) -> None:
        """Note an error; without a place if `where` is None."""
        self.diagnostics.append(self.diagnostic(code, where, message, help, *secondary))

    def diagnostic(
        self, code: str, where: Located | Span | None, message: str, help: str, *secondary: Label
    ) -> Diagnostic:
        """An error that may turn out not to matter: it is not noted."""
        primary = None if where is None else self.label(where)
        return Diagnostic(code=code, message=message, help=help, primary=primary, secondary=secondary)


def span_in(source: SourceFile, node: Located) -> Span:
    """The text of a node of a file."""
    start = source.offset(node.lineno, node.col_offset)
    end_line, end_column = node.end_lineno, node.end_col_offset
    if end_line is None or end_column is None:
        return Span(file=source.file, start=start, end=start)
    return Span(file=source.file, start=start, end=source.offset(end_line, end_column))
