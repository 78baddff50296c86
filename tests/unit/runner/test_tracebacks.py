"""Tracebacks that the flow's author reads have only their own code in them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flowc.runner import loader
from tests.projects import Project

FILES = {
    "outer.py": "import inner\n",
    "inner.py": "import no_such_library\n",
    "softly.py": "try:\n    import inner\nexcept ImportError as error:\n    raise RuntimeError('sorry') from error\n",
    "ending.py": "raise RuntimeError('at the end')\n",
}
BODY = """
    @step
    def start(self):
        {statement}
        self.next(self.end)

    @step
    def end(self):
        pass
"""

Make = Callable[..., Project]


def traceback(made: Project) -> str:
    """What is recorded of the start task, which fails; the output is the same."""
    code, output = made.run_process("start")
    error = made.record("start").error
    assert code == 1 and error is not None
    assert output == error["traceback"]
    return error["traceback"]


@pytest.mark.parametrize("where", ["module", "step"])
def test_imports_of_own_modules_show_no_loader(project: Make, where: str) -> None:
    head, statement = ("import outer\n", "pass") if where == "module" else ("", "import outer")
    text = traceback(project(BODY.format(statement=statement), head, FILES))
    assert loader.__file__ not in text
    files = [line.rpartition("/")[2] for line in text.splitlines() if line.startswith("  File ")]
    assert [f.partition('"')[0] for f in files][1:] == ["outer.py", "inner.py"]
    assert files[0].endswith("in <module>" if where == "module" else "in start")
    assert text.endswith("ModuleNotFoundError: No module named 'no_such_library'\n")


def test_an_exception_from_which_another_came_shows_none_either(project: Make) -> None:
    text = traceback(project(BODY.format(statement="import softly"), "", FILES))
    assert "The above exception was the direct cause" in text
    assert loader.__file__ not in text
    assert 'inner.py", line 1, in <module>' in text and text.endswith("RuntimeError: sorry\n")


def test_nor_do_those_of_a_group(project: Make) -> None:
    statement = "errors = []\n        try:\n            import ending\n        except RuntimeError as error:\n"
    statement += "            raise ExceptionGroup('several', [error]) from None"
    text = traceback(project(BODY.format(statement=statement), "", FILES))
    assert loader.__file__ not in text
    assert 'ending.py", line 1, in <module>' in text and "RuntimeError: at the end" in text
