"""Steps one after the other: kinds of artifacts, changes in place, deletion, classes of the flow's own file."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from metaflow import FlowSpec, current, step


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass
class Point:
    x: int
    y: int

    @property
    def far(self):
        return self.x > 1


class Linear(FlowSpec):
    constant = 5
    replaced = "of the class"

    @step
    def start(self):
        self.number = self.constant
        self.text = "ünïcødé {{ braces }} \"quotes\" 'and'\nlines"
        self.nothing = None
        self.nested = {"a": [1, 2, {"b": (3, 4)}]}
        self.array = np.arange(100_000, dtype="float64")
        self.point = Point(1, 2)
        self.colour = Colour.BLUE
        self.double = lambda value: value * 2
        self.doomed = "not for long"
        self.replaced = "by the artifact"
        self.next(self.change)

    @step
    def change(self):
        self.nested["a"].append(5)
        self.array[0] = 42.0
        self.point.x = 7
        self.was_blue = self.colour is Colour.BLUE
        self.doubled = self.double(21)
        del self.doomed
        self.next(self.end)

    @step
    def end(self):
        self.first = float(self.array[0])
        self.size = int(self.array.size)
        self.far = self.point.far and isinstance(self.point, Point)
        self.where = (current.flow_name, current.step_name, current.task_id, current.retry_count)
        self.gone = not hasattr(self, "doomed")
        self.kept = self.replaced
        del self.array, self.point, self.colour, self.double


EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "change": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {
            "array": {"array": "float64", "shape": (100000,)},
            "colour": {"object": "linear.Colour"},
            "doomed": "not for long",
            "double": {"object": "builtins.function"},
            "nested": {"a": [1, 2, {"b": (3, 4)}]},
            "nothing": None,
            "number": 5,
            "point": {"object": "linear.Point"},
            "replaced": "by the artifact",
            "text": "ünïcødé {{ braces }} \"quotes\" 'and'\nlines",
        },
        "change/_": {
            "array": {"array": "float64", "shape": (100000,)},
            "colour": {"object": "linear.Colour"},
            "double": {"object": "builtins.function"},
            "doubled": 42,
            "nested": {"a": [1, 2, {"b": (3, 4)}, 5]},
            "nothing": None,
            "number": 5,
            "point": {"object": "linear.Point"},
            "replaced": "by the artifact",
            "text": "ünïcødé {{ braces }} \"quotes\" 'and'\nlines",
            "was_blue": True,
        },
        "end/_": {
            "doubled": 42,
            "far": True,
            "first": 42.0,
            "gone": True,
            "kept": "by the artifact",
            "nested": {"a": [1, 2, {"b": (3, 4)}, 5]},
            "nothing": None,
            "number": 5,
            "replaced": "by the artifact",
            "size": 100000,
            "text": "ünïcødé {{ braces }} \"quotes\" 'and'\nlines",
            "was_blue": True,
            "where": ("Linear", "end", "_", 0),
        },
    },
}
