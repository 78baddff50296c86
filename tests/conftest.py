"""Fixtures that several layers' tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests import s3

collect_ignore = [] if "FLOWC_TEST_BASE" in os.environ else ["containers"]
"""`make test-containers` prepares what these need, and says so."""


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3]:
    """An S3 server with an empty bucket, started once."""
    found, process = s3.start(tmp_path_factory.mktemp("s3"))
    yield found
    s3.stop(process)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden`, for `make golden`."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files instead of comparing")
