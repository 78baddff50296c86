"""Branches, tags, and who starts a run, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flowc import Flow, Run
from tests.cli.flowc import flowc

FLOW = """from flowc import FlowSpec, current, project, step

@project(name="fraud")
class Model(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        self.facts = current.branch_name, current.username, sorted(current.tags), str(current.logical_date)
        self.name = current.project_flow_name
"""
PLAIN = FLOW.replace('@project(name="fraud")\n', "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(FLOW)
    (tmp_path / "plain.py").write_text(PLAIN)
    return tmp_path


def run(folder: Path, *words: str, **environment: str) -> Run:
    """Run the flow here."""
    result = flowc("run", "model.py", *words, cwd=folder, env={"FLOWC_USER": "ada", **environment})
    assert (result.returncode, result.stderr) == (0, "")
    return Flow("Model", str(folder / ".flowc")).latest_run


def facts(run: Run) -> Any:
    assert run.data is not None
    return run.data.facts


def test_a_local_run(folder: Path) -> None:
    found = run(folder, "--tag", "b", "--tag=a", "--tag", "b", "--logical-date", "2026-12-01")
    assert facts(found) == ("user.ada", "ada", ["a", "b"], "2026-12-01 00:00:00+00:00")
    assert found.user_tags == {"a", "b"}
    assert found.system_tags == {"runtime:local", "user:ada", "project:fraud", "project_branch:user.ada"}
    assert found.tags == found.user_tags | found.system_tags
    assert found.user == "ada"
    assert found.logical_date is not None and found.logical_date.isoformat() == "2026-12-01T00:00:00+00:00"


def test_a_check_for_a_branch(folder: Path) -> None:
    for words in ((), ("--branch", "new_model"), ("--production",)):
        assert flowc("check", "model.py", *words, cwd=folder, env={"FLOWC_USER": "a b"}).returncode == 0
    found = flowc("check", "model.py", "--branch", "a b", cwd=folder)
    assert found.returncode == 1 and "FC001 error: `a b` cannot be the name of a branch" in found.stderr
    found = flowc("check", "model.py", "plain.py", "--production", cwd=folder)
    assert found.returncode == 1 and "FC143 error: `--production` is for flows that belong to a project" in found.stderr


@pytest.mark.parametrize(
    ("words", "branch"),
    [
        (("--branch", "new_model"), "test.new_model"),
        (("--production",), "prod"),
        (("--production", "--branch=new_model"), "prod.new_model"),
    ],
)
def test_branches(folder: Path, words: tuple[str, ...], branch: str) -> None:
    found = run(folder, *words)
    assert facts(found) == (branch, "ada", [], "None")
    assert found.data is not None and found.data.name == f"fraud.{branch}.Model"


@pytest.mark.parametrize(
    ("environment", "user"),
    [
        ({"FLOWC_USER": "a", "METAFLOW_USER": "b", "SUDO_USER": "c", "USER": "d"}, "a"),
        ({"FLOWC_USER": "", "METAFLOW_USER": "b", "SUDO_USER": "c", "USER": "d"}, "b"),
        ({"FLOWC_USER": "", "METAFLOW_USER": "", "SUDO_USER": "c", "USER": "d"}, "c"),
        ({"FLOWC_USER": "", "METAFLOW_USER": "", "SUDO_USER": "", "USERNAME": "", "USER": "d"}, "d"),
    ],
)
def test_who_starts_a_run(folder: Path, environment: dict[str, str], user: str) -> None:
    assert facts(run(folder, **environment))[:2] == (f"user.{user}", user)


def test_the_account_is_the_last_resort(folder: Path) -> None:
    unset = dict.fromkeys(("FLOWC_USER", "METAFLOW_USER", "SUDO_USER", "USERNAME", "USER"), "")
    assert facts(run(folder, **unset, LOGNAME="grace"))[:2] == ("user.grace", "grace")


def test_the_output_names_the_branch(folder: Path) -> None:
    result = flowc("run", "model.py", cwd=folder, env={"FLOWC_USER": "ada"})
    assert result.stdout.startswith("project fraud, branch user.ada\nrun Model/")
    result = flowc("run", "plain.py", cwd=folder, env={"FLOWC_USER": "ada"})
    assert result.stdout.startswith("run Model/")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("model.py", "--branch", "New"), "FC001 error: `New` cannot be the name of a branch"),
        (("model.py", "--tag", ""), "FC001 error: '' cannot be a tag: it is empty"),
        (("model.py", "--tag", "a\nb"), "FC001 error: 'a\\nb' cannot be a tag: it has characters that cannot be shown"),
        (("model.py", "--tag", "t" * 501), "cannot be a tag: it has 501 characters, and a tag has at most 500"),
        (
            ("model.py", *(w for n in range(51) for w in ("--tag", f"t{n}"))),
            "51 tags are given, and a run has at most 50",
        ),
        (("plain.py", "--branch", "b"), "FC143 error: `--branch` is for flows that belong to a project"),
        (("plain.py", "--production"), "FC143 error: `--production` is for flows that belong to a project"),
        (("model.py", "--logical-date", "soon"), "FC001 error: `soon` is not a time: expected ISO 8601"),
    ],
)
def test_what_cannot_be_used(folder: Path, words: tuple[str, ...], message: str) -> None:
    result = flowc("run", *words, cwd=folder, env={"FLOWC_USER": "ada"})
    assert result.returncode == 1
    assert message in result.stderr
    assert "1 error; nothing was written or run" in result.stderr
    assert not (folder / ".flowc").exists()


def test_a_user_after_whom_no_branch_can_be_called(folder: Path) -> None:
    environment = {"FLOWC_USER": "ada@example.com"}
    result = flowc("run", "model.py", cwd=folder, env=environment)
    assert "FC001 error: a branch cannot be called after the user `ada@example.com`" in result.stderr
    assert flowc("run", "model.py", "--branch", "b", cwd=folder, env=environment).returncode == 0
    assert flowc("run", "plain.py", cwd=folder, env=environment).returncode == 0


@pytest.mark.parametrize(("target", "ending"), [("airflow", "_dag.py"), ("stepfunctions", ".asl.json")])
def test_deployments_of_two_branches_stand_side_by_side(folder: Path, target: str, ending: str) -> None:
    for words in (("--production",), ("--branch", "b", "--tag", "x")):
        common = ("compile", "model.py", "--target", target, "--store", "s3://bucket", "-o", "out")
        result = flowc(*common, *words, cwd=folder, env={"FLOWC_USER": "ada"})
        assert (result.returncode, result.stderr) == (0, "")
    names = {path.name for path in (folder / "out").iterdir()}
    assert names == {f"fraud.{b}.Model{e}" for b in ("prod", "test.b") for e in (ending, ".code.tar.zst")}
    assert "FLOWC_TAGS" in (folder / "out" / f"fraud.test.b.Model{ending}").read_text()
    assert "FLOWC_TAGS" not in (folder / "out" / f"fraud.prod.Model{ending}").read_text()


def test_the_bytes_do_not_depend_on_the_user_where_the_branch_does_not(folder: Path) -> None:
    for user in ("ada", "grace"):
        words = ("compile", "model.py", "--target", "airflow", "--store", "s3://bucket", "-o", user, "--production")
        assert flowc(*words, cwd=folder, env={"FLOWC_USER": user}).returncode == 0
    for file in (folder / "ada").iterdir():
        assert file.read_bytes() == (folder / "grace" / file.name).read_bytes()


def test_runs_and_show(folder: Path) -> None:
    run(folder, "--tag", "old", "--tag", "both")
    new = run(folder, "--tag", "new model", "--tag", "both", "--production", "--logical-date", "2026-12-01T06:00:00Z")

    def listed(*words: str) -> list[str]:
        result = flowc("runs", "--json", *words, cwd=folder)
        return [", ".join(found["tags"]) for found in json.loads(result.stdout)["runs"]]

    assert listed() == ["both, new model", "both, old"]
    assert listed("Model", "--tag", "both") == ["both, new model", "both, old"]
    assert listed("--tag", "both", "--tag", "old") == ["both, old"]
    assert listed("--tag", "project_branch:prod") == ["both, new model"]
    assert listed("--tag", "old", "--tag", "new model") == []
    flow = Flow("Model", str(folder / ".flowc"))
    assert [sorted(r.user_tags) for r in flow.runs("both")] == [["both", "new model"], ["both", "old"]]
    assert [sorted(r.user_tags) for r in flow.runs("both", "project_branch:user.ada")] == [["both", "old"]]
    assert list(flow.runs("none")) == []
    nothing = flowc("runs", "--tag", "old", "--tag", "new model", cwd=folder)
    assert nothing.stderr == "no run in .flowc has old and new model\n"
    shown = flowc("show", new.pathspec, cwd=folder).stdout
    lines = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in shown.split("\n\n")[0].splitlines()}
    assert lines["tags"] == "both, new model"
    assert (lines["user"], lines["project"], lines["project_branch"]) == ("ada", "fraud", "prod")
    assert lines["logical"] == "date    2026-12-01T06:00:00+00:00"
    facts = json.loads(flowc("show", new.pathspec, "--json", cwd=folder).stdout)
    assert {n: facts[n] for n in ("tags", "system_tags", "user", "logical_date")} == {
        "tags": ["both", "new model"],
        "system_tags": ["project:fraud", "project_branch:prod", "runtime:local", "user:ada"],
        "user": "ada",
        "logical_date": "2026-12-01T06:00:00+00:00",
    }


def step_again(folder: Path, *words: str) -> tuple[str, Run]:
    """Run the last step again; the first line of the output, and the run."""
    result = flowc("run", "model.py", "--step", "end", *words, cwd=folder, env={"FLOWC_USER": "ada"})
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()[0], Flow("Model", str(folder / ".flowc")).latest_run


@pytest.mark.parametrize(
    ("words", "branch"),
    [
        ((), "prod.new_model"),
        (("--branch", "other"), "test.other"),
        (("--production",), "prod"),
    ],
)
def test_a_single_step_is_of_the_branch_that_its_inputs_are_of(
    folder: Path, words: tuple[str, ...], branch: str
) -> None:
    run(folder, "--production", "--branch", "new_model", "--tag", "old")
    line, found = step_again(folder, *words)
    assert line == f"project fraud, branch {branch}"
    assert f"project_branch:{branch}" in found.system_tags and found.user_tags == {"old"}
    data = found["end"].task.data
    assert (data.facts[0], data.name) == (branch, f"fraud.{branch}.Model")


def test_a_branch_of_another_project_is_not_taken_over(folder: Path) -> None:
    run(folder, "--production")
    (folder / "model.py").write_text(FLOW.replace("fraud", "renamed"))
    assert step_again(folder)[0] == "project renamed, branch user.ada"
