"""Taking a run from one store to another."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.contract import blob_key, code_key, run_json_key, run_prefix
from flowc.errors import ObjectNotFound
from flowc.store.artifacts import blobs_of
from flowc.store.files import CHUNK
from flowc.store.objects import Data, ObjectStore
from flowc.store.records import RunRecord, TaskRecord


def copy_run(source: ObjectStore, target: ObjectStore, flow: str, run: str) -> None:
    """Copy a run with its code and all bytes that its artifacts refer to.

    The commits and the run's record come last: a copy that is broken off is not taken for a run.

    Args:
        source: Where the run is.
        target: Where it is to be; what it holds already is not copied again.
        flow: The flow's name.
        run: The run's key.
    """
    keys = sorted(source.keys(run_prefix(flow, run)))
    blobs: set[str] = set()
    for key in keys:
        if key.endswith("/task.json"):
            record = TaskRecord.parse(source.read(key))
            blobs.update(blobs_of(source, flow, record.artifacts.values(), record.items))
    record_key = run_json_key(flow, run)
    started = RunRecord.parse(source.read(record_key))
    shared = {**(started.files or {}), **(started.configs or {})}
    blobs.update(blobs_of(source, flow, shared.values(), None))
    for key in (code_key(flow, started.code), *(blob_key(flow, digest) for digest in sorted(blobs))):
        size = source.size(key)
        if size is None:
            raise ObjectNotFound(key)
        target.write_chunks(key, size, _chunks(source, key, size))
    # stable, so that within each kind the keys keep their order
    for key in sorted(keys, key=lambda k: (k == record_key, k.endswith("/commit.json"))):
        target.write(key, [source.read(key)])


def _chunks(source: ObjectStore, key: str, size: int) -> Iterator[Data]:
    return (source.read_range(key, at, min(CHUNK, size - at)) for at in range(0, size, CHUNK))
