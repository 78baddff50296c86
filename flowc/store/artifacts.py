"""Artifacts of a task: small values in the task's record, middling ones in a pack, large buffers as blobs.

A record says where an artifact's bytes are:

    {"hash": digest, "type": "numpy.ndarray", "size": bytes, "stream": REF, "buffers": [REF, ...]}
    REF = {"inline": base64} | {"blob": digest, "offset": bytes, "length": bytes[, "codec": "zstd", "raw": bytes]}

A pack is a blob that holds several streams and buffers, each at a multiple of 64 bytes, so that what is mapped is
aligned for any processor. Blobs are addressed by content: the same bytes are stored once in a flow.
"""

from __future__ import annotations

import base64
import json
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from blake3 import blake3

from flowc.contract import blob_key
from flowc.errors import StoreError
from flowc.store import codec
from flowc.store.local import LocalStore
from flowc.store.objects import Data, ObjectStore

Record: TypeAlias = dict[str, Any]
Ref: TypeAlias = dict[str, Any]

INLINE = 2048
"""Streams up to this many bytes stand in the record itself."""
OWN_BLOB = 1 << 20
"""From this size on, a stream or buffer is a blob of its own; below, it is put into the task's pack."""
ALIGNMENT = 64

_COMPRESS = 1 << 14  # streams from this size on are compressed when a sample of them shows that it pays
_SAMPLE = 1 << 16
_REREAD = 1 << 24  # a larger stream that differs counts as changed
_PAYS = 0.8


class Pack:
    """Collects what a task saves, and writes it with as few objects as possible.

    Nothing of a large buffer is copied. `flush` must be called before any record is stored.
    """

    def __init__(self, store: ObjectStore, flow: str) -> None:
        self._store = store
        self._flow = flow
        self._parts: list[Data] = []
        self._size = 0
        self._refs: list[Ref] = []

    def add(self, value: codec.Encoded) -> Record:
        """The record of a value; it is complete after `flush`."""
        first, *others = value.digests
        return {
            "hash": value.digest,
            "type": value.type,
            "size": len(value.stream) + sum(len(b) for b in value.buffers),
            "stream": self._stream(value.stream, first),
            "buffers": [self._place(b, digest) for b, digest in zip(value.buffers, others, strict=True)],
        }

    def add_bytes(self, data: bytes) -> Ref:
        """A reference to bytes as they are; complete after `flush`."""
        return self._stream(data, None, compress=False)

    def flush(self) -> None:
        """Write the pack."""
        if not self._refs:
            return
        hasher = blake3()
        for part in self._parts:
            hasher.update(part)
        digest = hasher.hexdigest()
        self._write_blob(digest, self._parts)
        for ref in self._refs:
            ref["blob"] = digest
        self._parts, self._size, self._refs = [], 0, []

    def _stream(self, data: bytes, digest: str | None, compress: bool = True) -> Ref:
        if len(data) <= INLINE:
            return {"inline": base64.b64encode(data).decode()}
        if compress and len(data) >= _COMPRESS and (small := _compressed(data)) is not None:
            ref = self._place(small, None)
            ref.update(codec="zstd", raw=len(data))
            return ref
        return self._place(data, digest)

    def _place(self, data: Data, digest: str | None) -> Ref:
        if len(data) >= OWN_BLOB:
            digest = digest or blake3(data, max_threads=blake3.AUTO).hexdigest()
            self._write_blob(digest, [data])
            return {"blob": digest, "offset": 0, "length": len(data)}
        padding = -self._size % ALIGNMENT
        if padding:
            self._parts.append(bytes(padding))
        ref: Ref = {"blob": "", "offset": self._size + padding, "length": len(data)}
        self._parts.append(data)
        self._size += padding + len(data)
        self._refs.append(ref)
        return ref

    def _write_blob(self, digest: str, parts: Sequence[Data]) -> None:
        self._store.write_once(blob_key(self._flow, digest), parts)


def load(store: ObjectStore, flow: str, record: Record) -> Any:
    """The value of an artifact.

    Raises:
        StoreError: Its bytes are gone, or not those that were stored.
    """
    stream = fetch(store, flow, record["stream"])
    buffers = [fetch(store, flow, ref) for ref in record["buffers"]]
    # what lies on a local disk is mapped, and checking it would read all of it
    if not isinstance(store, LocalStore) and codec.digest_of(stream, buffers) != record["hash"]:
        raise StoreError(f"an artifact of type {record['type']} came back from {store.url} damaged or changed")
    return codec.decode(stream, buffers)


