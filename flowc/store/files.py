"""A file as an artifact: its bytes as they are, in a blob of their own, and a record whose value is their text.

The record's stream is a pickle of a few bytes that makes the value of the one buffer beside it: `bytes(buffer)`, or
`str(buffer, encoding)` with its line ends as Python reads them from a text file. So whatever loads artifacts loads
included files too, and a file is hashed and copied without being held in memory.
"""

from __future__ import annotations

import base64
import codecs
import errno
import operator
import os
import pickle
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from blake3 import blake3

from flowc.contract import blob_key
from flowc.errors import ParameterError
from flowc.store import codec
from flowc.store.artifacts import Record
from flowc.store.objects import Data, ObjectStore

CHUNK = 8 << 20
"""Bytes of a file that are in memory at a time."""

_LINE_ENDS = (("\r\n", "\n"), ("\r", "\n"))


class _Made:
    """Pickles as the call of a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._call


def file_record(chunks: Iterable[Data], encoding: str | None) -> Record:
    """The record of a file's value.

    Args:
        chunks: The file's bytes, in order.
        encoding: Of text, one that Python knows; None for bytes.

    Raises:
        UnicodeError: The file is not text in this encoding.
    """
    hasher = blake3()
    decoder = None if encoding is None else codecs.getincrementaldecoder(encoding)()
    size, ends = 0, False
    for chunk in chunks:
        hasher.update(chunk)
        size += len(chunk)
        if decoder is not None:
            ends = "\r" in decoder.decode(bytes(chunk)) or ends
    if decoder is not None:
        ends = "\r" in decoder.decode(b"", True) or ends
    stream, digest = _stream(encoding, ends), hasher.hexdigest()
    return {
        "hash": codec.combine((codec.hash_of(stream), digest)),
        "type": "bytes" if encoding is None else "str",
        "size": len(stream) + size,
        "stream": {"inline": base64.b64encode(stream).decode()},
        "buffers": [{"blob": digest, "offset": 0, "length": size}],
    }


def size_of(record: Record) -> int:
    """The size of the file of a record, in bytes."""
    size: int = record["buffers"][0]["length"]
    return size


def digest_of(record: Record) -> str:
    """The BLAKE3 of the file of a record."""
    digest: str = record["buffers"][0]["blob"]
    return digest


def put_file(store: ObjectStore, flow: str, record: Record, chunks: Iterable[Data], name: str) -> None:
    """Put a file where its record says it is, unless it is there.

    Args:
        store: Where.
        flow: The flow's name.
        record: Of the file, as `file_record` gave it.
        chunks: The file's bytes once more; nothing of them is read if the store has them.
        name: The file, for an error.

    Raises:
        ParameterError: The bytes are not those of the record any more; nothing is stored.
    """
    checked = unchanged(chunks, record, name)
    store.write_chunks(blob_key(flow, digest_of(record)), size_of(record), checked)


def unchanged(chunks: Iterable[Data], record: Record, name: str) -> Iterator[Data]:
    """Bytes as they come, and an error at their end if they are not those of a record."""
    hasher = blake3()
    for chunk in chunks:
        hasher.update(chunk)
        yield chunk
    if hasher.hexdigest() != digest_of(record):
        raise ParameterError(f"the file `{name}` was changed while it was read: try again")


def _stream(encoding: str | None, ends: bool) -> bytes:
    buffer = pickle.PickleBuffer(bytearray())  # stands for what will lie beside the stream
    value = _Made(bytes, buffer) if encoding is None else _Made(str, buffer, encoding)
    for old, new in _LINE_ENDS if ends else ():
        value = _Made(operator.methodcaller("replace", old, new), value)
    return pickle.dumps(value, codec.PROTOCOL, buffer_callback=lambda _: False)


def read_chunks(path: str) -> Iterator[bytes]:
    """The bytes of a local file.

    Raises:
        OSError: It cannot be read, or is not a regular file, which a pipe is not.
    """
    with open(path, "rb", buffering=0, opener=_opener) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", path)
        while chunk := file.read(CHUNK):
            yield chunk


def sound_chunks(path: str, name: str) -> Iterator[bytes]:
    """The same.

    Args:
        path: Where the file is.
        name: What it is called.

    Raises:
        ParameterError: It cannot be read.
    """
    try:
        yield from read_chunks(path)
    except OSError as error:
        raise ParameterError(f"the file `{name}` cannot be read: {reason(error)}") from error


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # else a pipe would be waited for


def reason(error: OSError | ValueError) -> str:
    """Why a file cannot be read, in a few words."""
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case IsADirectoryError():
            return "it is a directory"
        case OSError(strerror=str(text)):
            return text[:1].lower() + text[1:]
        case _:
            return str(error)
