"""Tracebacks as the flow's author knows them: from the first line of their code on, without how flowc came there."""

from __future__ import annotations

import os
from traceback import StackSummary, TracebackException
from types import TracebackType

_OUTER = ("flowc.", "importlib.")
_PASSING = {os.path.join(os.path.dirname(__file__), name) for name in ("loader.py", "breakpoints.py", "termination.py")}
"""The files whose frames stand between and behind those of the user's code: imports go through the loader."""


def format_traceback(error: BaseException) -> str:
    """The traceback of an exception, and of those that it came from."""
    formatted = TracebackException(type(error), error, own_frames(error))
    _leave_out(formatted, set())
    return "".join(formatted.format())


def own_frames(error: BaseException) -> TracebackType | None:
    """The part of an exception's traceback that is the user's code, or all of it if there is no such part."""
    frame: TracebackType | None = error.__traceback__
    while frame is not None and frame.tb_frame.f_globals.get("__name__", "").startswith(_OUTER):
        frame = frame.tb_next
    return _without_passing(frame) or error.__traceback__


def _without_passing(frame: TracebackType | None) -> TracebackType | None:
    """A copy without the frames of the loader; the exception keeps its own."""
    kept: list[TracebackType] = []
    while frame is not None:
        if frame.tb_frame.f_code.co_filename not in _PASSING:
            kept.append(frame)
        frame = frame.tb_next
    copied: TracebackType | None = None
    for entry in reversed(kept):
        copied = TracebackType(copied, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return copied


def _leave_out(formatted: TracebackException, seen: set[int]) -> None:
    """Do the same to what is formatted already: to the exceptions that one came from, and those of a group."""
    pending = [formatted]
    while pending:
        entry = pending.pop()
        if id(entry) in seen:
            continue
        seen.add(id(entry))
        entry.stack = StackSummary.from_list([f for f in entry.stack if f.filename not in _PASSING])
        pending += [e for e in (entry.__cause__, entry.__context__, *(entry.exceptions or ())) if e is not None]
