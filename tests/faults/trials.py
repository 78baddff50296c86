"""Runs one task again and again, each time killed at another write to the store: `python -m tests.faults.trials`.

The settings come as JSON on standard input: `environment` (of an undisturbed attempt), `victim` (`task`: the process
that runs the user's code dies; `runner`: the supervising process and with it the task; `supervisor`: at the writes of
the supervising process), `stores` (a URL for each trial, all in the same state; the first one is for counting). What
comes out is JSON as well: for each trial where it was killed, and the exit codes of the killed and of the next attempt.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy  # noqa: F401 - so that no trial has to import it

import flowc.runner.code
import flowc.runner.loader
import flowc.runner.task  # noqa: F401 - likewise
from flowc.runner.__main__ import main
from flowc.store.objects import Data, LogSink, ObjectStore
from flowc.store.opening import open_store

MOMENTS = ("before", "within", "after")
_PR_SET_CHILD_SUBREAPER = 36  # Source: prctl(2)


class Deadly:
    """A store in which the `fatal`-th write of this process kills."""

    def __init__(self, inner: ObjectStore, fatal: tuple[int, str] | None, kill: Callable[[], None], notes: int) -> None:
        self._inner = inner
        self._fatal = fatal
        self._kill = kill
        self._notes = notes
        self._writes = 0
        self.url = inner.url

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, key: str, parts: Sequence[Data]) -> None:
        self._dying(key, lambda within: self._inner.write(key, within(parts, 1)))

    def write_once(self, key: str, parts: Sequence[Data]) -> None:
        # it asks for the size before it writes
        self._dying(key, lambda within: self._inner.write_once(key, within(parts, 2)))

    def update(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        def changed(present: bytes | None) -> bytes | None:
            new = change(present)
            if self._is_fatal("within"):
                self._kill()
            return new

        self._dying(key, lambda within: self._inner.update(key, changed))

    def log(self, key: str) -> LogSink:
        return DeadlyLog(self, self._inner.log(key), key)

    def _dying(self, key: str, write: Callable[[Callable[[Sequence[Data], int], Sequence[Data]]], None]) -> None:
        os.write(self._notes, f"{key}\n".encode())
        if self._is_fatal("before"):
            self._kill()
        write(lambda parts, look: Fatal(parts, look, self._kill) if self._is_fatal("within") else parts)
        if self._is_fatal("after"):
            self._kill()
        self._writes += 1

    def _is_fatal(self, moment: str) -> bool:
        return self._fatal == (self._writes, moment)


class Fatal(Sequence[Data]):
    """What is to be written to a local store, which dies when it has made the file and takes the bytes."""

    def __init__(self, parts: Sequence[Data], look: int, kill: Callable[[], None]) -> None:
        self._parts = parts
        self._looks_left = look
        self._kill = kill

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index: Any) -> Any:
        return self._parts[index]

    def __iter__(self) -> Iterator[Data]:
        self._looks_left -= 1
        if not self._looks_left:
            self._kill()
        return iter(self._parts)


class DeadlyLog:
    """The log of a deadly store; writing to it is a write."""

    def __init__(self, store: Deadly, inner: LogSink, key: str) -> None:
        self._store = store
        self._inner = inner
        self._key = key

    def write(self, data: bytes) -> None:
        self._store._dying(self._key, lambda _: self._inner.write(data))

    def refresh(self) -> None:
        self._inner.refresh()

    def close(self) -> None:
        self._store._dying(self._key, lambda _: self._inner.close())


def attempt(environment: Mapping[str, str], victim: str, fatal: tuple[int, str] | None, notes: int) -> int:
    """One attempt in a process of its own; its exit code, 128 + n after signal n."""
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            status = _be_killed(environment, victim, fatal, notes)
        except SystemExit as end:  # how the task's process ends
            status = int(end.code or 0)
        finally:
            os._exit(status)
    ends = {}
    while True:  # with the processes that have lost their parent
        try:
            ended, status = os.wait()
        except ChildProcessError:
            break
        ends[ended] = os.waitstatus_to_exitcode(status)
    code = ends[pid]
    return code if code >= 0 else 128 - code


def _be_killed(environment: Mapping[str, str], victim: str, fatal: tuple[int, str] | None, notes: int) -> int:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    runner = os.getpid()

    def kill() -> None:
        if victim == "runner":
            os.kill(runner, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    def opened(url: str) -> ObjectStore:
        counts = (os.getpid() == runner) == (victim == "supervisor")
        store = open_store(url)
        return Deadly(store, fatal, kill, notes) if counts else store

    return main(environment, opened)


def _trial(environment: Mapping[str, str], victim: str, store: str, fatal: tuple[int, str]) -> dict[str, Any]:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    first = attempt({**environment, "FLOWC_STORE": store, "FLOWC_ATTEMPT": "killed"}, victim, fatal, nowhere)
    # a scheduler tries again what has failed
    second = (
        attempt({**environment, "FLOWC_STORE": store, "FLOWC_ATTEMPT": "again"}, "task", None, nowhere)
        if first
        else None
    )
    os.close(nowhere)
    return {"store": store, "fatal": fatal, "first": first, "second": second}


def run(settings: Mapping[str, Any]) -> dict[str, Any]:
    """All trials."""
    environment, victim = settings["environment"], settings["victim"]
    counting, *stores = settings["stores"]
    read, write = os.pipe()
    code = attempt({**environment, "FLOWC_STORE": counting}, victim, None, write)
    os.close(write)
    with os.fdopen(read) as notes:
        keys = notes.read().splitlines()
    moments = [(n, m) for n in range(len(keys)) for m in settings["moments"]]
    trials = [_trial(environment, victim, store, fatal) for store, fatal in zip(stores, moments, strict=False)]
    return {"undisturbed": code, "keys": keys, "wanted": len(moments), "trials": trials}


if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    json.dump(run(json.load(sys.stdin)), sys.stdout)
