"""Files as artifacts: their record, and their bytes in a store."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowc.contract import blob_key
from flowc.errors import ParameterError, StoreError
from flowc.store import ObjectStore, artifacts, codec
from flowc.store.files import CHUNK, digest_of, file_record, put_file, read_chunks, size_of, sound_chunks
from flowc.store.objects import Data


def included(store: ObjectStore, data: bytes, encoding: str | None) -> Any:
    """What becomes of a file's bytes, on their way through a store."""
    record = file_record([data], encoding)
    put_file(store, "Flow", record, [data], "file")
    assert store.read(blob_key("Flow", digest_of(record))) == data
    return artifacts.load(store, "Flow", record)


@pytest.mark.parametrize("data", [b"", b"\0", b"a\r\nb\rc\n", bytes(range(256)), b"x" * 3000], ids=len)
def test_bytes_come_back_as_they_were(store: ObjectStore, data: bytes) -> None:
    found = included(store, data, None)
    assert found == data
    assert type(found) is bytes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252", "utf-7"])
@pytest.mark.parametrize("text", ["", "ümläut €"[:6], "one\r\ntwo\rthree\n\r", "a\0b", "\r"])
def test_text_comes_back_as_python_reads_a_text_file(
    store: ObjectStore, tmp_path: Path, encoding: str, text: str
) -> None:
    data = text.encode(encoding)
    (tmp_path / "file").write_bytes(data)
    found = included(store, data, encoding)
    assert found == (tmp_path / "file").read_text(encoding=encoding)
    assert type(found) is str


def test_a_byte_order_mark_stays_unless_the_encoding_takes_it_away(store: ObjectStore) -> None:
    data = "text".encode("utf-8-sig")
    assert included(store, data, "utf-8") == "\ufefftext"
    assert included(store, data, "utf-8-sig") == "text"


def test_a_record_says_what_any_artifact_s_does(store: ObjectStore) -> None:
    record = file_record([b"ab", b"c"], "utf-8")
    stream = artifacts.fetch(store, "Flow", record["stream"])
    assert record["hash"] == codec.digest_of(stream, [b"abc"])
    assert record["type"] == "str"
    assert record["size"] == len(stream) + 3
    assert size_of(record) == 3
    assert artifacts.blobs_of(store, "Flow", [record], None) == {digest_of(record)}
    assert record == file_record([b"", b"a", b"bc"], "utf-8")


def test_equal_bytes_are_equal_files_and_text_is_no_bytes() -> None:
    assert artifacts.records_agree([file_record([b"a"], None), file_record([b"a"], None)])
    assert not artifacts.records_agree([file_record([b"a"], None), file_record([b"b"], None)])
    assert not artifacts.records_agree([file_record([b"a"], None), file_record([b"a"], "utf-8")])


@pytest.mark.parametrize(
    ("chunks", "encoding"),
    [([b"a\xff"], "utf-8"), ([b"\xc3"], "utf-8"), ([b"a", b"\xc3", b"a"], "utf-8"), ([b"\xe4"], "ascii")],
)
def test_what_is_not_text_is_refused(chunks: list[bytes], encoding: str) -> None:
    with pytest.raises(UnicodeError):
        file_record(chunks, encoding)


def test_characters_and_line_ends_may_lie_on_two_chunks(store: ObjectStore) -> None:
    record = file_record([b"\xc3", b"\xbc\r", b"\n"], "utf-8")
    put_file(store, "Flow", record, [b"\xc3\xbc\r\n"], "file")
    assert artifacts.load(store, "Flow", record) == "ü\n"


@pytest.mark.parametrize("size", [10, 20 << 20], ids=["small", "large"])
def test_a_file_that_changes_is_not_stored(store: ObjectStore, size: int) -> None:
    record = file_record([bytes(size)], None)
    with pytest.raises(ParameterError, match=r"the file `data\.bin` was changed while it was read: try again"):
        put_file(store, "Flow", record, [b"\1" * size], "data.bin")
    assert list(store.keys("Flow/")) == []


def test_a_file_that_vanishes_is_not_stored(store: ObjectStore, tmp_path: Path) -> None:
    record = file_record([b"abc"], None)
    with pytest.raises(ParameterError, match=r"`data\.bin` cannot be read: there is no such file"):
        put_file(store, "Flow", record, sound_chunks(str(tmp_path / "gone"), "data.bin"), "data.bin")
    assert list(store.keys("Flow/")) == []


def test_what_is_there_is_not_read_again(store: ObjectStore) -> None:
    def fail() -> Iterator[Data]:
        raise AssertionError("read again")
        yield b""

    data = b"x" * (9 << 20)
    record = file_record([data], None)
    put_file(store, "Flow", record, [data], "file")
    put_file(store, "Flow", record, fail(), "file")


def test_a_file_that_is_cut_off_in_the_store_is_an_error(store: ObjectStore) -> None:
    record = file_record([b"abc"], None)
    store.write(blob_key("Flow", digest_of(record)), [b"ab"])
    with pytest.raises(StoreError, match="ends after 2 bytes"):
        artifacts.load(store, "Flow", record)


def test_a_large_file_is_never_in_memory(store: ObjectStore, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as out:
        for number in range(64):
            out.write(bytes([number]) * (1 << 20))
    tracemalloc.start()
    try:
        record = file_record(read_chunks(str(path)), "latin-1")
        put_file(store, "Flow", record, read_chunks(str(path)), "large")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size_of(record) == 64 << 20
    # a chunk and its text, or the parts of an upload that are under way: fewer than there are
    assert peak < 6 * CHUNK
    assert artifacts.load(store, "Flow", record).count("\1") == 1 << 20


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is not a regular file"):
        list(read_chunks(str(tmp_path / "pipe")))
