"""`flowc check`: several files, folders, and the formats for programs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from flowc import __version__
from flowc.diagnostics import CODES
from tests.cli.flowc import EXAMPLES, contents, flowc

LOST = """# é, a: b
from flowc import FlowSpec, step


class Lost(FlowSpec):
    @step
    def start(self):
        self.next(self.left, self.right)

    @step
    def left(self):
        "ééé"; self.next(self.jion)

    @step
    def right(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
BASE = """from flowc import FlowSpec, step

class Base(FlowSpec):
    @step
    def load(self):
        self.next(self.go)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a flow that is broken, one that is not, and files that are none."""
    (tmp_path / "flows" / "deep").mkdir(parents=True)
    (tmp_path / "flows" / "lost.py").write_text(LOST)
    (tmp_path / "flows" / "deep" / "hello.py").write_bytes((EXAMPLES / "hello.py").read_bytes())
    (tmp_path / "flows" / "library.py").write_text("x = 1\n")
    (tmp_path / "flows" / "unfinished.py").write_text("def f(:\n")
    (tmp_path / "flows" / "base.py").write_text(BASE)
    for hidden in (".git", "site-packages", "venv"):
        (tmp_path / "flows" / hidden).mkdir()
        (tmp_path / "flows" / hidden / "lost.py").write_text(LOST)
    (tmp_path / "flows" / "venv" / "pyvenv.cfg").write_text("")
    return tmp_path


def _json(*words: str | Path, cwd: Path, code: int) -> Any:
    result = flowc("check", *words, cwd=cwd)
    assert (result.returncode, result.stderr) == (code, "")
    return json.loads(result.stdout)


def test_several_files(folder: Path) -> None:
    before = contents(folder)
    result = flowc("check", "flows/lost.py", "flows/deep/hello.py", "nowhere.py", "flows/lost.py", cwd=folder)
    assert result.returncode == 1
    assert result.stdout == "flows/deep/hello.py: flow Hello, 2 steps, no problems found\n"
    assert result.stderr.count("FC206 error") == 1
    assert "FC102 error: cannot read `nowhere.py`" in result.stderr
    assert result.stderr.endswith("2 errors in 2 of 3 files; nothing was written or run\n")
    assert contents(folder) == before


def test_a_folder(folder: Path) -> None:
    report = _json("flows", "--format", "json", cwd=folder, code=1)
    assert [(f["file"], f["flow"]) for f in report["files"]] == [
        ("flows/deep/hello.py", "Hello"),
        ("flows/lost.py", None),
    ]
    (folder / "empty").mkdir()
    nothing = flowc("check", "empty", cwd=folder)
    assert nothing.returncode == 1
    assert "FC103 error: no file below `empty` has a flow" in nothing.stderr


def test_json(folder: Path) -> None:
    report = _json("flows/lost.py", "nowhere.py", "--format", "json", cwd=folder, code=1)
    assert report == {
        "version": 1,
        "flowc": __version__,
        "errors": 2,
        "warnings": 0,
        "files": [
            {
                "file": "flows/lost.py",
                "flow": None,
                "steps": None,
                "diagnostics": [
                    {
                        "code": "FC206",
                        "severity": "error",
                        "message": "there is no step `jion`",
                        "help": "did you mean `join`?",
                        "place": {
                            "file": "flows/lost.py",
                            "start": {"line": 12, "column": 26},
                            "end": {"line": 12, "column": 35},
                            "text": "",
                        },
                        "related": [],
                    }
                ],
            },
            {
                "file": "nowhere.py",
                "flow": None,
                "steps": None,
                "diagnostics": [
                    {
                        "code": "FC102",
                        "severity": "error",
                        "message": "cannot read `nowhere.py`: there is no such file",
                        "help": "give the path of a Python file with a flow",
                        "place": None,
                        "related": [],
                    }
                ],
            },
        ],
    }


def test_json_without_problems(folder: Path) -> None:
    report = _json("flows/deep/hello.py", "--format", "json", cwd=folder, code=0)
    assert report["files"] == [{"file": "flows/deep/hello.py", "flow": "Hello", "steps": 2, "diagnostics": []}]


def test_github(folder: Path) -> None:
    (folder / "a,b:c%.py").write_text(LOST)
    result = flowc("check", "a,b:c%.py", "nowhere.py", "--format", "github", cwd=folder)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.splitlines() == [
        "::error title=FC206,file=a%2Cb%3Ac%25.py,line=12,col=26,endLine=12,endColumn=35"
        "::there is no step `jion`%0Ahelp: did you mean `join`?",
        "::error title=FC102,file=nowhere.py"
        "::cannot read `nowhere.py`: there is no such file%0Ahelp: give the path of a Python file with a flow",
    ]


def test_sarif(folder: Path) -> None:
    (folder / "a b.py").write_text(LOST.replace("right(self):", "right(self):\n        return 1"))
    everything = sorted((Path(__file__).parents[1] / "errors").glob("FC*.py"))
    log = _json("flows/lost.py", "a b.py", "nowhere.py", *everything, "--format", "sarif", cwd=folder, code=1)
    _check_sarif(log)
    (run,) = log["runs"]
    first = run["results"][0]
    assert (first["ruleId"], first["level"]) == ("FC206", "error")
    assert first["message"]["text"] == "there is no step `jion`\nHelp: did you mean `join`?"
    (place,) = first["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "flows/lost.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12, "startColumn": 26, "endLine": 12, "endColumn": 35},
    }
    uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]}
    assert "a%20b.py" in uris and "nowhere.py" in uris
    assert any(uri.startswith("file:///") for uri in uris)
    assert any("relatedLocations" in r for r in run["results"])


