"""Flows made of text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project

HEAD = "from metaflow import FlowSpec, Parameter, JSONType, card, current, step\n"


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    """Makes a project of the body of a class."""

    def make(body: str, head: str = "", files: dict[str, str] | None = None) -> Project:
        folder = tmp_path / "flow"
        folder.mkdir(parents=True)
        source = HEAD + head + "\n\nclass Made(FlowSpec):\n" + body
        return Project(folder, source, (tmp_path / "store").as_uri(), files)

    return make
