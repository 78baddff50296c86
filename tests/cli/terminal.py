"""A program on a terminal of its own, and someone who types."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_PATIENCE_S = 20.0


class Terminal:
    """A program whose input and output are a pseudo-terminal, which is its controlling one.

    Attributes:
        text: All that it has printed so far, and what was typed, as terminals echo it.
    """

    def __init__(self, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.text = ""
        self._seen = 0
        self._fd, theirs = pty.openpty()
        self._process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)

    def expect(self, text: str) -> str:
        """Wait until a text is printed after what was waited for before; what was printed up to its end."""
        while text not in self.text[self._seen :]:
            assert self._read(), f"it ended without {text!r}:\n{self.text}"
        end = self.text.index(text, self._seen) + len(text)
        found, self._seen = self.text[self._seen : end], end
        return found

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._fd, f"{line}\n".encode())

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.write(self._fd, b"\x03")

    def end(self) -> int:
        """Wait for the program's end; its exit code."""
        while self._read():
            pass
        return self._process.wait(_PATIENCE_S)

    def close(self) -> None:
        """Make sure that nothing is left behind."""
        self._process.kill()
        self._process.wait()
        os.close(self._fd)

    def _read(self) -> bool:
        """Take in what is printed next; False when there will be no more."""
        ready, _, _ = select.select([self._fd], [], [], _PATIENCE_S)
        assert ready, f"nothing is printed any more:\n{self.text}"
        data = b""
        with suppress(OSError):  # Linux: nobody has the other end open any more
            data = os.read(self._fd, 4096)
        self.text += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)
