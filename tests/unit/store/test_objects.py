"""What every store promises, on each of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowc.errors import ObjectNotFound, StoreError
from flowc.store import ObjectStore, open_store
from flowc.store.opening import to_url
from tests.s3 import BUCKET, S3


def test_an_object_is_read_as_it_was_written(store: ObjectStore) -> None:
    store.write("a/b c/ü", [b"one", b"", bytearray(b"two"), memoryview(b"three")])
    assert store.read("a/b c/ü") == b"onetwothree"
    store.write("a/b c/ü", [])
    assert store.read("a/b c/ü") == b""


def test_thousands_of_parts_are_written_in_order(store: ObjectStore) -> None:
    parts = [str(n).encode() for n in range(3000)]
    store.write("many", parts)
    assert store.read("many") == b"".join(parts)


def test_a_large_object_of_uneven_parts_is_written_in_order(store: ObjectStore) -> None:
    # on S3 more than one part of an upload, and more than one range of a download
    parts = [b"head", bytes(range(256)) * (9 << 12), b"middle", b"\1" * (17 << 20), b"tail"]
    whole = b"".join(parts)
    store.write("large", parts)
    assert store.read_range("large", 0, len(whole)) == whole
    assert store.read_range("large", len(whole) - 5, 5) == b"\1tail"


def test_what_is_not_there_is_not_found(store: ObjectStore) -> None:
    for read in (lambda: store.read("no/thing"), lambda: store.read_range("no/thing", 0, 1)):
        with pytest.raises(ObjectNotFound, match="there is no object `no/thing` in the store"):
            read()
    assert not store.exists("no/thing")
    assert store.folders("no/") == []
    assert list(store.keys("no/")) == []


@pytest.mark.parametrize("size", [100, 1 << 20])
def test_a_range_is_writable_and_private(store: ObjectStore, size: int) -> None:
    data = os.urandom(size)
    store.write("x", [data])
    for start, length in [(0, size), (1, size - 1), (7, size - 50), (size - 1, 1), (3, 0)]:
        assert store.read_range("x", start, length) == data[start : start + length]
    mine = store.read_range("x", 1, size - 1)
    mine[0:4] = b"mine"
    assert store.read("x") == data
    assert store.read_range("x", 1, size - 1) == data[1:]


@pytest.mark.parametrize(("start", "length"), [(0, 1 << 20), (1000, 1 << 20), (4, 7), (10, 1), (500, 4)])
def test_an_object_that_is_too_short_is_an_error(store: ObjectStore, start: int, length: int) -> None:
    store.write("short", [b"0123456789"])
    with pytest.raises(StoreError, match="short"):
        store.read_range("short", start, length)


def test_many_are_read_in_the_order_asked_for(store: ObjectStore) -> None:
    for n in range(40):
        store.write(f"m/{n}", [str(n).encode()])
    keys = [f"m/{n}" for n in (39, 0, 99, 5, 5)]
    assert store.read_many(keys) == [b"39", b"0", None, b"5", b"5"]
    assert store.read_many([]) == []
    assert store.read_many(["m/1"]) == [b"1"]


def test_write_once_leaves_an_object_that_there_is(store: ObjectStore) -> None:
    large = bytes(9 << 20)
    store.write_once("blob", [large])
    store.write_once("blob", [large])
    assert store.exists("blob")
    assert store.read_range("blob", 0, len(large)) == large


def test_keys_and_folders(store: ObjectStore) -> None:
    for key in ("r/b/x", "r/b/y/z", "r/a/x", "r/file", "r2/x"):
        store.write(key, [b"1"])
    assert sorted(store.keys("r/")) == ["r/a/x", "r/b/x", "r/b/y/z", "r/file"]
    assert store.folders("r/") == ["a", "b"]
    assert store.folders("r/b/") == ["y"]
    assert store.folders("") == ["r", "r2"]


def test_update_creates_replaces_and_leaves(store: ObjectStore) -> None:
    seen: list[bytes | None] = []

    def append(present: bytes | None) -> bytes:
        seen.append(present)
        return (present or b"") + b"x"

    for _ in range(3):
        store.update("u", append)
    assert store.read("u") == b"xxx"
    assert [s for s in seen if s is not None] == [b"x", b"xx"]

    store.update("u", lambda present: None)
    assert store.read("u") == b"xxx"
    store.update("never", lambda present: None if present is None else present + b"!")
    assert not store.exists("never")
    store.update("u", lambda present: None if present is None else present + b"!")
    assert store.read("u") == b"xxx!"


_RACER = """
import json, sys
from flowc.store.opening import open_store
url, name, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(url)
print(flush=True)
sys.stdin.readline()
def add(present):
    return json.dumps([*json.loads(present or b"[]"), name]).encode()
