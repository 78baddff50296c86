"""What flowc itself says in a task's output."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def say(text: str, fd: int = 1) -> None:
    """Write text to standard output, or another file descriptor, whatever the user's code has made of `sys.stdout`."""
    flush()
    data = text.encode(errors="backslashreplace")
    with suppress(OSError):  # nobody is listening any more
        while data:
            data = data[os.write(fd, data) :]


def flush() -> None:
    """Send on what was printed before."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed, or replaced by something else
            stream.flush()
