"""Included files and deferred defaults on the command line."""

from __future__ import annotations

import io
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from blake3 import blake3

from flowc.contract import blob_key
from flowc.store.artifacts import zstd_module
from tests.cli.flowc import contents, flowc

FLOW = """
import random

from flowc import FlowSpec, IncludeFile, Parameter, step


class Reader(FlowSpec):
    words = IncludeFile("words", default="data/words.txt", help="what is counted")
    logo = IncludeFile("logo", is_text=False, default="data/logo.bin")
    other = IncludeFile("other")
    seed = Parameter("seed", default=random.randint(0, 9), help="of the generator")

    @step
    def start(self):
        print(repr(self.words), len(self.logo), repr(self.other))
        self.next(self.end)

    @step
    def end(self):
        pass
"""
COMPILE = ("compile", "reader.py", "--target", "airflow", "--store", "s3://bucket/flows", "-o", "out")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "flow"
    (found / "data").mkdir(parents=True)
    (found / "reader.py").write_text(FLOW)
    (found / "data" / "words.txt").write_text("one\ntwo\n")
    (found / "data" / "logo.bin").write_bytes(bytes(range(256)))
    return found


def test_what_is_compiled_has_the_files_for_an_upload(folder: Path) -> None:
    result = flowc(*COMPILE, cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    out = contents(folder / "out")
    assert sorted(out) == ["Reader.code.tar.zst", "Reader.logo.include", "Reader.words.include", "Reader_dag.py"]
    assert out["Reader.words.include"] == b"one\ntwo\n"
    assert out["Reader.logo.include"] == bytes(range(256))
    said = result.stdout.splitlines()
    assert said[2:4] == ["out/Reader.words.include  8 bytes", "out/Reader.logo.include  256 bytes"]
    for name, line in zip(("words", "logo"), said[-3:-1], strict=True):
        key = blob_key("Reader", blake3(out[f"Reader.{name}.include"]).hexdigest())
        assert line == f"tasks look for the file of `{name}` at s3://bucket/flows/{key}"
    assert said[-1] == "this puts them there: flowc package upload reader.py --store s3://bucket/flows"
    # nothing of a file's content is in what the scheduler has
    assert b"two" not in out["Reader_dag.py"]


def test_the_code_package_holds_neither_the_files_nor_their_copies(folder: Path) -> None:
    for _ in range(2):
        assert flowc(*COMPILE, cwd=folder).returncode == 0
    data = zstd_module().decompress((folder / "out" / "Reader.code.tar.zst").read_bytes())
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getnames() == ["flowc-plan.json", "reader.py"]


def test_the_same_bytes_twice_and_others_for_another_file(folder: Path) -> None:
    assert flowc(*COMPILE, cwd=folder).returncode == 0
    first = contents(folder / "out")
    assert flowc(*COMPILE, cwd=folder).returncode == 0
    assert contents(folder / "out") == first
    (folder / "data" / "words.txt").write_text("three\n")
    assert flowc(*COMPILE, cwd=folder).returncode == 0
    second = contents(folder / "out")
    assert second["Reader.words.include"] == b"three\n"
    assert second["Reader.code.tar.zst"] != first["Reader.code.tar.zst"]


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_text("mine")], ids=["folder", "file"])
@pytest.mark.parametrize("before", [False, True], ids=["new", "again"])
def test_a_file_of_the_user_s_is_not_replaced(folder: Path, make: object, before: bool) -> None:
    (folder / "out").mkdir()
    if before:
        assert flowc(*COMPILE, cwd=folder).returncode == 0
        (folder / "out" / "Reader.words.include").unlink()
    make(folder / "out" / "Reader.words.include")  # type: ignore[operator]
    present = contents(folder / "out")
    result = flowc(*COMPILE, cwd=folder)
    assert result.returncode == 1
    assert "FC405 error: `out/Reader.words.include` exists, and flowc did not generate it" in result.stderr
    assert contents(folder / "out") == present


