"""Flows made of text."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

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


def start_alive(made: Project, **variables: str) -> tuple[subprocess.Popen[str], IO[bytes]]:
    """Start a task as a scheduler does, and with it a pipe that ends when all that have it have ended.

    Its file descriptor, which the task's own processes have to be given, is in `LIFE`.
    """
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "flowc.runner"],
        env=made.environment("start", LIFE=str(write), **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=[write],
    )
    os.close(write)
    return process, open(read, "rb")
