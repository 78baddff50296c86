"""What decorators of one's own do to the checks of a flow's data."""

from __future__ import annotations

import pytest

from flowc.diagnostics import Diagnostic
from flowc.passes import analyse
from flowc.source import SourceFile

FLOW = """
import functools
import library
from library import other
from metaflow import FlowSpec, UserStepDecorator, step, user_step_decorator

{definition}

class X(FlowSpec):
    @{decorator}
    @step
    def start(self):
        self.a = 1
        self.next(self.middle)
    @step
    def middle(self):
        print(self.made)
        self.a = 2
        self.next(self.end)
    @step
    def end(self):
        print(self.a)
    def helper(self):
        self.made = 1
"""


def found(definition: str, decorator: str = "own") -> list[str]:
    """The codes of what is found, in order."""
    text = FLOW.format(definition=definition, decorator=decorator)
    _, diagnostics = analyse(SourceFile(file="f.py", text=text))
    assert all(isinstance(d, Diagnostic) for d in diagnostics)
    return [d.code for d in diagnostics]


TIMED = """
def own(function):
    @functools.wraps(function)
    def wrapper(self, *args, **kwargs):
        print(function.__name__)
        return function(self, *args, **kwargs)
    return wrapper
"""

STARRED = """
def own(function):
    def wrapper(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        finally:
            print("done")
    return wrapper
"""

FACTORY = """
def own(unit, times=2):
    def decorate(function):
        def wrapper(flow):
            for _ in range(times):
                function(flow)
            print(unit)
        return wrapper
    return decorate
"""

LAMBDA = "own = lambda function: function"

IDENTITY = """
STEPS = []
def own(function):
    STEPS.append(function.__name__)
    return function
"""

GENERATOR = """
@user_step_decorator
def own(step_name, flow, inputs=None, attributes=None):
    print(step_name, flow.index)
    yield
"""

REPLACING = """
def own(function):
    def wrapper(self):
        print(self.a)
        self.next(self.middle)
    return wrapper
"""


@pytest.mark.parametrize(
    ("definition", "decorator"),
    [
        (TIMED, "own"),
        (STARRED, "own"),
        (FACTORY, "own('s', times=3)"),
        (IDENTITY, "own"),
        (GENERATOR, "own"),
        (GENERATOR, "own(level=2)"),
        (REPLACING, "own"),
    ],
)
def test_what_is_seen_to_write_nothing_hides_no_error(definition: str, decorator: str) -> None:
    codes = found(definition, decorator)
    assert "FC301" in codes
    assert set(codes) <= {"FC301", "FC305"}


AROUND = """
def own(function):
    def wrapper({parameters}):
        {body}
    return wrapper
"""

MADE = {
    "writes": AROUND.format(parameters="self", body="self.made = function(self)"),
    "by keyword": AROUND.format(parameters="self", body="self.made = function(self=self)"),
    "setattr": AROUND.format(parameters="self", body="setattr(self, 'made', function(self))"),
    "handed on": AROUND.format(parameters="self", body="other(self, function(self))"),
    "helper": AROUND.format(parameters="self", body="self.helper(function(self))"),
    "__dict__": AROUND.format(parameters="self", body="self.__dict__['made'] = function(self)"),
    "locals": AROUND.format(parameters="self", body="locals()['self'].made = function(self)"),
    "star": AROUND.format(parameters="*args", body="args[0].made = function(*args)"),
    "star handed on": AROUND.format(parameters="*args", body="other(*args, function(*args))"),
    "another name": AROUND.format(parameters="self", body="s = self; s.made = 1; function(s)"),
    "instead": AROUND.format(parameters="self", body="self.made = 1; self.next(self.middle)"),
    "in a factory": """
def own(unit):
    def decorate(function):
        def wrapper(flow):
            function(flow)
            flow.made = unit
        return wrapper
    return decorate
""",
    "lambda": "def own(function): return lambda self: (function(self), setattr(self, 'made', 1))",
    "elsewhere": "def own(function): return other(function)",
    "partial": "def own(function): return functools.partial(other, function)",
    "generator": """
@user_step_decorator
def own(step_name, flow, inputs=None, attributes=None):
    yield
    flow.made = 1
""",
    "yielded": """
@user_step_decorator
def own(step_name, flow, inputs=None, attributes=None):
    def instead(self):
        self.made = 1
    yield instead
""",
    "class": """
class own(UserStepDecorator):
    def post_step(self, step_name, flow, exception=None):
        flow.made = 1
""",
    "method": """
class Decorators:
    def own(self, function):
        return function
own = Decorators().own
""",
    "library": "own = library.own",
    "value": LAMBDA,
}


@pytest.mark.parametrize("definition", MADE.values(), ids=MADE)
def test_what_may_write_is_believed(definition: str) -> None:
    assert "FC301" not in found(definition)


@pytest.mark.parametrize("decorator", ["library.own", "other", "other()", "library.make(1).own", "functools.cache"])
def test_a_library_may_do_anything(decorator: str) -> None:
    assert found("", decorator) == []


def test_a_step_that_may_not_run_does_not_overwrite() -> None:
    skipping = """
@user_step_decorator
def own(step_name, flow, inputs=None, attributes=None):
    yield {}
"""
    text = FLOW.replace("print(self.made)", "pass").format(definition=skipping, decorator="own")
    text = text.replace("    @step\n    def middle", "    @own\n    @step\n    def middle")
    _, diagnostics = analyse(SourceFile(file="f.py", text=text))
    assert diagnostics == ()


def test_a_method_of_the_class_is_bound() -> None:
    text = """
from metaflow import FlowSpec, step
class X(FlowSpec):
    def own(function):
        return function
    @own
    @step
    def start(self):
        self.next(self.end)
    @step
    @(lambda function: function)
    def end(self): ...
"""
    _, diagnostics = analyse(SourceFile(file="f.py", text=text))
    assert diagnostics == ()


@pytest.mark.parametrize(
    ("decorator", "code", "help"),
    [
        ("timde", "FC106", "did you mean `@timed`?"),
        ("timed(UNIT)", "FC107", "did you mean `UNITS`?"),
        ("xyzzy", "FC106", "define or import `xyzzy`, if it is one of your own"),
        ("xyzzy.a.b", "FC106", "define or import `xyzzy`"),
        ("retrry(times=2)", "FC106", "did you mean `@retry`?"),
    ],
)
def test_names_that_nothing_binds(decorator: str, code: str, help: str) -> None:
    text = FLOW.replace("print(self.made)", "pass").format(
        definition="UNITS = 's'\ndef timed(function):\n    return function\n", decorator=decorator
    )
    _, diagnostics = analyse(SourceFile(file="f.py", text=text))
    (diagnostic,) = (d for d in diagnostics if d.code != "FC305")
    assert diagnostic.code == code
    assert diagnostic.help.startswith(help)
