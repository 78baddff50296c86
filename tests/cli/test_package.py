"""`flowc package`, and the rules for packages on their way to all commands that make one."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from flowc.package import packed_plan
from flowc.store.archive import MAX_BYTES
from tests.cli.flowc import EXAMPLES, contents, flowc

INCLUDING = """
from flowc import FlowSpec, IncludeFile, step

class Reader(FlowSpec):
    words = IncludeFile("words", default="words.txt")

    @step
    def only(self):
        pass
"""
COMPILE = ("compile", "hello.py", "--target", "airflow")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A flow, and files beside it."""
    folder = tmp_path / "flows"
    (folder / "sql").mkdir(parents=True)
    (folder / "hello.py").write_text((EXAMPLES / "hello.py").read_text())
    (folder / "module.py").write_text("x = 1\n")
    (folder / "sql" / "a.sql").write_text("select 1\n")
    (folder / "tool.sh").write_text("echo\n")
    (folder / "tool.sh").chmod(0o755)
    (folder / ".gitignore").write_text("module.py\n")
    return folder


def code_of(folder: Path, *words: str, **env: str) -> str:
    result = flowc("package", "list", "hello.py", "--json", *words, cwd=folder, env=env)
    assert result.returncode == 0, result.stderr
    code: str = json.loads(result.stdout)["code"]
    return code


def test_list_shows_files_and_a_total(folder: Path) -> None:
    result = flowc("package", "list", "hello.py", cwd=folder, env={"FLOWC_PACKAGE_INCLUDE": "*.sql /tool.sh"})
    assert (result.returncode, result.stderr) == (0, "")
    plan, *rows, total, code = result.stdout.splitlines()
    assert plan.split()[0] == "flowc-plan.json"
    hello = (folder / "hello.py").stat().st_size
    assert rows == [
        f"hello.py         {hello:>11} bytes",
        "sql/a.sql                  9 bytes",
        "tool.sh                    5 bytes  executable",
    ]
    size = int(plan.split()[1].replace(",", "")) + hello + 14
    assert total.startswith(f"4 files, {size:,} bytes, ")
    assert code == "code package " + code_of(folder, FLOWC_PACKAGE_INCLUDE="*.sql /tool.sh")


def test_list_shows_what_stays_out_and_why(folder: Path) -> None:
    result = flowc("package", "list", "hello.py", "--excluded", cwd=folder, env={"FLOWC_PACKAGE_EXCLUDE": "tool.*"})
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        ".gitignore  hidden",
        "module.py   named in .gitignore",
        "sql/a.sql   neither Python nor in package_include",
        "tool.sh     named in package_exclude",
    ]


def test_list_as_json(folder: Path) -> None:
    result = flowc("package", "list", "hello.py", "--json", cwd=folder)
    found = json.loads(result.stdout)
    assert set(found) == {"code", "size", "compressed", "files", "excluded"}
    assert [f["name"] for f in found["files"]] == ["flowc-plan.json", "hello.py"]
    assert found["excluded"][1] == {"name": "module.py", "why": "named in .gitignore"}
    assert found["size"] % 512 == 0 and found["compressed"] < found["size"]


def test_a_flow_that_is_wrong_has_no_list(folder: Path) -> None:
    (folder / "hello.py").write_text("x = 1")
    result = flowc("package", "list", "hello.py", cwd=folder)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("FC103 error: ")


def test_an_upload_is_made_once(folder: Path) -> None:
    first = flowc("package", "upload", "hello.py", "--store", "store", cwd=folder)
    assert (first.returncode, first.stderr) == (0, "")
    code = code_of(folder)
    place = f"{(folder / 'store').as_uri()}/Hello/code/{code}.tar.zst"
    assert first.stdout == f"the code package is at {place}\n"
    before = contents(folder / "store")
    assert list(before) == [f"Hello/code/{code}.tar.zst"]
    again = flowc("package", "upload", "hello.py", "--store", "store", cwd=folder)
    assert (again.returncode, again.stdout) == (0, f"the code package was there already: {place}\n")
    assert contents(folder / "store") == before


@pytest.mark.parametrize("damage", [b"", b"other bytes", None])
def test_a_package_that_is_damaged_is_replaced(folder: Path, damage: bytes | None) -> None:
    flowc("package", "upload", "hello.py", "--store", "store", cwd=folder)
    (file,) = (folder / "store" / "Hello" / "code").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-5] if damage is None else damage)
    again = flowc("package", "upload", "hello.py", "--store", "store", cwd=folder)
    assert again.stdout.startswith("the code package is at ")
    assert file.read_bytes() == whole


def test_included_files_go_with_it(folder: Path) -> None:
    (folder / "reader.py").write_text(INCLUDING)
    (folder / "words.txt").write_text("one\ntwo\n")
    for said in ("is at", "was there already:"):
        result = flowc("package", "upload", "reader.py", "--store", "store", cwd=folder)
        assert (result.returncode, result.stderr) == (0, "")
        package, words = result.stdout.splitlines()
        assert package.startswith(f"the code package {said} file://")
        assert words.startswith(f"the file of `words` {said} file://")
    assert b"one\ntwo\n" in contents(folder / "store").values()


