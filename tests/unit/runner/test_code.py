"""The code package on a task's machine."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from flowc.contract import code_key
from flowc.errors import ContractError, StoreError
from flowc.runner.code import open_code
from flowc.store.artifacts import zstd_module
from tests.projects import Project
from tests.stores import Recording

BODY = "    @step\n    def start(self):\n        self.next(self.end)\n    @step\n    def end(self):\n        pass\n"
Make = Callable[..., Project]


@pytest.fixture
def made(project: Make) -> Project:
    return project(BODY, files={"package/module.py": "x = 1", "package/__init__.py": ""})


def opened(made: Project, store: Any = None, **environment: str) -> tuple[str, Any]:
    return open_code(store or made.store, "Made", made.package.code, environment)


def test_a_package_is_fetched_and_unpacked_once(made: Project, tmp_path: Path) -> None:
    store = Recording(made.store)
    for _ in range(3):
        folder, plan = opened(made, store, FLOWC_CACHE=str(tmp_path / "cache"))
        assert folder == f"{tmp_path}/cache/code/{made.package.code}"
        assert plan == made.plan
    assert [c.method for c in store.calls] == ["read"]
    names = sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*.py"))
    assert names == [f"{made.module}.py", "package/__init__.py", "package/module.py"]
    assert os.listdir(f"{tmp_path}/cache/code") == [made.package.code]
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o755


def test_the_cache_is_the_users(made: Project, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    home, cache = str(tmp_path / "home"), str(tmp_path / "xdg")
    assert opened(made, HOME=home)[0] == f"{home}/.cache/flowc/code/{made.package.code}"
    assert opened(made, HOME=home, XDG_CACHE_HOME=cache)[0] == f"{cache}/flowc/code/{made.package.code}"


@pytest.mark.parametrize("home", [None, "/nowhere/at/all", "/proc/1"])
def test_without_a_place_of_its_own_a_task_unpacks_into_a_private_folder(
    made: Project, home: str | None, tmp_path: Path
) -> None:
    script = f"""
import os, sys
from flowc.runner.code import open_code
from flowc.store.opening import open_store
folder, _ = open_code(open_store({made.url!r}), "Made", {made.package.code!r}, os.environ)
print(folder, oct(os.stat(os.path.dirname(folder)).st_mode))
"""
    environment = {"TMPDIR": str(tmp_path), **({} if home is None else {"HOME": home})}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    folder, mode = done.stdout.split()
    assert folder.startswith(f"{tmp_path}/flowc-")
    assert mode == oct(stat.S_IFDIR | 0o700), "nobody else can put code there"


def test_a_cache_that_cannot_be_written_is_passed_over(
    made: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "file").write_text("")
    folder, _ = opened(made, FLOWC_CACHE=str(tmp_path / "file"))
    assert folder.startswith(f"{tmp_path}/flowc-")


@pytest.mark.parametrize("damage", [b"", b"\0" * 10, None])
def test_a_damaged_package_is_refused(made: Project, tmp_path: Path, damage: bytes | None) -> None:
    data = made.package.data[:-1] if damage is None else damage
    made.store.write(code_key("Made", made.package.code), [data])
    with pytest.raises(ContractError, match="is not what its name says: it was changed or damaged"):
        opened(made, FLOWC_CACHE=str(tmp_path / "cache"))
    assert os.listdir(tmp_path / "cache" / "code") == []


def test_a_package_that_is_not_there_is_named(made: Project, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="there is no code package `Made/code/" + "0" * 64):
        open_code(made.store, "Made", "0" * 64, {"FLOWC_CACHE": str(tmp_path / "cache")})


def packed(*members: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    data: bytes = zstd_module().compress(out.getvalue())
    return data


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    "data",
    [
        packed(member("../escaped")),
        packed(member("a/../../escaped")),
        packed(member("link", tarfile.SYMTYPE, "../../escaped")),
        packed(member("device", tarfile.CHRTYPE)),
        b"no archive at all",
        zstd_module().compress(b"no archive at all"),
    ],
    ids=["dots", "hidden dots", "link", "device", "not compressed", "no archive"],
)
def test_what_is_no_package_of_flowc_is_refused(made: Project, tmp_path: Path, data: bytes) -> None:
    code = blake3(data).hexdigest()
    made.store.write(code_key("Made", code), [data])
    with pytest.raises(ContractError, match="the code package is no archive that flowc makes"):
        open_code(made.store, "Made", code, {"FLOWC_CACHE": str(tmp_path / "cache")})
    assert os.listdir(tmp_path / "cache" / "code") == []
    assert not (tmp_path / "escaped").exists()


def test_a_cache_from_which_files_have_gone_is_said_to_be_damaged(made: Project, tmp_path: Path) -> None:
    folder, _ = opened(made, FLOWC_CACHE=str(tmp_path / "cache"))
    os.unlink(f"{folder}/flowc-plan.json")
    with pytest.raises(StoreError, match=rf"the unpacked code package {folder} is damaged, remove it"):
        opened(made, FLOWC_CACHE=str(tmp_path / "cache"))


def test_a_plan_of_another_contract_is_refused(made: Project, tmp_path: Path) -> None:
    folder, _ = opened(made, FLOWC_CACHE=str(tmp_path / "cache"))
    Path(folder, "flowc-plan.json").write_text('{"contract": 99}')
    with pytest.raises(ContractError, match="compiled to a plan of version 99, and this runner, of flowc"):
        opened(made, FLOWC_CACHE=str(tmp_path / "cache"))
