"""Python source as text: what is written reads back as what was meant."""

import ast
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.targets import pysource as py

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.text())
def test_a_string_reads_back(text: str) -> None:
    assert ast.literal_eval(py.string(text)) == text


@given(JSON)
def test_a_json_value_reads_back_however_it_is_laid_out(value: py.JsonValue) -> None:
    written = py.literal(value)
    assert ast.literal_eval(py.flat(written)) == value
    (assignment,) = ast.parse(py.layout("x = ", written)).body
    assert isinstance(assignment, ast.Assign)
    assert ast.literal_eval(assignment.value) == value


@given(st.text(min_size=1).filter(str.strip))
def test_a_docstring_reads_back_but_for_blanks_at_line_ends(text: str) -> None:
    expected = [line.rstrip() for line in text.strip().split("\n")]
    found = ast.get_docstring(ast.parse(py.docstring(text)), clean=False)
    assert found is not None
    assert found.removesuffix("\n").split("\n") == expected


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ('a "b"', "'a \"b\"'"),
        ("both ' and \"", '"both \' and \\""'),
        ("back\\slash\n", '"back\\\\slash\\n"'),
        ("☃", '"☃"'),
    ],
)
def test_the_quotes_are_those_that_a_formatter_keeps(text: str, written: str) -> None:
    assert py.string(text) == written


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_numbers_without_a_literal(value: float) -> None:
    assert eval(py.flat(py.literal(value))) == value


def test_a_group_is_broken_only_if_it_must_be() -> None:
    short = py.call("f", "1", key=py.listing(('"a"', '"b"')), missing=None)
    assert py.layout("x = ", short) == 'x = f(1, key=["a", "b"])'
    broken = py.call("f", short, last=py.string("x" * 80))
    assert py.layout("y = ", broken, indent="    ").split("\n") == [
        "    y = f(",
        '        f(1, key=["a", "b"]),',
        f'        last="{"x" * 80}",',
        "    )",
    ]
