"""The file of an `IncludeFile(...)`: found and read when the flow is compiled."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from flowc.frontend.arguments import Definition
from flowc.frontend.constants import NotConstant
from flowc.frontend.defaults import is_deferred
from flowc.frontend.scope import Scope
from flowc.ir.steps import IncludedFile

_ENCODING = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """What an `IncludeFile` says of its file.

    Attributes:
        encoding: The file is text in this encoding; None for bytes.
        deferred: Which one it is by default is found when a run starts.
        file: The one that is included by default; None for none, or for one in error.
    """

    encoding: str | None
    deferred: bool
    file: IncludedFile | None


def read_include(definition: Definition, scope: Scope, folder: str) -> Include:
    """Read the arguments, and the file.

    Args:
        folder: Of the flow's file.

    Emits: FC113, FC119, FC132.
    """
    encoding = _encoding(definition)
    value = definition.value("default")
    if isinstance(value, NotConstant):
        return Include(encoding=encoding, deferred=is_deferred(definition, value, scope), file=None)
    default = definition.text("default", "write the path of a file in quotes")
    if default is None or (definition.flag("required") and default):
        return Include(encoding=encoding, deferred=False, file=None)
    if urlsplit(default).scheme == "s3":  # the start task reads it, as it would read one that a run is given
        return Include(encoding=encoding, deferred=True, file=None)
    return Include(encoding=encoding, deferred=False, file=_read(definition, default, folder, encoding))


def _encoding(definition: Definition) -> str | None:
    encoding = definition.text("encoding", 'write a string: `encoding="latin-1"`')
    if not definition.flag("is_text", True):
        if encoding is not None:
            message = f"parameter `{definition.name}` has an encoding, and its file is not text"
            definition.bad(definition.given["encoding"], message, "leave `encoding` or `is_text=False` out")
        return None
    if encoding is not None and not _is_known(encoding):
        message = f"parameter `{definition.name}` has an encoding that Python does not know: `{encoding}`"
        definition.bad(definition.given["encoding"], message, "give one that it knows, such as `utf-8` or `latin-1`")
        return _ENCODING
    return encoding or _ENCODING


def _is_known(encoding: str) -> bool:
    try:
        b"a".decode(encoding)
    except (LookupError, ValueError) as error:
        return isinstance(error, UnicodeError)
    return True


def _read(definition: Definition, default: str, folder: str, encoding: str | None) -> IncludedFile | None:
    from flowc.store.files import file_record, read_chunks, reason, size_of

    path = place_of(default, folder)
    try:
        record = file_record(read_chunks(path), encoding)
        return IncludedFile(name=default, path=path, size=size_of(record), record=record)
    except UnicodeError as error:
        message = f"the file `{default}` is not text in {encoding}: {_unreadable(error)}"
        help = "give its encoding with `encoding=`, or `is_text=False` to have its bytes"
    except (OSError, ValueError) as error:
        message = f"the file `{default}` cannot be read: {reason(error)}"
        help = "give a path relative to the folder of the flow's file"
    definition.report.error("FC132", definition.given["default"], message, help)
    return None


def place_of(default: str, folder: str) -> str:
    """Where a file is: relative to the flow's folder, or else, as for Metaflow, to the working directory."""
    parts = urlsplit(default)
    path = unquote(parts.path) if parts.scheme == "file" else os.path.expanduser(default)
    own = os.path.join(os.path.abspath(folder), path)
    elsewhere = os.path.abspath(path)
    return elsewhere if "\0" not in path and not os.path.exists(own) and os.path.exists(elsewhere) else own


def _unreadable(error: UnicodeError) -> str:
    return error.reason if isinstance(error, UnicodeDecodeError) else str(error)
