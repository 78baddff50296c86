"""What a flow requires: which file says so, how it is read, and what an image cannot take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowc.diagnostics import Diagnostic, render
from flowc.image.requirements import Requirements, distribution, read_requirements, without_hashes


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The root of a repository, and the working directory."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "flows").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


FLOW = "flows/flow.py"


def read(chosen: str | None = None) -> Requirements:
    found, problems, _ = read_requirements(FLOW, chosen)
    assert problems == () and found is not None
    return found


def shown(chosen: str | None = None) -> list[str]:
    _, problems, sources = read_requirements(FLOW, chosen)
    assert all(isinstance(p, Diagnostic) and p.code == "FC703" for p in problems)
    return [render(p, sources) for p in problems]


def test_nothing_says_what_is_required() -> None:
    assert read_requirements(FLOW, None) == (None, (), {})
    assert read_requirements(None, None) == (None, (), {})


def test_the_file_beside_the_flow_comes_before_the_project(project: Path) -> None:
    (project / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["numpy>=2"]\n')
    assert read() == Requirements(place="pyproject.toml, [project] dependencies", lines=("numpy>=2",))
    (project / "flows" / "requirements.txt").write_text("six\n")
    assert read() == Requirements(place="flows/requirements.txt", lines=("six",))
    (project / "other.txt").write_text("scipy\n")
    assert read("other.txt") == Requirements(place="other.txt", lines=("scipy",))
    assert read_requirements(None, "other.txt")[0] == read("other.txt")


def test_a_project_without_dependencies_is_passed_over_and_one_above_the_repository_is_not_seen(project: Path) -> None:
    (project / "flows" / "pyproject.toml").write_text('[project]\nname = "x"\ndynamic = ["dependencies"]\n')
    (project / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    assert read().lines == ()
    (project / "flows" / ".git").mkdir()
    assert read_requirements(FLOW, None)[0] is None


def test_a_file_is_read_as_pip_reads_it(project: Path) -> None:
    (project / "more").mkdir()
    (project / "more" / "shared.txt").write_text("# shared\npandas==2.2\n")
    (project / "more" / "limits.txt").write_text("numpy<3\n")
    (project / "more" / "all.txt").write_text(
        "\ufeff-r shared.txt  # theirs\n"
        "--constraint=limits.txt\n\n"
        "numpy >= 2 ; \\\r\npython_version >= '3.11'\n"
        "six \\\n    --hash=sha256:00 \\\n    --hash=sha256:11  # why\n"
        "scipy \\\n# what is continued ends here\n"
        "--trusted-host example.com\n"
        "requests@https://example.com/requests-2-py3-none-any.whl#sha256=00\n"
        "last"
    )
    found = read("more/all.txt")
    assert found.lines == (
        "pandas==2.2",
        "numpy >= 2 ; python_version >= '3.11'",
        "six     --hash=sha256:00     --hash=sha256:11",
        "scipy",
        "--trusted-host example.com",
        "requests@https://example.com/requests-2-py3-none-any.whl#sha256=00",
        "last",
    )
    assert found.constraints == (str(project / "more" / "limits.txt"),)
    assert found.hashed
    assert [distribution(line) for line in found.named] == ["pandas", "numpy", "six", "scipy", "requests", "last"]
    assert found.named[2] == without_hashes(found.lines[2]) == "six"


def test_files_are_meant_from_the_folder_of_the_list(project: Path) -> None:
    (project / "more" / "wheels").mkdir(parents=True)
    (project / "more" / "own-1-py3-none-any.whl").write_text("")
    (project / "more" / "all.txt").write_text(
        "--find-links wheels\n-f https://example.com/x\n./own-1-py3-none-any.whl\n"
    )
    found = read("more/all.txt")
    assert found.lines == (
        f"--find-links {project / 'more' / 'wheels'}",
        "--find-links https://example.com/x",
        f"{project / 'more'}/./own-1-py3-none-any.whl",
    )
    assert not found.hashed


@pytest.mark.parametrize("line", ["-e .", "--editable=../lib", "./lib", "/srv/lib", "git+https://example.com/x", "lib",
                                  "x @ git+ssh://example.com/x", "--no-binary numpy"])  # fmt: skip
def test_what_would_have_to_be_built_is_refused(line: str, project: Path) -> None:
    (project / "flows" / "lib").mkdir()
    (project / "flows" / "requirements.txt").write_text(f"six\n{line}  # ours\n")
    (problem,) = shown()
    assert problem.splitlines()[:3] == [
        "FC703 error: an image takes wheels, and this would have to be built",
        "  --> flows/requirements.txt:2:1",
        f" 2 | {line}  # ours",
    ]


def test_all_that_is_wrong_is_reported(project: Path) -> None:
    (project / "a.txt").write_text("-r b.txt\n-r missing.txt\n-c none.txt\n-e .\n")
    (project / "b.txt").write_text("-r a.txt\n")
    found = shown("a.txt")
    assert [(p.splitlines()[0], p.splitlines()[1].strip()) for p in found] == [
        ("FC703 error: `a.txt` is a part of itself", "--> b.txt:1:1"),
        ("FC703 error: `missing.txt` cannot be read: No such file or directory", "--> a.txt:2:1"),
        ("FC703 error: `none.txt` cannot be read: No such file or directory", "--> a.txt:3:1"),
        ("FC703 error: an image takes wheels, and this would have to be built", "--> a.txt:4:1"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xff\xfe", "`pyproject.toml` is not UTF-8: byte 1"),
        (b"[project", "`pyproject.toml` is not valid TOML: "),
        (b'[project]\ndependencies = "six"\n', "`project.dependencies` should be a list of strings"),
        (b"[project]\ndependencies = [1]\n", "`project.dependencies` should be a list of strings"),
    ],
)
def test_a_project_that_cannot_be_used(text: bytes, message: str, project: Path) -> None:
    (project / "pyproject.toml").write_bytes(text)
    (problem,) = shown()
    assert problem.startswith(f"FC703 error: {message}")


def test_a_chosen_file_that_is_not_there() -> None:
    (problem,) = shown("missing.txt")
    assert problem.startswith("FC703 error: `missing.txt` cannot be read: No such file or directory\n")


@pytest.mark.parametrize(("line", "name"), [("Scikit_Learn.x[a]>=1", "scikit-learn-x"), ("--pre", ""), ("a", "a")])
def test_names_are_normalised(line: str, name: str) -> None:
    assert distribution(line) == name