def test_a_file_that_there_is_not(folder: Path) -> None:
    (folder / "data" / "words.txt").unlink()
    for words in (("check", "reader.py"), ("run", "reader.py"), COMPILE):
        result = flowc(*words, cwd=folder)
        assert result.returncode == 1
        assert "FC132 error: the file `data/words.txt` cannot be read: there is no such file" in result.stderr
        assert "reader.py:8:" in result.stderr
    assert not (folder / "out").exists()
    assert not (folder / ".flowc").exists()


def test_a_path_is_relative_to_the_flow_s_folder_or_else_to_where_the_command_runs(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    shutil.copytree(folder / "data", elsewhere / "data")
    (elsewhere / "data" / "words.txt").write_text("elsewhere\n")
    (folder / "data" / "logo.bin").unlink()
    result = flowc("run", folder / "reader.py", cwd=elsewhere)
    assert "start | 'one\\ntwo\\n' 256 None" in result.stdout, result.stderr
    (folder / "data" / "words.txt").unlink()
    result = flowc("run", folder / "reader.py", cwd=elsewhere)
    assert "start | 'elsewhere\\n' 256 None" in result.stdout, result.stderr


@pytest.mark.parametrize("name", ["given.txt", "sp ace ünï {{ ds }}.txt"])
def test_a_run_is_given_a_file_relative_to_where_the_command_runs(folder: Path, name: str) -> None:
    (folder / name).write_text("given")
    result = flowc("run", "reader.py", "--other", name, "--words", folder / name, cwd=folder)
    assert "start | 'given' 256 'given'" in result.stdout, result.stderr


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        ("nowhere.txt", "FC604 error: parameter `other` includes `{folder}/nowhere.txt`, which cannot be read: there"),
        ("data", "FC604 error: parameter `other` includes `{folder}/data`, which cannot be read: it is a directory"),
        ("/dev/null", "FC604 error: parameter `other` includes `/dev/null`, which cannot be read: it is not a regular"),
        ("http://x/y", "FC602 error: parameter `other` is the place of a file (an absolute path, `file:///path` or"),
    ],
)
def test_a_file_that_cannot_be_given_is_reported_before_anything_starts(
    folder: Path, given: str, reported: str
) -> None:
    result = flowc("run", "reader.py", "--other", given, cwd=folder)
    assert result.returncode == 1
    assert reported.format(folder=folder) in result.stderr
    assert not (folder / ".flowc").exists()


def test_help_says_what_is_known(folder: Path) -> None:
    result = flowc("run", "reader.py", "--help", cwd=folder, env={"COLUMNS": "120"})
    shown = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert shown[shown.index("Parameters of reader.py:") + 1 :] == [
        "--words FILE what is counted [default: data/words.txt]",
        "--logo FILE [default: data/logo.bin]",
        "--other FILE",
        "--seed VALUE of the generator [default: found when a run starts]",
    ]


def test_show_tells_of_files_and_of_what_was_found(folder: Path) -> None:
    assert flowc("run", "reader.py", "--seed", "12", cwd=folder).returncode == 0
    result = flowc("show", "Reader", cwd=folder)
    shown = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "--seed 12" in shown
    assert "--words a file of 8 bytes" in shown
    assert "--other None" in shown


def test_compiling_and_checking_run_nothing_of_the_flow(folder: Path) -> None:
    source = FLOW.replace("random.randint(0, 9)", "open('touched', 'w').write('x')")
    (folder / "reader.py").write_text(source)
    assert flowc("check", "reader.py", cwd=folder).returncode == 0
    assert flowc(*COMPILE, cwd=folder).returncode == 0
    assert not (folder / "touched").exists()


def test_a_large_file_is_compiled_in_little_memory(folder: Path) -> None:
    large = folder / "data" / "logo.bin"
    with large.open("wb") as out:
        out.truncate(512 << 20)
    words = [sys.executable, "-m", "flowc", *COMPILE]
    result = subprocess.run(
        words,
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith(("FLOWC_", "AWS_"))},
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)),
    )
    assert (result.returncode, result.stderr) == (0, "")
    copy = folder / "out" / "Reader.logo.include"
    assert copy.stat().st_size == 512 << 20
    copy.unlink()
