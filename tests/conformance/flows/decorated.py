"""Steps under decorators that users write: plain ones, and in Metaflow's form, with flowc's around and between."""

import functools

from around.generated import Optional, Renamed, fallback, forgiven, skipped, traced
from around.plain import Counted, noted, scaled

from metaflow import FlowSpec, catch, retry, step, timeout


def twice(function):
    def wrapper(self):
        self.calls = 0
        for _ in range(2):
            self.calls += 1
            function(self)

    return wrapper


class Decorated(FlowSpec):
    @noted
    @step
    @scaled(by=3)
    @functools.lru_cache
    def start(self):
        self.scaled = self.scale * 2
        self.next(self.split)

    @traced(level=2)
    @twice
    @traced
    @step
    def split(self):
        self.value = 5
        self.next(self.left, self.right)

    @forgiven
    @step
    def left(self):
        self.value = self.value // 0
        self.next(self.join)

    @step
    @Optional
    def right(self):
        self.value = "never"
        self.next(self.join)

    @Counted("counted")
    @traced()
    @step
    def join(self, inputs):
        self.values = [i.value for i in inputs]
        self.merge_artifacts(inputs, include=["forgiven", "left_out"])
        self.next(self.spread)

    @skipped(how="foreach", reason="it would take too long")
    @step
    def spread(self):
        """Spreads."""
        self.numbers = None
        self.next(self.body, foreach="numbers")

    @retry(times=1, minutes_between_retries=0)
    @fallback(indicator="fallen")
    @step
    def body(self):
        self.fallen = None
        self.half = 10 / (self.input - 20)
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.results = [(i.fallen, getattr(i, "half", None)) for i in inputs]
        self.next(self.fail)

    @catch(var="failure", print_exception=False)
    @Renamed(message="not found")
    @step
    def fail(self):
        self.nothing = {}["k"]
        self.next(self.skip)

    @skipped(how="constant", reason="skipped")
    @timeout(minutes=1)
    @step
    def skip(self):
        self.ran = True
        self.next(self.empty)

    @skipped(how="without a yield", reason="empty")
    @step
    def empty(self):
        self.ran = True
        self.next(self.end)

    @noted
    @step
    def end(self):
        """The last step."""
        self.caught = (self.failure.type, self.failure.exception)
        self.documentation = [type(self).end.__doc__, type(self).spread.__doc__]


EXPECTED = {
    "state": "succeeded",
    "tasks": {
        "start": ["_"],
        "split": ["_"],
        "left": ["_"],
        "right": ["_"],
        "join": ["_"],
        "spread": ["_"],
        "body": ["0", "1", "2"],
        "gather": ["_"],
        "fail": ["_"],
        "skip": ["_"],
        "empty": ["_"],
        "end": ["_"],
    },
    "attempts": {"body/1": 2},
    "artifacts": {
        "start/_": {"notes": ["before somewhere", "after somewhere"], "scale": 3, "scaled": 6},
        "split/_": {
            "calls": 2,
            "notes": ["before somewhere", "after somewhere"],
            "scale": 3,
            "scaled": 6,
            "trace": [
                "split begins",
                "split begins",
                "split ends, 0 inputs, {}",
                "split begins",
                "split ends, 0 inputs, {}",
                "split ends, 0 inputs, {'level': 2}",
            ],
            "value": 5,
        },
        "left/_": {
            "calls": 2,
            "forgiven": "integer division or modulo by zero",
            "notes": ["before somewhere", "after somewhere"],
            "scale": 3,
            "scaled": 6,
            "trace": [
                "split begins",
                "split begins",
                "split ends, 0 inputs, {}",
                "split begins",
                "split ends, 0 inputs, {}",
                "split ends, 0 inputs, {'level': 2}",
            ],
            "value": 5,
        },
        "right/_": {
            "calls": 2,
            "left_out": "right",
            "notes": ["before somewhere", "after somewhere"],
            "scale": 3,
            "scaled": 6,
            "trace": [
                "split begins",
                "split begins",
                "split ends, 0 inputs, {}",
                "split begins",
                "split ends, 0 inputs, {}",
                "split ends, 0 inputs, {'level': 2}",
            ],
            "value": 5,
        },
        "join/_": {
            "counted": 1,
            "forgiven": "integer division or modulo by zero",
            "left_out": "right",
            "trace": ["join begins", "join ends, 2 inputs, {}"],
            "values": [5, 5],
        },
        "spread/_": {
            "counted": 1,
            "forgiven": "integer division or modulo by zero",
            "left_out": "right",
            "numbers": [10, 20, 30],
            "reason": "it would take too long",
            "trace": ["join begins", "join ends, 2 inputs, {}"],
            "values": [5, 5],
        },
        "body/0": {
            "counted": 1,
            "fallen": None,
            "forgiven": "integer division or modulo by zero",
            "half": -1.0,
            "left_out": "right",
            "numbers": [10, 20, 30],
            "reason": "it would take too long",
            "trace": ["join begins", "join ends, 2 inputs, {}"],
            "values": [5, 5],
        },
        "body/1": {
            "counted": 1,
            "fallen": 1,
            "forgiven": "integer division or modulo by zero",
            "left_out": "right",
            "numbers": [10, 20, 30],
            "reason": "it would take too long",
            "trace": ["join begins", "join ends, 2 inputs, {}"],
            "values": [5, 5],
        },
        "body/2": {
            "counted": 1,
            "fallen": None,
            "forgiven": "integer division or modulo by zero",
            "half": 1.0,
            "left_out": "right",
            "numbers": [10, 20, 30],
            "reason": "it would take too long",
            "trace": ["join begins", "join ends, 2 inputs, {}"],
            "values": [5, 5],
        },
        "gather/_": {"results": [(None, -1.0), (1, None), (None, 1.0)]},
        "fail/_": {
            "failure": {"object": "flowc.spec.CaughtError"},
            "results": [(None, -1.0), (1, None), (None, 1.0)],
            "seen": ("fail", None),
        },
        "skip/_": {
            "failure": {"object": "flowc.spec.CaughtError"},
            "reason": "skipped",
            "results": [(None, -1.0), (1, None), (None, 1.0)],
            "seen": ("fail", None),
        },
        "empty/_": {
            "failure": {"object": "flowc.spec.CaughtError"},
            "reason": "empty",
            "results": [(None, -1.0), (1, None), (None, 1.0)],
            "seen": ("fail", None),
        },
        "end/_": {
            "caught": ("builtins.LookupError", "not found: 'k'"),
            "documentation": ["The last step.", "Spreads."],
            "failure": {"object": "flowc.spec.CaughtError"},
            "notes": ["before end", "after end"],
            "reason": "empty",
            "results": [(None, -1.0), (1, None), (None, 1.0)],
            "seen": ("fail", None),
        },
    },
}
