"""What a task's process tells the one that watches it, through a pipe of their own."""

from __future__ import annotations

import os
import select
import struct
import time
from contextlib import suppress

GRACE_S = 10.0
"""How long code may go on after its time limit was raised in it, before its process is killed."""

_WORD = struct.Struct("<cd")  # what it is about, and a number; so short that it is written whole
_EXIT = b"E"
_LIMIT = b"L"
_NO_LIMIT = b"N"
_MANY = 64


class Teller:
    """The task's end of the pipe.

    Args:
        fd: The file descriptor; None where nobody watches.
    """

    def __init__(self, fd: int | None = None) -> None:
        self._fd = fd

    def exit(self, code: int) -> None:
        """The process is about to end, with everything recorded that is to be."""
        self._tell(_EXIT, code)

    def limit(self, seconds: float | None) -> None:
        """Code runs that has a time limit from now on; None: it has ended."""
        self._tell(*((_NO_LIMIT, 0.0) if seconds is None else (_LIMIT, seconds)))

    def _tell(self, about: bytes, number: float) -> None:
        if self._fd is not None:
            with suppress(OSError):  # the task's code may have closed what it does not know
                os.write(self._fd, _WORD.pack(about, number))


class Words:
    """The watcher's end of the pipe: what was heard so far.

    Attributes:
        fd: The file descriptor.
        code: The exit code of which the process has said that it ends with it; None if it has not.
        limit_s: The time limit that the process is under, in seconds; None if there is none.
        overran: The process has not ended in time, and is to be killed, or was.
    """

    def __init__(self, fd: int, grace_s: float | None = None) -> None:
        self.fd = fd
        self.code: int | None = None
        self.limit_s: float | None = None
        self.overran = False
        self._grace_s = GRACE_S if grace_s is None else grace_s
        self._end_s = 0.0
        self._rest = b""

    def listen(self) -> bool:
        """Take in what can be read now; False when there will be no more."""
        data = os.read(self.fd, _MANY * _WORD.size)
        heard = self._rest + data
        whole = len(heard) - len(heard) % _WORD.size
        self._rest = heard[whole:]
        for about, number in _WORD.iter_unpack(heard[:whole]):
            if about == _EXIT:
                self.code = int(number)
            else:
                self.limit_s = number if about == _LIMIT else None
                self._end_s = time.monotonic() + number + self._grace_s
        return bool(data)

    def listen_to_end(self, patience_s: float = 0) -> None:
        """Take in the rest when the process has ended.

        Args:
            patience_s: How long it may take to end, if that is not certain yet.
        """
        while select.select([self.fd], [], [], patience_s)[0] and self.listen():
            pass

    def is_overdue(self) -> bool:
        """Whether the process has to be killed by now."""
        if self.limit_s is not None and self.code is None and time.monotonic() >= self._end_s:
            self.overran = True
        return self.overran

    def overrun(self) -> str:
        """What is to be said of a process that has not ended in time."""
        return f"the task did not end {self._grace_s:g} s after its time limit of {self.limit_s:g} s, and was killed"

    def close(self) -> None:
        """Nothing more is to be heard."""
        os.close(self.fd)
