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
from flowc.package import build_package
from flowc.runner.code import open_code, unpack
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
    with pytest.raises(
        ContractError, match="there is no code package `Made/code/" + "0" * 64 + ".*flowc package upload"
    ):
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


PLAN = member("flowc-plan.json")


@pytest.mark.parametrize(
    "data",
    [
        packed(PLAN, member("../escaped")),
        packed(PLAN, member("a/../../escaped")),
        packed(PLAN, member("link", tarfile.SYMTYPE, "../../escaped")),
        packed(PLAN, member("device", tarfile.CHRTYPE)),
        packed(PLAN, member("a"), member("A")),
        packed(PLAN)[:-3],
        packed(PLAN, *(member(str(n)) for n in range(10_000))),
        packed(member("a"), PLAN),
        packed(),
        b"no archive at all",
        zstd_module().compress(b"no archive at all"),
    ],
    ids=[
        "dots",
        "hidden dots",
        "link",
        "device",
        "one file in two",
        "end",
        "many",
        "order",
        "nothing",
        "not compressed",
        "no archive",
    ],
)
def test_what_is_no_package_of_flowc_is_refused(made: Project, tmp_path: Path, data: bytes) -> None:
    code = blake3(data).hexdigest()
    made.store.write(code_key("Made", code), [data])
    with pytest.raises(
        ContractError, match=rf"the code package `Made/code/{code}.tar.zst` is no archive that flowc makes: "
    ):
        open_code(made.store, "Made", code, {"FLOWC_CACHE": str(tmp_path / "cache")})
    assert os.listdir(tmp_path / "cache" / "code") == []
    assert not (tmp_path / "escaped").exists()


def test_a_cache_from_which_files_have_gone_is_said_to_be_damaged(made: Project, tmp_path: Path) -> None:
    folder, _ = opened(made, FLOWC_CACHE=str(tmp_path / "cache"))
    os.unlink(f"{folder}/flowc-plan.json")
    with pytest.raises(StoreError, match=rf"the unpacked code package {folder} is damaged, remove it"):
        opened(made, FLOWC_CACHE=str(tmp_path / "cache"))


def test_a_package_of_an_older_version_is_called_by_the_hash_of_what_is_stored(made: Project, tmp_path: Path) -> None:
    code = blake3(made.package.data).hexdigest()
    made.store.write(code_key("Made", code), [made.package.data])
    folder, plan = open_code(made.store, "Made", code, {"FLOWC_CACHE": str(tmp_path / "cache")})
    assert plan == made.plan
    assert folder.endswith(code)


def test_a_package_may_be_compressed_in_any_way(made: Project, tmp_path: Path) -> None:
    zstd = zstd_module()
    other = zstd.compress(zstd.decompress(made.package.data), 1)
    assert other != made.package.data
    made.store.write(code_key("Made", made.package.code), [other])
    assert opened(made, FLOWC_CACHE=str(tmp_path / "cache"))[1] == made.plan


def bomb() -> bytes:
    """A MiB that becomes a GiB."""
    compressor, zeros = zstd_module().ZstdCompressor(), bytes(1 << 20)
    return b"".join([*(compressor.compress(zeros) for _ in range(1 << 10)), compressor.flush()])


@pytest.mark.parametrize("is_verified", [False, True])
def test_a_bomb_fills_neither_memory_nor_disk(made: Project, tmp_path: Path, is_verified: bool) -> None:
    data = bomb()
    code = blake3(data).hexdigest() if is_verified else "0" * 64
    made.store.write(code_key("Made", code), [data])
    script = f"""
import resource
from flowc.errors import ContractError
from flowc.runner.code import open_code
from flowc.store.opening import open_store
store = open_store({made.url!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (101 << 20, 101 << 20))
try:
    open_code(store, "Made", {code!r}, {{"FLOWC_CACHE": {str(tmp_path / "cache")!r}}})
except ContractError as error:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    mebibytes, _, said = done.stdout.partition(" ")
    assert "is no archive that flowc makes: it has more than 100 MiB when it is unpacked" in said
    assert int(mebibytes) < 300
    assert os.listdir(tmp_path / "cache" / "code") == []


def test_a_disk_that_is_full_is_told_as_what_may_pass(project: Make, tmp_path: Path) -> None:
    made = project(BODY, files={"large.py": "# " + "x" * 100_000})
    script = f"""
