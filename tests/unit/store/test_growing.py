"""Logs: readable while they grow, complete in the end, and nobody has to wait for them."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from flowc.errors import StoreError
from flowc.store import growing
from flowc.store.growing import FileLog, ObjectLog
from flowc.store.objects import Data
from flowc.store.opening import open_store
from tests.s3 import BUCKET, S3

MIB = 1 << 20


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Objects:
    """A store of whole objects, which fails as often as it is told to, and takes its time."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.sizes: list[int] = []
        self.data = b""
        self.failures = 0
        self.seconds = 0.0
        self.keeps = True
        self._clock = clock or Clock()

    def write(self, key: str, parts: Sequence[Data]) -> None:
        self.rewrite(key, parts)

    def rewrite(self, key: str, chunks: Iterable[Data]) -> None:
        self._clock.now_s += self.seconds
        if self.failures:
            self.failures -= 1
            raise StoreError("nobody answers")
        size, kept = 0, []
        for chunk in chunks:
            size += len(chunk)
            if self.keeps:
                kept.append(bytes(chunk))
        self.data = b"".join(kept)
        self.sizes.append(size)


def at_once(act: Callable[[], None]) -> Callable[[], None]:
    act()
    return lambda: None


def test_a_log_is_readable_soon_and_written_rarely() -> None:
    clock = Clock()
    store = Objects(clock)
    log = ObjectLog(store, "log", clock, at_once)
    log.write(b"one ")
    log.refresh()
    assert store.sizes == []
    clock.now_s = 2.0
    log.refresh()
    assert store.data == b"one "
    for _ in range(3600):
        clock.now_s += 1.0
        log.write(b".")
    writes = len(store.sizes)
    assert 60 < writes < 80, "about once a minute in the long run"
    log.close()
    assert store.data == b"one " + b"." * 3600
    log.close()
    clock.now_s += 1000.0
    log.refresh()
    assert len(store.sizes) <= writes + 1, "what has not grown is not written again"


def test_a_store_that_is_slow_is_written_to_less_often() -> None:
    clock = Clock()
    store = Objects(clock)
    store.seconds = 10.0
    log = ObjectLog(store, "log", clock, at_once)
    for _ in range(3600):
        clock.now_s += 1.0
        log.write(b".")
    assert 15 < len(store.sizes) < 20
    log.close()


def test_a_store_that_fails_for_a_while_has_all_of_it_in_the_end() -> None:
    clock = Clock()
    store = Objects(clock)
    store.failures = 3
    log = ObjectLog(store, "log", clock, at_once)
    for n in range(100):
        clock.now_s += 1.0
        log.write(b"%d\n" % n)
    assert store.failures == 0
    log.close()
    assert store.data.splitlines() == [b"%d" % n for n in range(100)]


def test_a_store_that_fails_in_the_end_is_told_of() -> None:
    store = Objects()
    store.failures = 1
    log = ObjectLog(store, "log")
    log.write(b"x")
    with pytest.raises(StoreError, match="nobody answers"):
        log.close()


def test_nobody_waits_for_a_store_that_does_not_answer() -> None:
    clock, answered = Clock(), threading.Event()

    class Slow(Objects):
        def rewrite(self, key: str, chunks: Iterable[Data]) -> None:
            answered.wait()
            super().rewrite(key, chunks)

    store = Slow()
    log = ObjectLog(store, "log", clock)
    log.write(b"one ")
    for _ in range(10):
        clock.now_s += 100.0
        log.write(b"more ")  # the upload has begun, and does not end
    assert store.sizes == []
    answered.set()
    log.close()
    assert store.data == b"one " + b"more " * 10
    assert len(store.sizes) == 2, "one upload at a time"


def test_much_takes_little_memory() -> None:
    clock, store = Clock(), Objects()
    store.keeps = False
    block = b"x" * MIB
    tracemalloc.start()
    try:
        log = ObjectLog(store, "log", clock, at_once)
        for _ in range(100):
            clock.now_s += 1.0
            log.write(block)
        log.close()
        assert tracemalloc.get_traced_memory()[1] < 40 * MIB
    finally:
        tracemalloc.stop()
    assert store.sizes[-1] == 100 * MIB


def test_much_is_what_it_was() -> None:
    store = Objects()
    log = ObjectLog(store, "log")
    blocks = [bytes([n]) * (3 * MIB + n) for n in range(9)]
    for block in blocks:
        log.write(block)
    log.close()
    assert store.data == b"".join(blocks)


@pytest.mark.parametrize("moment", ["no folder", "no room"])
def test_without_room_for_a_file_it_stays_in_memory_for_as_long_as_it_can(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if moment == "no folder":
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    else:
        monkeypatch.setattr(growing.os, "pwrite", _no_room)
    store = Objects()
    log = ObjectLog(store, "log")
    for _ in range(64):
        log.write(b"x" * MIB)
    with pytest.raises(StoreError, match="it is too long for the memory"):
        log.write(b"x" * MIB)
    log.close()
    assert len(store.data) == 64 * MIB


def test_a_disk_that_is_full_is_said_and_what_is_kept_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Objects()
    log = ObjectLog(store, "log")
    log.write(b"a" * 9 * MIB)
    with monkeypatch.context() as full:
        full.setattr(growing.os, "pwrite", _no_room)
        with pytest.raises(StoreError, match="its temporary file cannot be written: No space left on device"):
            log.write(b"b" * MIB)
    log.write(b"c")
    log.close()
    assert store.data == b"a" * 9 * MIB + b"c"


def _no_room(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Disk:
    """Makes a file, if it is there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_there = False

    def create(self) -> int:
        if not self.is_there:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o666)

    def failure(self, error: OSError) -> StoreError:
        return StoreError(f"the disk: {error.strerror}")


def test_a_disk_that_is_gone_for_a_while_has_all_of_it_in_the_end(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "log")
    log = FileLog(disk.create, disk.failure)
    log.write(b"one ")
    log.write(b"two ")
    disk.is_there = True
    log.refresh()
    assert disk.path.read_bytes() == b"one two "
    log.write(b"three")
    log.close()
    assert disk.path.read_bytes() == b"one two three"


def test_a_disk_that_stays_away_is_told_of(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "log")
    log = FileLog(disk.create, disk.failure)
    for _ in range(64):
        log.write(b"x" * MIB)
    with pytest.raises(StoreError, match="the disk: Stale file handle"):
        log.write(b"x")
    log.write(b"y")
    with pytest.raises(StoreError, match="the disk: Stale file handle"):
        log.close()


def test_a_long_log_in_s3_is_what_it_was(s3_server: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    store = open_store(f"s3://{BUCKET}/{tmp_path.name}")
    store.write("log", [b"of an upload before"])
    log = store.log("log")
    blocks = [bytes([n]) * (3 * MIB + n) for n in range(7)]
    for block in blocks:
        log.write(block)
    log.close()
    assert store.read("log") == b"".join(blocks)