def test_compile_names_the_command_that_makes_the_same_package(folder: Path) -> None:
    options = ("--with", "retry:times=2,minutes_between_retries=0")
    result = flowc(*COMPILE, "--store", "s3://bucket/a b", "-o", "out", *options, cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    said, command = result.stdout.splitlines()[-1].split(": ", 1)
    assert said == "this puts it there"
    words = shlex.split(command)
    assert words[:6] == ["flowc", "package", "upload", "hello.py", "--store", "s3://bucket/a b"]
    words[5] = "store"
    assert flowc(*words[1:], cwd=folder).returncode == 0
    (name,) = (folder / "store" / "Hello" / "code").iterdir()
    assert name.name.removesuffix(".tar.zst") in (folder / "out" / "Hello_dag.py").read_text()


def test_compile_uploads_when_it_is_told_to(folder: Path) -> None:
    store = f"file://{folder}/store"
    result = flowc(*COMPILE, "--compute", "local", "--store", store, "-o", "out", "--upload", cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    code = code_of(folder)
    assert result.stdout.splitlines()[-1] == f"the code package is at {store}/Hello/code/{code}.tar.zst"
    assert contents(folder / "store")[f"Hello/code/{code}.tar.zst"] == (folder / "out/Hello.code.tar.zst").read_bytes()


def test_an_upload_that_fails_says_so(folder: Path) -> None:
    (folder / "store").write_text("in the way")
    result = flowc("package", "upload", "hello.py", "--store", "store", cwd=folder)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.stderr


def test_all_commands_make_the_same_package_by_the_rules_of_a_file(folder: Path) -> None:
    (folder / "flowc.toml").write_text('package_include = ["*.sql"]\npackage_exclude = ["module.py"]\n')
    code = code_of(folder)
    assert code != code_of(folder, FLOWC_PACKAGE_INCLUDE="*.sh")
    assert flowc("run", "hello.py", cwd=folder).returncode == 0
    assert [p.name for p in (folder / ".flowc" / "Hello" / "code").iterdir()] == [f"{code}.tar.zst"]
    assert flowc("run", "hello.py", "--step", "end", cwd=folder).returncode == 0
    assert len(list((folder / ".flowc" / "Hello" / "code").iterdir())) == 1
    assert flowc(*COMPILE, "--store", "s3://bucket/flows", "-o", "out", cwd=folder).returncode == 0
    assert code in (folder / "out" / "Hello_dag.py").read_text()
    plan = packed_plan((folder / "out" / "Hello.code.tar.zst").read_bytes())
    assert plan is not None and plan["flow"] == "Hello"


@pytest.mark.parametrize(
    "words",
    [("run", "hello.py"), ("package", "upload", "hello.py", "--store", "store"), ("package", "list", "hello.py")],
)
def test_what_cannot_be_packed_stops_a_command_before_anything_is_written(folder: Path, words: tuple[str, ...]) -> None:
    with (folder / "large.bin").open("wb") as file:
        file.truncate(2 * MAX_BYTES)
    before = list(contents(folder))
    result = flowc(*words, cwd=folder, env={"FLOWC_PACKAGE_INCLUDE": "*.bin"})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("FC004 error: the code package would have 209.7 MB, more than 104.9 MB\n")
    assert list(contents(folder)) == before


def test_what_cannot_be_packed_is_not_compiled(folder: Path) -> None:
    (folder / "Module.py").write_text("")
    (folder / ".gitignore").unlink()
    result = flowc(*COMPILE, "--store", "s3://bucket/flows", "-o", "out", cwd=folder)
    assert result.returncode == 1
    assert result.stderr.startswith("FC005 error: `module.py` cannot go into the code package: it differs from")
    assert not (folder / "out").exists()


@pytest.mark.parametrize("pattern", ["", "#x", "../x", "a/../b", "./a", "/", "!", "a\nb"])
def test_what_is_no_pattern_is_refused(folder: Path, pattern: str) -> None:
    (folder / "flowc.toml").write_text(f"package_exclude = {json.dumps([pattern])}\n")
    result = flowc("package", "list", "hello.py", cwd=folder)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "FC503 error: `package_exclude` should be patterns as in a .gitignore, of paths below the flow's folder\n"
    )


@pytest.mark.parametrize(
    "pattern", ["a", "!a", "/a/", "*", "**/a.b", "a b", "...", ".x", "a..b", "[a-c]?", "\\#a", "ü"]
)
def test_what_is_a_pattern_is_none_of_that(folder: Path, pattern: str) -> None:
    (folder / "flowc.toml").write_text(f"package_exclude = {json.dumps([pattern])}\n")
    assert flowc("package", "list", "hello.py", cwd=folder).returncode == 0
