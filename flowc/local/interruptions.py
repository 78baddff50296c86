"""Ctrl-C, SIGTERM and a closed terminal as something that a selector can wait for, not an exception at any line."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruptions:
    """While it is entered, signals that ask the process to end only make `fd` readable.

    Python leaves signals to the main thread; entered in another one, this does nothing.

    Attributes:
        fd: Readable when there was an interruption.
    """

    def __init__(self) -> None:
        self.fd, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._before: dict[signal.Signals, Any] = {}

    def take(self) -> int:
        """How many there were since the last call; waits for one."""
        return len(os.read(self.fd, 64))

    def __enter__(self) -> Interruptions:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self.fd)
        os.close(self._write)

    def _note(self, number: int, frame: object) -> None:
        with suppress(BlockingIOError):  # there are more than enough of them
            os.write(self._write, b"!")
