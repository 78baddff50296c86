"""The engines, each started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flowc.simulate.airflow import AirflowDriver
from flowc.simulate.stepfunctions import AwsServer

BUCKET = "conformance"


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsServer]:
    """Step Functions, Batch and S3; a bucket is there."""
    with AwsServer() as server:
        server.create_bucket(BUCKET)
        yield server


@pytest.fixture(scope="session")
def airflow() -> Iterator[AirflowDriver]:
    """A running Airflow."""
    with AirflowDriver() as driver:
        yield driver
