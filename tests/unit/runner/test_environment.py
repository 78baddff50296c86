"""What a step's code finds around it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from flowc.contract import PlanStep
from flowc.runner.environment import provide, tempdir
from tests.projects import Project

STEP = PlanStep("start", (), (), None, None, None, 0)

BODY = """
    {decorators}
    @step
    def start(self):
        import os, tempfile
        with tempfile.NamedTemporaryFile() as file:
            self.folder = os.path.dirname(file.name)
        self.told = os.environ.get("TMPDIR"), current.tempdir
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def provided(step: PlanStep, **environment: str) -> dict[str, str]:
    provide(step, environment)
    return environment


def test_the_steps_own_variables_replace_others() -> None:
    assert provided(STEP._replace(environment=(("A", "1"),)), A="0", B="2") == {"A": "1", "B": "2"}


def test_temporary_files_lie_in_memory(tmp_path: Path) -> None:
    step = STEP._replace(tempdir=str(tmp_path))
    assert provided(step, TMPDIR="/usual") == {"TMPDIR": str(tmp_path)}
    assert provided(step._replace(environment=(("TMPDIR", "/own"),))) == {"TMPDIR": "/own"}
    assert provided(step._replace(tempdir_by_name=True), TMPDIR="/usual") == {"TMPDIR": "/usual"}


def test_a_folder_that_is_not_mounted_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch(0o777)
    for name in ("none", "file", "file/below"):
        step = STEP._replace(tempdir=str(tmp_path / name))
        assert (tempdir(step), provided(step, TMPDIR="/usual")) == (None, {"TMPDIR": "/usual"})


def test_a_folder_that_was_found_before_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/found before")
    provided(STEP)
    assert tempfile.tempdir == "/found before"
    monkeypatch.setenv("TMPDIR", "/usual")
    provide(STEP._replace(tempdir=str(tmp_path)), os.environ)
    assert tempfile.gettempdir() == str(tmp_path)


@pytest.mark.parametrize("name", ["kubernetes", "batch"])
@pytest.mark.parametrize(
    ("arguments", "variables", "files", "variable", "named"),
    [
        ("", "", "fast", "fast", "fast"),
        (", tmpfs_tempdir=False", "", "usual", "usual", "fast"),
        ("", "{'TMPDIR': OWN}", "own", "own", "fast"),
    ],
    ids=["everything", "by name", "own variable"],
)
def test_a_tasks_temporary_files(
    project: Callable[..., Project],
    tmp_path: Path,
    name: str,
    arguments: str,
    variables: str,
    files: str,
    variable: str,
    named: str,
) -> None:
    for folder in ("fast", "usual", "own"):
        (tmp_path / folder).mkdir()
    decorators = f"@{name}(use_tmpfs=True, tmpfs_path={str(tmp_path / 'fast')!r}{arguments})"
    if variables:
        decorators += f"\n    @environment(vars={variables})"
    head = f"from metaflow import batch, environment, kubernetes\nOWN = {str(tmp_path / 'own')!r}\n"
    made = project(BODY.format(decorators=decorators), head=head)
    assert made.run_process("start", TMPDIR=str(tmp_path / "usual")) == (0, "")
    values = made.values("start")
    assert values["folder"] == str(tmp_path / files)
    assert values["told"] == (str(tmp_path / variable), str(tmp_path / named))


def test_a_task_elsewhere_has_its_usual_folder(project: Callable[..., Project], tmp_path: Path) -> None:
    decorator = f"@kubernetes(use_tmpfs=True, tmpfs_path={str(tmp_path / 'none')!r})"
    made = project(BODY.format(decorators=decorator), head="from metaflow import kubernetes\n")
    (tmp_path / "usual").mkdir()
    assert made.run_process("start", TMPDIR=str(tmp_path / "usual")) == (0, "")
    values = made.values("start")
    assert values["folder"] == str(tmp_path / "usual")
    assert values["told"] == (str(tmp_path / "usual"), str(tmp_path / "usual"))
