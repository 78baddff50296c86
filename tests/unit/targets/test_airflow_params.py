"""What Airflow's trigger form is told of parameters whose values are not all in the DAG."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from flowc.compiler import read_program
from flowc.targets.registry import load_target

SOURCE = """
import random

from flowc import FlowSpec, IncludeFile, JSONType, Parameter, step


class Form(FlowSpec):
    p = {definition}

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
FOUND = "Without one, the default is found when the run starts"
FILE = "A file that tasks can read: s3://bucket/key, file:///path or /path"


def param(tmp_path: Path, definition: str) -> tuple[list[Any], dict[str, Any]]:
    """The positional arguments and the keywords of the one `Param`."""
    (tmp_path / "words.txt").write_text("the content")
    (tmp_path / "form.py").write_text(SOURCE.format(definition=definition))
    program, diagnostics, _ = read_program(str(tmp_path / "form.py"))
    assert program is not None, diagnostics
    target = load_target("airflow")
    options = target.options(store="s3://bucket", code="c0de" * 16, image="flows:1", version="0")
    (file,) = target.emit(program.flow, options)
    assert b"the content" not in file.data
    (call,) = [
        node
        for node in ast.walk(ast.parse(file.data))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Param"
    ]
    return [ast.literal_eval(a) for a in call.args], {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}


@pytest.mark.parametrize(
    ("definition", "default", "type_", "description"),
    [
        ('Parameter("p", default=random.random())', [None], ["string", "number", "boolean", "null"], FOUND),
        ('Parameter("p", default=random.random(), type=int)', [None], ["integer", "null"], FOUND),
        ('Parameter("p", default=lambda c: "x", help="A name.")', [None], ["string", "null"], f"A name. {FOUND}"),
        (
            'Parameter("p", default=print, type=JSONType, help="{{ x }}")',
            [None],
            ["object", "array", "string", "number", "boolean", "null"],
            "{{ x }}. " + FOUND,
        ),
        ('Parameter("p", separator="; ", default="a")', ["a"], "string", "Several values are separated by `; `"),
        (
            'Parameter("p", separator=",", required=True, help="columns")',
            [],
            "string",
            "columns. Several values are separated by `,`",
        ),
        ('IncludeFile("p")', [None], ["string", "null"], FILE),
        ('IncludeFile("p", required=True, help="words")', [], "string", f"words. {FILE}"),
        ('IncludeFile("p", default=str("x"))', [None], ["string", "null"], f"{FILE}. {FOUND}"),
        ('IncludeFile("p", default="s3://b/k")', [None], ["string", "null"], f"{FILE}. {FOUND}"),
        (
            'IncludeFile("p", default="words.txt")',
            [None],
            ["string", "null"],
            f"{FILE}. Without one, it is `words.txt` as of this version of the flow",
        ),
    ],
)
def test_a_param(tmp_path: Path, definition: str, default: list[Any], type_: Any, description: str) -> None:
    assert param(tmp_path, definition) == (default, {"type": type_, "description": description})
