"""Constants that come from modules beside the flow's file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flowc.frontend import Siblings
from flowc.frontend.constants import NotConstant
from flowc.frontend.modules import Modules
from flowc.source import SourceFile

MODULES = {
    "limits.py": """
N = 3
ITEMS = [N, N + 1]
NOW = time()
CHANGED = [1]
CHANGED.append(2)
from package.deep import DEEP
""",
    "package/__init__.py": "from .deep import DEEP\nfrom limits import N as AGAIN\nfrom . import deep\n",
    "package/deep.py": "import limits\nDEEP = 'd' * limits.N\n",
    "broken.py": "N = (",
    "circle.py": "from flow import ROUND\nROUNDABOUT = ROUND\n",
}


def evaluate(folder: Path, module: str, expression: str) -> object:
    for name, text in MODULES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    source = SourceFile(file=str(folder / "flow.py"), text=module)
    modules = Modules("flow", source, ast.parse(module), Siblings(source))
    return modules.main.constants.evaluate(ast.parse(expression, mode="eval").body)


@pytest.mark.parametrize(
    ("module", "expression", "value"),
    [
        ("from limits import N", "N", 3),
        ("from limits import N as M\nK = M * 2", "K + 1", 7),
        ("import limits", "limits.N", 3),
        ("import limits as l", "[l.N, l.ITEMS]", [3, [3, 4]]),
        ("from limits import *", "1", 1),
        ("import package.deep", "package.deep.DEEP", "ddd"),
        ("from package import deep", "deep.DEEP", "ddd"),
        ("from package import DEEP, AGAIN", "(DEEP, AGAIN)", ("ddd", 3)),
        ("from limits import DEEP", "DEEP", "ddd"),
        ("import package.deep\nimport package", "package.AGAIN", 3),
        ("from limits import N\nfrom limits import N", "N", 3),
        ("ROUND = 4\nfrom circle import ROUNDABOUT", "ROUNDABOUT", 4),
    ],
)
def test_constants_of_other_modules(module: str, expression: str, value: object, tmp_path: Path) -> None:
    assert evaluate(tmp_path, module, expression) == value


@pytest.mark.parametrize(
    ("module", "expression", "file"),
    [
        ("from limits import NOW", "NOW", "limits.py"),
        ("import limits", "1 + limits.CHANGED[0]", None),
        ("from limits import CHANGED", "CHANGED", "limits.py"),
        ("from limits import ABSENT", "ABSENT", None),
        ("from limits import N\nN = 4", "N", None),
        ("from limits import N\nfrom package import AGAIN as N", "N", None),
        ("import limits\nlimits.N = 5", "limits.N", None),
        ("try:\n    from limits import N\nexcept ImportError:\n    N = 1", "N", None),
        ("from broken import N", "N", None),
        ("from numpy import pi", "pi", None),
        ("import math", "math.pi", None),
        ("from circle import ROUNDABOUT\nROUND = ROUNDABOUT", "ROUND", "circle.py"),
        ("def limits(): ...", "limits.N", None),
    ],
)
def test_what_has_no_value(module: str, expression: str, file: str | None, tmp_path: Path) -> None:
    found = evaluate(tmp_path, module, expression)
    assert isinstance(found, NotConstant)
    assert (found.source and Path(found.source.file).name) == file