for _ in range(rounds):
    store.update("race/list", add)
"""


def test_no_update_of_racing_processes_is_lost(url: str) -> None:
    rounds = 12
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, url, name, str(rounds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "abc"
    ]
    for racer in racers:
        assert racer.stdout is not None
        racer.stdout.readline()
    for racer in racers:
        racer.stdin.write("go\n")  # type: ignore[union-attr]
        racer.stdin.flush()  # type: ignore[union-attr]
    for racer in racers:
        racer.communicate()
        assert racer.returncode == 0
    found = json.loads(open_store(url).read("race/list"))
    assert sorted(found) == sorted("abc" * rounds)


def test_a_log_can_be_read_when_it_is_closed(store: ObjectStore) -> None:
    log = store.log("t/log")
    log.close()
    assert not store.exists("t/log"), "an attempt that prints nothing leaves no log"
    log = store.log("t/log")
    for n in range(100):
        log.write(f"line {n}\n".encode())
    log.refresh()
    log.close()
    log.close()
    assert store.read("t/log").decode().splitlines() == [f"line {n}" for n in range(100)]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("s3://bucket/prefix/", "s3://bucket/prefix"),
        ("file:///a/b", "file:///a/b"),
        ("/a b/c", "file:///a%20b/c"),
        ("rel", f"file://{Path.cwd()}/rel"),
    ],
)
def test_a_store_has_one_url(text: str, url: str) -> None:
    assert to_url(text) == url


def test_a_directory_is_opened_by_path_and_by_url(tmp_path: Path) -> None:
    open_store(str(tmp_path / "ä b%20")).write("k", [b"1"])
    assert open_store((tmp_path / "ä b%20").as_uri()).read("k") == b"1"
    assert open_store(open_store(str(tmp_path / "ä b%20")).url).read("k") == b"1"


@pytest.mark.parametrize("url", ["gs://bucket/x", "s3:///x", "file://host/x", "http://x/y"])
def test_what_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match=r"is not a store: expected a directory, file:///directory, or s3://"):
        open_store(url)


def test_a_bucket_that_is_not_there_is_named(s3_server: S3, remote_url: str) -> None:
    store = open_store("s3://no-such-bucket/x")
    acts = [
        lambda: store.read("k"),
        lambda: store.read_many(["k"]),
        lambda: store.write("k", [b"1"]),
        lambda: store.write("k", [bytes(9 << 20)]),
        lambda: store.update("k", lambda present: b"1"),
        lambda: store.folders("k/"),
    ]
    for act in acts:
        with pytest.raises(
            StoreError, match=r"s3://no-such-bucket/x cannot read or write `k/?`: NoSuchBucket"
        ) as found:
            act()
        assert not isinstance(found.value, ObjectNotFound)


def test_without_conditional_writes_update_reads_compares_and_writes(s3_server: S3) -> None:
    environment = {**s3_server.environment, "AWS_CONDITIONAL_PUT": "disabled"}
    store = open_store(f"s3://{BUCKET}/unconditional", environment)
    seen: list[bytes | None] = []

    def change(present: bytes | None) -> bytes | None:
        seen.append(present)
        return (present or b"") + b"x"

    for expected in (b"x", b"xx"):
        store.update("k", change)
        assert store.read("k") == expected
    assert seen[-1] == b"x"
    store.update("k", lambda present: None)
    assert store.read("k") == b"xx"


def test_missing_credentials_are_named(s3_server: S3) -> None:
    nobody = {k: v for k, v in s3_server.environment.items() if "KEY" not in k}
    with pytest.raises(StoreError, match="no AWS credentials were found: set AWS_ACCESS_KEY_ID"):
        open_store(f"s3://{BUCKET}/x", nobody).read("k")


@pytest.mark.slow
def test_an_endpoint_that_does_not_answer_is_a_store_error(remote_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # the discard service; nothing listens there
    with pytest.raises(
        StoreError, match=rf"the store s3://{BUCKET}/\S+ ?\w* cannot read or write `k`: .*127\.0\.0\.1:9"
    ):
        open_store(remote_url).read("k")


def test_settings_of_an_environment_count_and_not_those_of_the_process(
    s3_server: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    store = open_store(f"s3://{BUCKET}/settings", s3_server.environment)
    store.write("k", [b"1"])
    assert store.read("k") == b"1"
