"""The reader of code packages takes what flowc writes, and refuses the rest of what a tar can be."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowc.package.archive import File, pack_files
from flowc.store import archive
from flowc.store.archive import ArchiveError, Member, TooLarge, content, decompress, members
from flowc.store.artifacts import zstd_module

Change = Callable[[tarfile.TarInfo], None]


def tar(*names: str, change: Change = lambda _: None, format: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive of files with a byte each, as `tarfile` writes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as writer:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 1
            change(info)
            writer.addfile(info, io.BytesIO(b"x" * info.size))
    return out.getvalue()


def read(data: bytes) -> dict[str, bytes]:
    """All files, by name."""
    file = io.BytesIO(data)
    return {member.name: b"".join(content(file, member)) for member in members(file)}


def why(data: bytes) -> str:
    with pytest.raises(ArchiveError) as caught:
        read(data)
    return str(caught.value)


def kind(letter: bytes) -> Change:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname, info.size = letter, "../../etc/passwd" if letter in b"12" else "", 0

    return change


def test_files_come_with_their_bytes_in_order() -> None:
    data = pack_files(b"{}", [File("b", b"1" * 1000), File("a/c", b""), File("a/b", b"22", True)]).data
    out = io.BytesIO()
    decompress(data, out)
    assert read(out.getvalue()) == {"flowc-plan.json": b"{}", "b": b"1" * 1000, "a/c": b"", "a/b": b"22"}
    assert [m.executable for m in members(out)] == [False, False, False, True]


@pytest.mark.parametrize(
    "name", ["n" * 100, "n" * 101, "d" * 90 + "/" + "n" * 90, "ü", "a b", "a\nb", "a\\b", "c:d", "~", "-"]
)
def test_any_name_below_the_folder_is_one(name: str) -> None:
    assert read(tar(name)) == {name: b"x"}


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "..", "../a", "a/../../b", "a/..", ".", "./a", "a//b", "a/", "", "n" * 101 + "/../../x"]
)
def test_names_that_lead_out_are_refused(name: str) -> None:
    assert "leads out of the folder" in why(tar(name))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a", "a"), "`a` is there twice"),
        (("a", "A"), "`A` differs from `a` in upper and lower case only"),
        (("straße", "STRASSE"), "differs from `straße` in upper and lower case only"),
        (("a/b", "A/c"), "`A/c` differs from `a` in upper and lower case only"),
        (("a", "a/b"), "`a/b` is the name of a file and of a folder: `a`"),
        (("a/b", "a"), "`a` is the name of a file and of a folder: `a`"),
        (("a/" + "n" * 256,), "has a name of more than 255 bytes"),
        (("ü" * 128,), "has a name of more than 255 bytes"),
        (("a\0" + "b" * 100,), "has a zero byte in its name"),
    ],
)
def test_names_that_clash_or_cannot_be_are_refused(names: tuple[str, ...], said: str) -> None:
    assert said in why(tar(*names))


@pytest.mark.parametrize(
    "letter",
    [
        tarfile.LNKTYPE,
        tarfile.SYMTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.DIRTYPE,
        tarfile.FIFOTYPE,
        tarfile.CONTTYPE,
        tarfile.AREGTYPE,
        tarfile.GNUTYPE_SPARSE,
        b"K",
        b"L",
        b"V",
        b"g",
        b"\xff",
    ],
)
def test_whatever_is_no_plain_file_is_refused(letter: bytes) -> None:
    assert why(tar("a", change=kind(letter))) in ("`a` is no plain file", "`a/` is no plain file")


@pytest.mark.parametrize(
    "headers",
    [
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1000000000000"},
        {"size": "1000000000000"},
        {"linkpath": "/etc/passwd"},
        {"path": "a", "path2": "b"},
        {"comment": "x" * 9000},
    ],
)
def test_headers_that_flowc_does_not_write_are_refused(headers: dict[str, str]) -> None:
    def change(info: tarfile.TarInfo) -> None:
        info.pax_headers = headers

    assert why(tar("a", change=change)) == "it has a header of a kind that flowc does not write"


def test_a_chain_of_headers_is_refused() -> None:
    one = tar("ü")
    header = one[:1024]  # says what the next file is called
    assert why(header * 2 + one) == "`ü` is no plain file"
    assert why(header + bytes(1024)) == "it ends after a header"


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_other_formats_are_refused(format: int) -> None:
    long = "d" * 90 + "/" + "n" * 90
    assert why(tar(long, format=format)) in ("it has a header that is damaged", f"`{'n' * 90}` is no plain file")


def test_a_size_that_is_not_there_is_refused() -> None:
    data = bytearray(tar("a"))
    data[124:136] = b"77777777777\0"
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    assert why(bytes(data)) == "it ends too early"


def test_a_size_in_base_256_is_refused() -> None:
    data = bytearray(tar("a"))
    data[124:136] = b"\xff" * 12  # minus one
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    assert why(bytes(data)) == "it has a header that is damaged"


def test_nothing_may_follow() -> None:
    assert why(tar("a") + b"x") == "there is something behind its end"
    assert why(tar("a") + bytes(512) + tar("b")) == "there is something behind its end"
    assert read(tar("a") + bytes(5)) == {"a": b"x"}


def test_there_are_not_more_files_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    assert len(read(tar("a", "b", "ü"))) == 3
    with pytest.raises(TooLarge, match="it has more than 3 files"):
        read(tar("a", "b", "c", "d"))


# --- compression -----------------------------------------------------------------------------------------------------


class Counting(io.BytesIO):
    """Counts what is written to it, and keeps nothing."""

    written = 0

    def write(self, data: object) -> int:
        size = len(data)  # type: ignore[arg-type]
        self.written += size
        return size


def test_a_bomb_is_given_up_at_the_limit() -> None:
    compressor = zstd_module().ZstdCompressor()
    zeros = bytes(1 << 20)
    bomb = b"".join([*(compressor.compress(zeros) for _ in range(1 << 10)), compressor.flush()])  # a GiB
    assert len(bomb) < 1 << 20
    out = Counting()
    with pytest.raises(TooLarge, match="it has more than 100 MiB when it is unpacked"):
        decompress(bomb, out)
    assert out.written <= archive.MAX_BYTES


@pytest.mark.parametrize(
    "change", [lambda d: d[:-1], lambda d: d + b"x", lambda d: d + d, lambda d: d[4:], lambda d: b""]
)
def test_what_was_not_compressed_as_one_is_refused(change: Callable[[bytes], bytes]) -> None:
    data = zstd_module().compress(b"some bytes" * 1000)
    with pytest.raises(ArchiveError):
        decompress(change(data), io.BytesIO())


def test_large_archives_are_decompressed_in_parts() -> None:
    data = b"".join(number.to_bytes(8, "big") for number in range(400_000))
    out = io.BytesIO()
    decompress(zstd_module().compress(data), out)
    assert out.getvalue() == data


# --- whatever comes --------------------------------------------------------------------------------------------------


def is_harmless(member: Member, size: int) -> bool:
    parts = member.name.split("/")
    inside = not {"", ".", ".."} & {*parts} and "\0" not in member.name
    return inside and member.start + member.size <= size + 512


@given(st.binary(max_size=4000))
@example(bytes(1024))
def test_any_bytes_are_refused_or_harmless(data: bytes) -> None:
    assert_harmless(data)


@given(st.lists(st.tuples(st.integers(0, 2559), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_damage_is_refused_or_harmless(changes: list[tuple[int, int]]) -> None:
    data = bytearray(tar("a/b", "ü/c"))
    for at, byte in changes:
        data[at] = byte
    assert_harmless(bytes(data))
    for start in range(0, 2560, 512):  # and with checksums that are right
        if data[start : start + 512].strip(b"\0"):
            block = data[start : start + 512]
            data[start + 148 : start + 156] = b"%06o\0 " % (sum(block[:148]) + 8 * 32 + sum(block[156:]))
    assert_harmless(bytes(data))


@given(st.lists(st.text(max_size=12), max_size=5))
def test_any_names_are_refused_or_harmless(names: list[str]) -> None:
    try:
        data = tar(*names)
    except (ValueError, UnicodeError):  # what tarfile itself does not write
        return
    assert_harmless(data)


def assert_harmless(data: bytes) -> None:
    file, seen = io.BytesIO(data), set()
    try:
        for member in members(file):
            assert is_harmless(member, len(data))
            assert member.name.casefold() not in seen
            seen.add(member.name.casefold())
            assert sum(map(len, content(file, member))) == member.size
    except ArchiveError:
        pass


@given(st.binary(max_size=300))
def test_any_bytes_are_no_reason_to_fall_over(data: bytes) -> None:
    for packed in (data, zstd_module().compress(data)):
        with suppress(ArchiveError):
            decompress(packed, io.BytesIO())