def fetch(store: ObjectStore, flow: str, ref: Ref) -> Data:
    """The bytes of a reference, writable where they are not inline."""
    if "inline" in ref:
        return base64.b64decode(ref["inline"])
    data = store.read_range(blob_key(flow, ref["blob"]), ref["offset"], ref["length"])
    match ref.get("codec"):
        case None:
            return data
        case "zstd":
            return _decompressed(data, blob_key(flow, ref["blob"]))
        case other:
            raise StoreError(f"an artifact is stored with codec `{other}`, which this version of flowc does not know")


class Items(NamedTuple):
    """The items of a foreach, in a task's record: records as JSON, one after the other, then an index.

    The index is `total + 1` little-endian unsigned 64-bit offsets into the bytes; so an item is found with two small
    reads, however many there are.

    Attributes:
        total: How many items, > 0.
        ref: The bytes.
    """

    total: int
    ref: Ref


def save_items(pack: Pack, values: Sequence[Any]) -> Items:
    """Add a foreach's items to a pack.

    Raises:
        Exception: Whatever pickling an item raises.
    """
    records = [pack.add(codec.encode(v)) for v in values]
    pack.flush()
    texts = [json.dumps(r, separators=(",", ":")).encode() for r in records]
    offsets = [0]
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    index = struct.pack(f"<{len(offsets)}Q", *offsets)
    return Items(len(values), pack.add_bytes(b"".join([*texts, index])))


def load_item(store: ObjectStore, flow: str, items: Items, number: int) -> Any:
    """The value of one item; nothing of the others is read when there are many."""
    ref, size = items.ref, 8 * (items.total + 1)
    length = len(base64.b64decode(ref["inline"])) if "inline" in ref else ref["length"]
    start, end = struct.unpack("<2Q", _part(store, flow, ref, length - size + 8 * number, 16))
    return load(store, flow, json.loads(bytes(_part(store, flow, ref, start, end - start))))


def _part(store: ObjectStore, flow: str, ref: Ref, start: int, length: int) -> Data:
    if "inline" in ref:
        return base64.b64decode(ref["inline"])[start : start + length]
    return store.read_range(blob_key(flow, ref["blob"]), ref["offset"] + start, length)


def blobs_of(store: ObjectStore, flow: str, records: Iterable[Record], items: Items | None) -> set[str]:
    """The digests of all blobs that a task's artifacts and items refer to."""
    refs = [ref for record in records for ref in (record["stream"], *record["buffers"])]
    if items is not None:
        refs.append(items.ref)
        data = bytes(fetch(store, flow, items.ref))
        offsets = struct.unpack(f"<{items.total + 1}Q", data[-8 * (items.total + 1) :])
        for start, end in pairwise(offsets):
            record = json.loads(data[start:end])
            refs += [record["stream"], *record["buffers"]]
    return {ref["blob"] for ref in refs if "blob" in ref}


def is_unchanged(store: ObjectStore, flow: str, record: Record, value: codec.Encoded) -> bool:
    """Whether a value that was loaded from a record, and may have been changed since, is still what it was.

    The bytes alone do not tell: each process has its own order of a set, and strings that were one object before may
    be two after loading. Where that is possible, the record's value is loaded and pickled here once more.

    Raises:
        StoreError: The record's bytes are gone.
    """
    if record["hash"] == value.digest:
        return True
    return _may_be_equal(record, value) and codec.encode(load(store, flow, record)).digest == value.digest


def _may_be_equal(record: Record, value: codec.Encoded) -> bool:
    """Tells what a large change looks like from the record alone."""
    refs = record["buffers"]
    return (
        record["type"] == value.type
        and len(value.stream) <= _REREAD
        and [r["length"] for r in refs] == [len(b) for b in value.buffers]
        and all(
            r["length"] < OWN_BLOB or r["blob"] == digest for r, digest in zip(refs, value.digests[1:], strict=True)
        )
    )


def records_agree(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether several records stand for equal values."""
    return len({r["hash"] for r in records}) == 1


def _compressed(data: bytes) -> bytes | None:
    zstd = zstd_module()
    sample = data[:_SAMPLE]
    if len(zstd.compress(sample)) > _PAYS * len(sample):
        return None
    small: bytes = zstd.compress(data)
    return small


def _decompressed(data: Data, key: str) -> bytearray:
    zstd = zstd_module()
    try:
        return bytearray(zstd.decompress(data))
    except zstd.ZstdError as error:
        raise StoreError(f"object `{key}` cannot be decompressed: it was changed or damaged") from error


def zstd_module() -> Any:
    """The standard library's module from Python 3.14 on, and its backport before."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd
