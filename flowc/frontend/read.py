"""Reading a source file as Python itself would."""

from __future__ import annotations

import io
import os
import tokenize

from flowc.diagnostics import Diagnostic, Label
from flowc.source import SourceFile, Span


def read_source(file: str) -> tuple[SourceFile | None, tuple[Diagnostic, ...]]:
    r"""Read and decode a file.

    Args:
        file: Path as the user gave it.

    Returns:
        The text with `\n` line ends, decoded by its byte order mark or coding cookie, else as UTF-8.

    Emits: FC102.
    """
    try:
        # a pipe would be waited for until somebody writes to it
        if os.path.exists(file) and not os.path.isdir(file) and not os.path.isfile(file):
            return None, (_unreadable(file, "it is not a regular file"),)
        with open(file, "rb") as stream:
            data = stream.read()
    except (OSError, ValueError) as error:
        return None, (_unreadable(file, _reason(error)),)
    return decode_source(file, data)


def decode_source(file: str, data: bytes) -> tuple[SourceFile | None, tuple[Diagnostic, ...]]:
    """The same for bytes that are at hand."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
        source = SourceFile(file=file, text=text.replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeError as error:
        return None, (_undecodable(file, error),)
    except (SyntaxError, LookupError) as error:
        return None, (_unknown_encoding(file, data, error),)
    if (at := source.data.find(b"\0")) >= 0:
        return None, (_null_byte(source, at),)
    return source, ()


_SAVE_AS_UTF8 = "save the file as UTF-8"


def _reason(error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case IsADirectoryError():
            return "it is a directory"
        case OSError(strerror=str(reason)):
            return reason[:1].lower() + reason[1:]
        case _:
            return str(error)


def _unreadable(file: str, reason: str, help: str = "give the path of a Python file with a flow") -> Diagnostic:
    return Diagnostic(code="FC102", message=f"cannot read `{file}`: {reason}", help=help)


def _unknown_encoding(file: str, data: bytes, error: SyntaxError | LookupError) -> Diagnostic:
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    if "unknown encoding" not in reason:
        try:
            data.decode()
        except UnicodeDecodeError as undecodable:
            return _undecodable(file, undecodable)
    return _unreadable(file, f"its encoding is not usable: {reason}", _SAVE_AS_UTF8)


def _undecodable(file: str, error: UnicodeError) -> Diagnostic:
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        where = f": see line {line}"
        return _unreadable(file, f"it is not valid {error.encoding}{where}", _SAVE_AS_UTF8)
    return _unreadable(file, "its text cannot be represented in UTF-8", _SAVE_AS_UTF8)


def _null_byte(source: SourceFile, at: int) -> Diagnostic:
    line, _ = source.position(at)
    return Diagnostic(
        code="FC102",
        message=f"cannot read `{source.file}`: line {line} has a null byte",
        help="give a Python source file; remove the null byte if it is one",
        primary=Label(span=Span(file=source.file, start=at, end=at + 1)),
    )
