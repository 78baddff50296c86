"""Where artifacts live: objects by key, values as bytes, artifacts in packs, records of runs and tasks."""

from flowc.store.objects import ObjectStore
from flowc.store.opening import open_store

__all__ = ["ObjectStore", "open_store"]
