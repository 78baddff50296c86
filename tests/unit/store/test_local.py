"""What is particular to a store in a directory."""

from __future__ import annotations

import gc
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flowc.errors import StoreError
from flowc.store.local import LocalStore


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "store"))


def test_nothing_but_objects_is_left_behind(store: LocalStore) -> None:
    store.write("a/x", [b"1"])
    store.write_once("a/y", [b"2"])
    store.update("b/z", lambda present: b"3")
    found = sorted(str(p.relative_to(store.root)) for p in Path(store.root).rglob("*") if p.is_file())
    assert found == ["a/x", "a/y", "b/z"]


class Unwilling(bytes):
    """Bytes that cannot be written."""

    def __len__(self) -> int:
        raise OSError(28, "No space left on device")


def test_a_write_that_fails_leaves_the_object_and_nothing_else(store: LocalStore) -> None:
    store.write("a/x", [b"before"])
    with pytest.raises(
        StoreError, match=rf"the store {store.root} cannot read or write `a/x`: No space left on device"
    ):
        store.write("a/x", [b"after", Unwilling()])
    assert store.read("a/x") == b"before"
    assert os.listdir(f"{store.root}/a") == ["x"]


def test_a_full_disk_is_a_store_error(tmp_path: Path) -> None:
    # the limit stands for the disk; the kernel says it with the same call
    script = f"""
import resource, signal
from flowc.errors import StoreError
from flowc.store.local import LocalStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
store = LocalStore({str(tmp_path)!r})
try:
    store.write("x", [bytes(2000)])
except StoreError as error:
    print(error, store.exists("x"))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"the store {tmp_path} cannot read or write `x`: File too large False\n"


def test_what_may_not_be_read_or_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    store = LocalStore(str(tmp_path / "file"))
    acts = [
        lambda: store.read("k"),
        lambda: store.exists("k"),
        lambda: store.write("k", [b"1"]),
        lambda: store.update("k", lambda present: b"1"),
        lambda: _log(store),
        lambda: store.folders("k/"),
        lambda: list(store.keys("k/")),
    ]
    for act in acts:
        with pytest.raises(
            StoreError, match=rf"the store {tmp_path}/file cannot read or write `k/?`: (Not a dir|File ex)"
        ):
            act()


def _log(store: LocalStore) -> None:
    log = store.log("k")
    log.write(b"1")
    log.close()


def test_permission_denied_is_said(tmp_path: Path) -> None:
    # root may do everything, so the store is used by somebody else
    script = f"""
import os, sys
from flowc.errors import StoreError
from flowc.store.local import LocalStore
os.chmod({str(tmp_path)!r}, 0o755)
store = LocalStore({str(tmp_path / "store")!r})
store.write("k", [b"1"])
os.chmod(store.path("k"), 0o600)
if os.getuid() == 0:
    os.setuid(65534)
else:
    os.chmod(store.path("k"), 0)
    os.chmod(store.root, 0o555)
for act in (lambda: store.read("k"), lambda: store.write("new/k", [b"2"])):
    try:
        act()
    except StoreError as error:
        print(str(error).rpartition(": ")[2])
"""
    for folder in [tmp_path, *tmp_path.parents][:3]:
        if folder.stat().st_uid == os.getuid() and folder != Path("/tmp"):
            folder.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["Permission denied", "Permission denied"]


def test_files_have_the_permissions_of_the_process(store: LocalStore) -> None:
    before = os.umask(0o027)
    try:
        store.write("shared/x", [b"1"])
        store.log("shared/log").write(b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(store.path("shared/x")).st_mode) == 0o640
    assert stat.S_IMODE(os.stat(store.path("shared/log")).st_mode) == 0o640
    assert stat.S_IMODE(os.stat(store.path("shared")).st_mode) == 0o750


def test_a_file_that_a_crash_has_cut_off_is_written_again(store: LocalStore) -> None:
    store.write_once("blob", [b"whole"])
    Path(store.path("blob")).write_bytes(b"wh")
    store.write_once("blob", [b"who", b"le"])
    assert store.read("blob") == b"whole"


def test_write_once_does_not_write_what_is_there(store: LocalStore) -> None:
    store.write_once("blob", [b"whole"])
    before = os.stat(store.path("blob")).st_ino
    store.write_once("blob", [b"who", b"le"])
    assert os.stat(store.path("blob")).st_ino == before


def test_a_map_outlives_its_object(store: LocalStore) -> None:
    data = os.urandom(1 << 20)
    store.write("x", [data])
    mapped = store.read_range("x", 0, len(data))
    assert isinstance(mapped, memoryview)
    store.write("x", [bytes(10)])
    assert mapped == data
    os.unlink(store.path("x"))
    assert mapped == data


def test_maps_do_not_use_up_the_file_descriptors(store: LocalStore) -> None:
    size = 1 << 18
    store.write("x", [bytes(size)])
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft >= 256
    held = [store.read_range("x", 0, size) for _ in range(600)]
    assert len(os.listdir("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd")) < 256
    assert {len(h) for h in held} == {size}
    del held
    gc.collect()
    assert isinstance(store.read_range("x", 0, size), memoryview)


def test_a_log_is_readable_while_it_grows(store: LocalStore) -> None:
    log = store.log("t/log")
    log.write(b"one\n")
    assert store.read("t/log") == b"one\n"
    log.write(b"two\n")
    assert store.read("t/log") == b"one\ntwo\n"
    log.close()
