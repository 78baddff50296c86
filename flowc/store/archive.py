"""The archive of a code package, read strictly: plain files below one folder, and nothing else that a tar can hold.

A reader of its own instead of `tarfile`: what flowc writes needs a small part of the format, and everything beyond that
(links, devices, sparse files, sizes in base 256, chains of headers) is refused here without being understood.
Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from blake3 import blake3

from flowc.store.artifacts import zstd_module

MAX_BYTES = 100 << 20
"""Of an archive before it is compressed, headers included."""

MAX_MEMBERS = 10_000
"""Files in an archive, the plan included."""

_CHUNK = 1 << 20
_BLOCK = 512
_NAME = slice(0, 100)
_MODE = slice(100, 108)
_SIZE = slice(124, 136)
_CHECKSUM = slice(148, 156)
_KIND = slice(156, 157)
_LINK = slice(157, 257)
_MAGIC = slice(257, 265)
_PREFIX = slice(345, 500)

_USTAR = b"ustar\x0000"
_FILE = b"0"
_EXTENDED = b"x"
_MAX_EXTENDED = 8192
_MAX_PART = 255  # bytes of a name between slashes; what the file systems of Linux and macOS take
_EXECUTABLE = 0o100


class ArchiveError(ValueError):
    """Some bytes are no archive of a code package; the message says why."""


class TooLarge(ArchiveError):
    """An archive has more than a package may have."""


class Member(NamedTuple):
    """A file of an archive.

    Attributes:
        name: Relative, with slashes, below the package's folder.
        start: The offset of its first byte in the archive.
        size: Bytes.
        executable: Whether its owner may execute it.
    """

    name: str
    start: int
    size: int
    executable: bool


class Names:
    """The names of a package's files, checked one after the other: which of them can lie in one folder, anywhere."""

    def __init__(self) -> None:
        self._spelled: dict[str, tuple[str, bool]] = {}
        self._files: set[str] = set()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._files)

    def problem(self, name: str) -> str | None:
        """Take a name in; what is wrong with it, as the end of a sentence that begins with the name."""
        parts = name.split("/")
        if not {"", ".", ".."}.isdisjoint(parts):
            return "leads out of the folder"
        if "\0" in name:
            return "has a zero byte in its name"
        try:
            longest = max(len(part.encode()) for part in parts)
        except UnicodeEncodeError:
            return "has a name that is not text in UTF-8"
        if longest > _MAX_PART:
            return f"has a name of more than {_MAX_PART} bytes"
        return self._clash(parts)

    def _clash(self, parts: list[str]) -> str | None:
        # file systems that do not tell A from a would make one file of two
        for depth in range(1, len(parts) + 1):
            path, is_file = "/".join(parts[:depth]), depth == len(parts)
            before, was_file = self._spelled.setdefault(path.casefold(), (path, is_file))
            if before != path:
                return f"differs from `{before}` in upper and lower case only"
            if was_file != is_file:
                return f"is the name of a file and of a folder: `{path}`"
            if is_file:
                if path in self._files:
                    return "is there twice"
                self._files.add(path)
        return None


def decompress(packed: bytes, archive: IO[bytes]) -> str:
    """Write the archive that was compressed to a file, as far as it may go; BLAKE3 of it, 64 hexadecimal digits.

    Raises:
        TooLarge: There is more of it than `MAX_BYTES`.
        ArchiveError: The bytes are nothing that was compressed.
        OSError: The file cannot be written.
    """
    zstd, hasher, size, at = zstd_module(), blake3(), 0, 0
    decompressor = zstd.ZstdDecompressor()
    while not decompressor.eof:
        chunk: Any = b""
        if decompressor.needs_input:
            chunk = packed[at : at + _CHUNK]
            at += len(chunk)
            if not chunk:
                raise ArchiveError("it ends too early")
        try:
            data = decompressor.decompress(chunk, max_length=_CHUNK)
        except zstd.ZstdError as error:
            raise ArchiveError(str(error)) from error
        size += len(data)
        if size > MAX_BYTES:
            raise TooLarge(f"it has more than {MAX_BYTES >> 20} MiB when it is unpacked")
        hasher.update(data)
        archive.write(data)
    if decompressor.unused_data or at < len(packed):
        raise ArchiveError("there is something behind its end")
    return hasher.hexdigest()


