"""Taking a run from one store to another."""

from __future__ import annotations

from flowc.contract import blob_key, code_key, run_json_key, run_prefix
from flowc.store.artifacts import blobs_of
from flowc.store.objects import ObjectStore
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
    code = code_key(flow, RunRecord.parse(source.read(record_key)).code)
    for key in (code, *(blob_key(flow, digest) for digest in sorted(blobs))):
        target.write_once(key, [source.read(key)])
    # stable, so that within each kind the keys keep their order
    for key in sorted(keys, key=lambda k: (k == record_key, k.endswith("/commit.json"))):
        target.write(key, [source.read(key)])
