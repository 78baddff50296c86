"""From text to Python's own syntax tree."""

from __future__ import annotations

import ast
import warnings

from flowc.diagnostics import Diagnostic, Label
from flowc.source import SourceFile, Span


def parse_module(source: SourceFile) -> tuple[ast.Module | None, tuple[Diagnostic, ...]]:
    """Parse a file; nothing of it is run.

    The tree is also compiled, and the result thrown away: that finds what the grammar alone does not refuse
    (`return` outside a function, two arguments of one name). Blocks under `if TYPE_CHECKING:` are left out of it,
    since Python never runs them.

    Emits: FC101.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and the like are the linter's business
        try:
            tree = ast.parse(source.text, filename=source.file)
            compile(tree, source.file, "exec", dont_inherit=True)
        except SyntaxError as error:
            return None, (_invalid(source, error),)
        except (RecursionError, MemoryError):
            return None, (_too_deep(source),)
    if _TYPING in source.text:
        _leave_out_typing_blocks(tree)
    return tree, ()


_TYPING = "TYPE_CHECKING"


def _leave_out_typing_blocks(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.If(test=test) if _is_typing(test):
                node.body = [ast.copy_location(ast.Pass(), node.body[0])]
            case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=test)) if _is_typing(test):
                node.orelse = []


def _is_typing(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == _TYPING) or (
        isinstance(test, ast.Attribute) and test.attr == _TYPING
    )


def _invalid(source: SourceFile, error: SyntaxError) -> Diagnostic:
    line, column = error.lineno or 1, max(error.offset or 1, 1)
    start = _offset(source, line, column)
    end = _offset(source, error.end_lineno or line, error.end_offset or 0)
    return Diagnostic(
        code="FC101",
        message=f"the file is not valid Python: {error.msg}",
        help="correct the syntax; flowc reads the file with the Python that it runs on",
        primary=Label(span=Span(file=source.file, start=start, end=max(start, end))),
    )


def _offset(source: SourceFile, line: int, column: int) -> int:
    """Unlike `ast`, a `SyntaxError` counts characters, from 1, and may point behind the last line."""
    line = min(max(line, 1), len(source.line_starts))
    return source.offset(line, len(source.line(line)[: max(column - 1, 0)].encode()))


def _too_deep(source: SourceFile) -> Diagnostic:
    return Diagnostic(
        code="FC101",
        message="the file is nested too deeply for Python to parse",
        help="split the deeply nested expression or block",
        primary=Label(span=Span(file=source.file, start=0, end=0)),
    )
