"""What diagnostics advise: what was probably meant, and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.diagnostics import Diagnostic
from flowc.frontend import Choices, Siblings, parse_flow
from flowc.frontend.vocabulary import nearest
from flowc.source import SourceFile

FLOW = """from flowc import FlowSpec, Config, step
{imports}
class X({bases}):
    cfg = Config("cfg")
    settings = Config("settings", parser="yaml.safe_load")
    @step
    def start(self):
        print(flowc.nothing.name, flowc.stp)
        self.next(self.end)
    @step
    def end(self): ...
"""


def found(
    folder: Path, imports: str = "", bases: str = "FlowSpec", choices: Choices | None = None
) -> dict[str, list[Diagnostic]]:
    """What is reported of a flow, by code."""
    text = FLOW.format(imports=imports, bases=bases)
    source = SourceFile(file=str(folder / "flow.py"), text=text)
    (folder / "flow.py").write_text(text)
    _, diagnostics = parse_flow(source, Siblings(source), choices or Choices())
    by_code: dict[str, list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        by_code.setdefault(diagnostic.code, []).append(diagnostic)
    return by_code


@pytest.mark.parametrize(
    ("statement", "base", "help"),
    [
        ("from comon import Mixin", "Mixin", "did you mean the module `common`, which does?"),
        ("import shpo.base", "shpo.base.Mixin", "did you mean the module `shop`, which does?"),
        ("from torch import Module", "Module", "put the class into a module beside the flow's file"),
        ("from flwo import Mixin", "Mixin", "put the class into a module beside the flow's file"),  # that is itself
        ("from linkd import Mixin", "Mixin", "put the class into a module beside the flow's file"),
    ],
)
def test_a_misspelt_module_of_a_base(statement: str, base: str, help: str, tmp_path: Path) -> None:
    (tmp_path / "common.py").write_text("class Mixin: ...\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "linked.py").symlink_to(tmp_path / "common.py")
    (tmp_path / "common.txt").touch()
    (diagnostic,) = found(tmp_path, statement, f"{base}, FlowSpec")["FC110"]
    assert help in diagnostic.help


def test_a_module_that_is_not_there_is_reported_once(tmp_path: Path) -> None:
    reported = found(tmp_path, "import flowc.nothing")["FC105"]
    assert [d.message for d in reported] == [
        "this version of flowc does not have the module `flowc.nothing`",
        "flowc has no `stp`",
    ]


@pytest.mark.parametrize(
    ("name", "text", "help"),
    [
        ("cfg", "{", """correct it, as in --config-value cfg '{"key": "value"}'"""),
        ("settings", "a: [", "correct it, as in --config-value settings 'key: value'"),
    ],
)
def test_a_text_of_a_config_that_cannot_be_read(name: str, text: str, help: str, tmp_path: Path) -> None:
    (diagnostic,) = found(tmp_path, choices=Choices(config_values=((name, text),)))["FC135"]
    assert diagnostic.help == help


def test_a_misspelt_config(tmp_path: Path) -> None:
    (diagnostic,) = found(tmp_path, choices=Choices(config_values=(("cgf", "{}"),)))["FC138"]
    assert diagnostic.help == "did you mean `cfg`?"


@pytest.mark.parametrize(
    ("word", "words", "meant"),
    [
        ("cgf", ("cfg", "cgi"), "cfg"),
        ("CGF", ("Cfg",), "Cfg"),
        ("ba", ("ab",), "ab"),
        ("abc", ("cba",), None),
        ("ab", ("cd",), None),
        ("ab", ("ba", "abx"), "abx"),
        ("abc", ("ab",), "ab"),
    ],
)
def test_the_nearest_word(word: str, words: tuple[str, ...], meant: str | None) -> None:
    assert nearest(word, words) == meant
