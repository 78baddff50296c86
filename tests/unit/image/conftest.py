"""Wheels without a network, and what stands for an engine."""

from __future__ import annotations

import os
from importlib.metadata import distributions
from pathlib import Path

import pytest

from flowc.image.engine import Python, find_engine
from flowc.image.wheels import Pin
from tests.engines import BASE, FakeEngine, pins, repacked

_MAY_BE_NEEDED = (
    *("backports.zstd", "blake3", "botocore", "cloudpickle", "jmespath", "obstore", "python-dateutil", "six"),
    *("typing-extensions", "urllib3"),
)
# some are for older versions of Python only
NEEDED = tuple(name for name in _MAY_BE_NEEDED if any(distributions(name=name)))


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels of what the runner needs, and pip's."""
    folder = tmp_path_factory.mktemp("wheels")
    for name in (*NEEDED, "pip"):
        repacked(name, folder)
    return folder


@pytest.fixture(scope="session")
def lock(wheels: Path) -> tuple[Pin, ...]:
    return pins(wheels, (*NEEDED, "pip"))


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Python:
    """This machine's."""
    fake = FakeEngine(tmp_path_factory.mktemp("engine"), "podman")
    return find_engine(str(fake.program)).ask_python(BASE, None)


@pytest.fixture
def index(tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which pip finds wheels too; it finds nothing else but those of the runner."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", f"{wheels} {folder}")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "context"
    made.mkdir()
    return made
