"""Processes on this machine that stand for containers."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol


class Workload(Protocol):
    """What runs of a job: a container, or a process that stands for one.

    Attributes:
        is_out_of_memory: Whether it was killed for want of memory; known after `wait`.
    """

    is_out_of_memory: bool

    def wait(self, timeout_s: float | None = None) -> int:
        """Its exit code, 128 + N after signal N.

        Raises:
            TimeoutError: It still runs.
        """
        ...

    def terminate(self) -> None:
        """Asks it to end."""
        ...

    def kill(self) -> None:
        """Ends it at once."""
        ...


class Process:
    """A command in a session of its own; what it starts is signalled with it."""

    is_out_of_memory = False

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> None:
        """Starts it.

        Args:
            argv: The command.
            environment: All of its variables.
            folder: Its working directory.
            log: The file for its output.

        Raises:
            OSError: It cannot be started.
        """
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                argv,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, timeout_s: float | None = None) -> int:
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        return code if code >= 0 else 128 - code

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
