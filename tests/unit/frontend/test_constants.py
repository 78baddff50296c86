"""Evaluating constants."""

from __future__ import annotations

import ast

import pytest

from flowc.frontend.constants import NotConstant
from flowc.frontend.module_constants import read_constants


def evaluate(expression: str, module: str = "") -> object:
    return read_constants(ast.parse(module)).evaluate(ast.parse(expression, mode="eval").body)


@pytest.mark.parametrize(
    "expression",
    [
        "1",
        "-1",
        "+2.5",
        "1 + 2 * 3 - 4 / 8",
        "7 // 2",
        "'a' 'b'",
        "'a' + 'b'",
        "'-' * 3",
        "(1, [2, {'a': None}])",
        "True",
        "b'x'",
        "[1] + [2]",
        "{}",
        "2 * [0]",
        "f'{1 + 2:>{3 * 2}} {\"a\"!r} {2.5}'",
    ],
)
def test_same_as_python(expression: str) -> None:
    assert evaluate(expression) == eval(expression)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("f(1)", "is not a constant"),
        ("x", "is not a constant of this file"),
        ("1 / 0", "cannot be evaluated"),
        ("1 + 'a'", "cannot be evaluated"),
        ("-'a'", "cannot be evaluated"),
        ("2 ** 3", "is not a constant"),
        ("[x for x in y]", "is not a constant"),
        ("f'{1:>1000000}'", "cannot be evaluated"),
        ("f'{f(1)}'", "is not a constant"),
        ("'a'.upper()", "is not a constant"),
        ("[1][0]", "is not a constant"),
        ("{**{}}", "is unpacked"),
        ("{[]: 1}", "cannot be a key"),
        ("'a' * 100000000", "cannot be evaluated"),
        ("1000000000 * 'a'", "cannot be evaluated"),
        ("1e308 * 10 // 0", "cannot be evaluated"),
        ("-" * 60 + "1", "is too large"),
    ],
)
def test_what_has_no_value(expression: str, why: str) -> None:
    found = evaluate(expression)
    assert isinstance(found, NotConstant)
    assert found.why == why


@pytest.mark.parametrize(
    ("module", "value"),
    [
        ("A = 3", 3),
        ("A: int = 3", 3),
        ("B = 2\nA = B * 60", 120),
        ("A = [1]\nprint(1)", [1]),
        ("A = 3\nif __name__ == '__main__':\n    print(A)", 3),
        ("A = 3\ndef f():\n    return A", 3),
    ],
)
def test_names_of_the_module(module: str, value: object) -> None:
    assert evaluate("A", module) == value


@pytest.mark.parametrize(
    "module",
    [
        "A = 1\nA = 2",
        "A = 1\nA += 1",
        "A = [1]\nA.append(2)",
        "A = [1]\nA[0] = 2",
        "A = 1\nfor A in (1, 2): pass",
        "if True:\n    A = 1",
        "A = 1\ndef A(): pass",
        "A = 1\nimport A",
        "A, B = 1, 2",
        "A = A",
        "A = B\nB = A",
        "A = 1\ndel A",
    ],
)
def test_names_whose_value_is_not_certain(module: str) -> None:
    assert isinstance(evaluate("A", module), NotConstant)


def test_doubling_names_stop() -> None:
    module = "A0 = [1]\n" + "\n".join(f"A{i + 1} = [A{i}, A{i}]" for i in range(40))
    assert isinstance(evaluate("A40", module), NotConstant)
