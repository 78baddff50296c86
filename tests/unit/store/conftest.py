"""A store of each kind, with nothing in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.store import ObjectStore, open_store
from tests.s3 import BUCKET, S3


@pytest.fixture
def remote_url(s3_server: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An S3 prefix with nothing below it, which this process can reach."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{tmp_path.name}/a prefix"


@pytest.fixture(params=["local", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, of each kind."""
    if request.param == "local":
        return (tmp_path / "a store").as_uri()
    found: str = request.getfixturevalue("remote_url")
    return found


@pytest.fixture
def store(url: str) -> ObjectStore:
    """An empty store, of each kind."""
    return open_store(url)