def members(archive: IO[bytes]) -> Iterator[Member]:
    """The files of an archive; the archive's position may be changed between two of them.

    Raises:
        ArchiveError: It is none that flowc makes.
    """
    names, at, extended = Names(), 0, ""
    for _ in range(2 * MAX_MEMBERS + 1):  # each may have a second header
        header = _read(archive, at, _BLOCK)
        if not header.strip(b"\0"):
            _check_end(archive, at)
            if extended:
                raise ArchiveError("it ends after a header")
            return
        _check_header(header)
        kind, size, start = header[_KIND], _octal(header[_SIZE]), at + _BLOCK
        at = start + -(-size // _BLOCK) * _BLOCK
        if kind == _EXTENDED and not extended:
            extended = _path(_read(archive, start, size) if size <= _MAX_EXTENDED else b"")
            continue
        name = extended or _text(header[_NAME].rstrip(b"\0"))
        if kind != _FILE or header[_LINK].strip(b"\0") or header[_PREFIX].strip(b"\0"):
            raise ArchiveError(f"`{_shown(name)}` is no plain file")
        if problem := names.problem(name):
            raise ArchiveError(f"`{_shown(name)}` {problem}")
        if names.count > MAX_MEMBERS:
            break
        yield Member(name, start, size, bool(_octal(header[_MODE]) & _EXECUTABLE))
        extended = ""
    raise TooLarge(f"it has more than {MAX_MEMBERS:,} files")


def content(archive: IO[bytes], member: Member, chunk: int = _CHUNK) -> Iterator[bytes]:
    """The bytes of a member, a part at a time.

    Raises:
        ArchiveError: The archive ends before.
    """
    for at in range(0, member.size, chunk):
        yield _read(archive, member.start + at, min(chunk, member.size - at))


def _read(archive: IO[bytes], at: int, size: int) -> bytes:
    archive.seek(at)
    data = archive.read(size)
    if len(data) != size:
        raise ArchiveError("it ends too early")
    return data


def _check_header(header: bytes) -> None:
    blank = header[: _CHECKSUM.start] + b" " * 8 + header[_CHECKSUM.stop :]
    if header[_MAGIC] != _USTAR or _octal(header[_CHECKSUM]) != sum(blank):
        raise ArchiveError("it has a header that is damaged")


def _check_end(archive: IO[bytes], at: int) -> None:
    archive.seek(at)
    while data := archive.read(_CHUNK):
        if data.strip(b"\0"):
            raise ArchiveError("there is something behind its end")


def _octal(field: bytes) -> int:
    digits = field.rstrip(b"\0 ")
    if not digits or digits.strip(b"01234567"):
        raise ArchiveError("it has a header that is damaged")
    return int(digits, 8)


def _text(field: bytes) -> str:
    try:
        return field.decode()
    except UnicodeDecodeError:
        raise ArchiveError("it has a name that is not text in UTF-8") from None


def _path(records: bytes) -> str:
    """The name in an extended header, which has nothing else: `LENGTH path=NAME`, where the length is of all that."""
    length, _, rest = records.partition(b" ")
    if not length.isdigit() or int(length) != len(records) or not rest.startswith(b"path=") or rest[-1:] != b"\n":
        raise ArchiveError("it has a header of a kind that flowc does not write")
    name = _text(rest[len(b"path=") : -1])
    if not name:
        raise ArchiveError("it has a header of a kind that flowc does not write")
    return name


def _shown(name: str) -> str:
    return repr(name)[1:-1][:200]