import resource, sys
from flowc.errors import FlowcError
from flowc.runner.code import open_code
from flowc.runner.supervise import exit_code
from flowc.store.opening import open_store
store = open_store({made.url!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    open_code(store, "Made", {made.package.code!r}, {{"FLOWC_CACHE": {str(tmp_path / "cache")!r}}})
except FlowcError as error:
    print(error)
    sys.exit(exit_code(error))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 75
    assert done.stdout == (
        f"the code package cannot be unpacked to {tmp_path}/cache/code/{made.package.code}: File too large; make room "
        "there, or name another folder with FLOWC_CACHE\n"
    )
    assert os.listdir(tmp_path / "cache" / "code") == []


def test_no_place_at_all_is_told(made: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="cannot be unpacked in the cache or a temporary folder: Not a directory"):
        opened(made, FLOWC_CACHE=str(tmp_path / "file"))


def test_tasks_that_unpack_at_the_same_time_do_not_disturb_each_other(made: Project, tmp_path: Path) -> None:
    script = f"""
import sys
from flowc.runner.code import open_code
from flowc.store.opening import open_store
store = open_store({made.url!r})
print("ready", flush=True)
sys.stdin.read()
folder, plan = open_code(store, "Made", {made.package.code!r}, {{"FLOWC_CACHE": {str(tmp_path / "cache")!r}}})
print(folder, plan.flow)
"""
    words = [sys.executable, "-c", script]
    pipe = subprocess.PIPE
    tasks = [subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) for _ in range(6)]
    for task in tasks:
        assert task.stdout is not None
        assert task.stdout.readline() == "ready\n"
    for task in tasks:
        assert task.stdin is not None
        task.stdin.close()
        task.stdin = None
    said = {task.communicate(timeout=60)[0] for task in tasks}
    assert said == {f"{tmp_path}/cache/code/{made.package.code} Made\n"}
    assert os.listdir(f"{tmp_path}/cache/code") == [made.package.code]


def test_modes_are_the_package_s_and_not_the_umask_s(project: Make, tmp_path: Path) -> None:
    made = project(BODY, files={"a/b/tool.py": ""})
    (made.folder / "a/b/tool.py").chmod(0o700)
    package = build_package(made.plan, str(made.folder))
    (tmp_path / "cache").mkdir()
    folder = tmp_path / "cache" / package.code
    before = os.umask(0o077)
    try:
        unpack(package.data, package.code, str(folder))
    finally:
        os.umask(before)
    modes = {str(p.relative_to(folder)): stat.S_IMODE(p.stat().st_mode) for p in folder.rglob("*")}
    own = {f"{made.module}.py": 0o644, "flowc-plan.json": 0o644}
    assert modes == {"a": 0o755, "a/b": 0o755, "a/b/tool.py": 0o755, **own}


def test_a_package_that_is_unpacked_beforehand_is_taken_as_it_is(made: Project, tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "code"
    cache.mkdir(parents=True)
    unpack(made.package.data, made.package.code, str(cache / made.package.code))
    (Path(made.url.removeprefix("file://")) / code_key("Made", made.package.code)).unlink()
    assert made.run_process("start", FLOWC_CACHE=str(tmp_path / "cache")) == (0, "")
    code, output = made.run_process("end", FLOWC_CACHE=str(tmp_path / "other"))
    assert code == 65
    assert output.startswith(f"flowc: there is no code package `{code_key('Made', made.package.code)}` in the store")


def test_a_plan_of_another_contract_is_refused(made: Project, tmp_path: Path) -> None:
    folder, _ = opened(made, FLOWC_CACHE=str(tmp_path / "cache"))
    Path(folder, "flowc-plan.json").write_text('{"contract": 99}')
    with pytest.raises(ContractError, match="compiled to a plan of version 99, and this runner, of flowc"):
        opened(made, FLOWC_CACHE=str(tmp_path / "cache"))
