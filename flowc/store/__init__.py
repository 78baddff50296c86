"""Where artifacts live: objects by key, values as bytes, artifacts in packs, records of runs and tasks."""

from flowc.store.objects import ObjectStore, open_store

__all__ = ["ObjectStore", "open_store"]
