"""A log in an object store: written whole, again and again, but not too often."""

from __future__ import annotations

from pathlib import Path

from flowc.store.local import LocalStore
from flowc.store.remote import RemoteLog
from tests.stores import Recording


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_log_is_readable_soon_and_written_rarely(tmp_path: Path) -> None:
    store, clock = Recording(LocalStore(str(tmp_path))), Clock()
    log = RemoteLog(store, "log", clock)
    log.write(b"one ")
    log.refresh()
    assert not store.exists("log")
    clock.now_s = 2.0
    log.refresh()
    assert store.read("log") == b"one "
    for _ in range(3600):
        clock.now_s += 1.0
        log.write(b".")
    writes = len(store.of("write"))
    assert 60 < writes < 80, "about once a minute in the long run"
    log.close()
    assert store.read("log") == b"one " + b"." * 3600
    log.close()
    clock.now_s += 1000.0
    log.refresh()
    assert len(store.of("write")) <= writes + 1, "what has not grown is not written again"
