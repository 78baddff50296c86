"""Which store a URL stands for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from flowc.errors import StoreError
from flowc.store.objects import ObjectStore


def open_store(url: str, environment: Mapping[str, str] | None = None) -> ObjectStore:
    """The store at a root.

    Args:
        url: A directory's path, `file:///directory`, or `s3://bucket/prefix`.
        environment: Where `AWS_*` variables say the credentials, region and endpoint of S3; None for the process's.

    Raises:
        StoreError: The URL is not one of these.
    """
    check_url(url)
    if "://" not in url:
        from flowc.store.local import LocalStore

        return LocalStore(os.path.abspath(url))
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        from flowc.store.local import LocalStore

        return LocalStore(unquote(parts.path))
    if parts.scheme == "s3" and parts.netloc:
        from flowc.store.remote import RemoteStore

        return RemoteStore(url.rstrip("/"), environment)
    raise AssertionError(f"check_url has let {url} pass")


def prepare_store(url: str) -> None:
    """Do beforehand, and once, what opening a store takes that processes forked from this one can share.

    No store is opened, and no thread is left.

    Raises:
        StoreError: The store could not be opened.
    """
    check_url(url)
    if url.startswith("s3://"):
        from flowc.store.aws import prepare_access

        prepare_access()


def check_url(url: str) -> None:
    """Whether a URL can be a store's; nothing is looked up.

    Raises:
        StoreError: It cannot.
    """
    parts = urlsplit(url)
    known = (parts.scheme == "file" and parts.netloc in ("", "localhost")) or (parts.scheme == "s3" and parts.netloc)
    if "://" in url and not known:
        raise StoreError(f"`{url}` is not a store: expected a directory, file:///directory, or s3://bucket/prefix")


def to_url(store: str) -> str:
    """The root of a store as a URL; a directory becomes absolute, as others work in other places."""
    if "://" in store:
        return store.rstrip("/")
    from pathlib import Path

    return Path(store).absolute().as_uri()