def test_sarif_without_problems(folder: Path) -> None:
    log = _json("flows/deep/hello.py", "--format", "sarif", cwd=folder, code=0)
    _check_sarif(log)
    assert log["runs"][0]["results"] == []


def _check_sarif(log: Any) -> None:
    """Whether a log has the form that SARIF 2.1.0 prescribes, and nothing that it does not know.

    Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
    """
    assert set(log) == {"$schema", "version", "runs"} and log["version"] == "2.1.0"
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    assert set(run) == {"tool", "columnKind", "artifacts", "results"}
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    driver = run["tool"]["driver"]
    assert set(driver) == {"name", "version", "rules"} and (driver["name"], driver["version"]) == ("flowc", __version__)
    rules = driver["rules"]
    for rule in rules:
        assert set(rule) == {"id", "shortDescription", "help", "defaultConfiguration"}
        assert rule["id"] in CODES and rule["shortDescription"]["text"].endswith(".")
        assert rule["help"]["text"] and rule["help"]["markdown"]
        assert rule["defaultConfiguration"] in ({"level": "error"}, {"level": "warning"}, {"level": "note"})
    assert len({rule["id"] for rule in rules}) == len(rules)
    for artifact in run["artifacts"]:
        _check_artifact(artifact["location"])
    for result in run["results"]:
        assert set(result) <= {"ruleId", "ruleIndex", "level", "message", "locations", "relatedLocations"}
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert len(result["locations"]) == 1
        for location in (*result["locations"], *result.get("relatedLocations", ())):
            _check_location(location)
        ids = [location["id"] for location in result.get("relatedLocations", ())]
        assert ids == list(range(1, len(ids) + 1))


def _check_location(location: Any) -> None:
    assert set(location) <= {"id", "physicalLocation", "message"}
    physical = location["physicalLocation"]
    assert set(physical) <= {"artifactLocation", "region"}
    _check_artifact(physical["artifactLocation"])
    region = physical.get("region")
    if region is not None:
        assert set(region) == {"startLine", "startColumn", "endLine", "endColumn"}
        assert all(isinstance(n, int) and n >= 1 for n in region.values())
        assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])


def _check_artifact(artifact: Any) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.~/:%-]+", artifact["uri"])
    # a base belongs to what is relative
    assert artifact.get("uriBaseId") == (None if artifact["uri"].startswith("file:///") else "%SRCROOT%")
