"""The bytes of a package, its hash, and what stands in the way of one."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from flowc.compiler import Program, read_program
from flowc.diagnostics import Diagnostic, Severity
from flowc.package import (
    CodePackage,
    PackageError,
    Rules,
    Source,
    build_package,
    find_contents,
    is_package,
    pack,
    pack_entries,
    packed_plan,
)
from flowc.package.archive import File, pack_files
from flowc.store.archive import MAX_MEMBERS, decompress, members
from flowc.store.artifacts import zstd_module

FLOW = """
from flowc import FlowSpec, step

class Packed(FlowSpec):
    @step
    def only(self):
        pass
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A flow in a folder of its own."""
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "flow.py").write_text(FLOW)
    program, found, _ = read_program(str(folder / "flow.py"))
    assert program is not None, found
    return program


def packed(program: Program, rules: Rules = Rules()) -> CodePackage:  # noqa: B008 - frozen
    package, found = pack(program.plan, program.folder, rules)
    assert package is not None and found == ()
    return package


def problems(program: Program, *include: str) -> list[tuple[str, str]]:
    """Code and message of what stands in the way."""
    package, found = pack(program.plan, program.folder, Rules(include=include))
    assert package is None
    with pytest.raises(PackageError):
        build_package(program.plan, program.folder, Rules(include=include))
    return [(d.code, d.message) for d in found]


def tar(package: CodePackage) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(zstd_module().decompress(package.data)))


def test_a_package_has_the_plan_and_then_the_files_by_name(program: Program) -> None:
    for name in ("z.py", "a/z.py", "a-b.py", "B.py"):
        Path(program.folder, name).parent.mkdir(exist_ok=True)
        Path(program.folder, name).write_text(name)
    package = packed(program)
    with tar(package) as archive:
        names = archive.getnames()
        assert names == ["flowc-plan.json", "B.py", "a-b.py", "a/z.py", "flow.py", "z.py"]
        assert all(m.isreg() and (m.mtime, m.uid, m.gid, m.uname) == (0, 0, 0, "") for m in archive)
    assert packed_plan(package.data) == json.loads(json.dumps(program.plan.to_json()))
    assert is_package(package.data)


def test_only_whether_a_file_can_be_executed_is_kept_of_its_mode(program: Program) -> None:
    modes = {"a.py": 0o600, "b.py": 0o666, "c.py": 0o700, "d.py": 0o644, "e.py": 0o755}
    for name, mode in modes.items():
        Path(program.folder, name).write_text("")
        Path(program.folder, name).chmod(mode)
    with tar(packed(program)) as archive:
        found = {m.name: m.mode for m in archive if m.name in modes}
    assert found == {"a.py": 0o644, "b.py": 0o644, "c.py": 0o755, "d.py": 0o644, "e.py": 0o755}


def test_the_hash_is_of_what_is_packed_and_stays() -> None:
    """Pinned: packages in stores and definitions of schedulers outlive a release."""
    files = [File("a.py", b"A = 1\n"), File("tool.sh", b"#!/bin/sh\n", True), File("ü/" + "n" * 120 + ".py", b"")]
    package = pack_files(b"{}", files)
    assert package.code == "45323b716aa18e45871090766be781c75a14d1c31e2bb982e7c096d362067a15"
    assert decompress(zstd_module().compress(zstd_module().decompress(package.data), 1), io.BytesIO()) == package.code


def test_the_same_files_have_the_same_bytes_whatever_the_surroundings(program: Program, tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "os.umask(int(sys.argv[2], 8))\n"
        "from flowc.compiler import read_program\n"
        "from flowc.package import build_package\n"
        "program = read_program(sys.argv[1] + '/flow.py')[0]\n"
        "package = build_package(program.plan, program.folder)\n"
        "print(package.code, len(package.data))\n"
    )
    said = set()
    for number, (umask, locale) in enumerate((("022", "C"), ("077", "C.UTF-8"))):
        folder = tmp_path / f"copy{number}"
        folder.mkdir()
        names = ["ü.py", "b.py", "a.py", "flow.py"]
        for name in names if number else reversed(names):
            (folder / name).write_text(FLOW if name == "flow.py" else "")
            os.utime(folder / name, (number, number))
        environment = {**os.environ, "LC_ALL": locale, "PYTHONHASHSEED": str(number + 1), "TZ": f"X{number}"}
        words = [sys.executable, "-c", script, str(folder), umask]
        said.add(subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(said) == 1


def test_files_that_are_not_packed_do_not_matter(program: Program) -> None:
    before = packed(program)
    Path(program.folder, "notes.txt").write_text("x")
    Path(program.folder, ".env").write_text("x")
    assert packed(program) == before
    Path(program.folder, "a.py").write_text("")
    assert packed(program).code != before.code


def test_what_the_compiler_packs_the_runner_s_reader_reads(program: Program) -> None:
    names = ["ü.py", "with blank.py", "n" * 200 + ".py", "/".join(["deep" * 10] * 10) + "/x.py", "a\nb.py"]
    for name in names:
        Path(program.folder, name).parent.mkdir(parents=True, exist_ok=True)
        Path(program.folder, name).write_text(name)
    archive = io.BytesIO()
    package = packed(program)
    assert decompress(package.data, archive) == package.code
    assert len(archive.getvalue()) == package.size
    found = list(members(archive))
    assert {m.name for m in found} == {"flowc-plan.json", "flow.py", *names}
    assert found[0].size == package.plan_size


def test_names_that_would_be_one_file_elsewhere_are_refused(program: Program) -> None:
    for name in ("Helpers.py", "helpers.py", "A/x.py", "a/y.py"):
        Path(program.folder, name).parent.mkdir(exist_ok=True)
        Path(program.folder, name).write_text("")
    assert problems(program) == [
        ("FC005", "`a/y.py` cannot go into the code package: it differs from `A` in upper and lower case only"),
        (
            "FC005",
            "`helpers.py` cannot go into the code package: it differs from `Helpers.py` in upper and lower case only",
        ),
    ]


def test_a_name_that_is_no_text_is_refused(program: Program) -> None:
    with open(os.fsencode(program.folder) + b"/\xff.py", "wb"):
        pass
    assert problems(program) == [
        ("FC005", "`\\udcff.py` cannot go into the code package: it has a name that is not text in UTF-8")
    ]


def test_a_file_that_cannot_be_read_is_told(program: Program) -> None:
    # what root cannot read either: a file that has gone since it was found

    Path(program.folder, "a.py").write_text("")
    entries = find_contents(program.folder, "flow")
    Path(program.folder, "a.py").unlink()
    package, (found,) = pack_entries(program.plan, entries)
    assert package is None
    assert (found.code, found.message) == (
        "FC005",
        f"`{program.folder}/a.py` cannot be read: No such file or directory",
    )


def test_a_folder_that_has_gone_is_told(program: Program) -> None:
    package, (found,) = pack(program.plan, program.folder + "/gone")
    assert package is None
    assert (found.code, found.message.partition("cannot")[2]) == ("FC005", " be read: No such file or directory")


def sparse(program: Program, name: str, size: int) -> None:
    with open(os.path.join(program.folder, name), "wb") as file:
        file.truncate(size)


def test_a_large_package_is_a_warning(program: Program) -> None:
    sparse(program, "model.bin", 11 << 20)
    package, (found,) = pack(program.plan, program.folder, Rules(include=("*.bin",)))
    assert package is not None
    assert found == Diagnostic(
        code="FC004",
        severity=Severity.WARNING,
        message="the code package has 11.5 MB, which each machine fetches before its first task",
        help="leave files out by `package_exclude` or .gitignore, or have them from elsewhere; the largest: "
        "`model.bin` (11.5 MB)",
    )


def test_too_large_a_package_is_refused_before_it_is_read(program: Program) -> None:
    sparse(program, "model.bin", 1 << 40)
    assert problems(program, "*.bin") == [("FC004", "the code package would have 1,099,511.6 MB, more than 104.9 MB")]


def test_the_largest_package_is_one_that_a_runner_takes(program: Program) -> None:
    sparse(program, "model.bin", (98 << 20) + (200 << 10))
    package, _ = pack(program.plan, program.folder, Rules(include=("*.bin",)))
    assert package is not None
    assert decompress(package.data, io.BytesIO()) == package.code


def test_too_many_files_are_refused(program: Program, tmp_path: Path) -> None:

    entries = [Source(f"{n}.py", str(tmp_path), 0, False) for n in range(MAX_MEMBERS)]
    package, (found,) = pack_entries(program.plan, entries)
    assert package is None
    assert (found.code, found.message) == ("FC004", "the code package would have 10,000 files, more than 9,999")


@pytest.mark.parametrize("data", [b"", b"nothing", zstd_module().compress(b"nothing")])
def test_what_is_no_package_is_known(data: bytes) -> None:
    assert not is_package(data)
    assert packed_plan(data) is None


def test_the_beginning_of_a_package_alone_has_no_plan(program: Program) -> None:
    data = packed(program).data
    assert packed_plan(data[: len(data) // 2]) is None
