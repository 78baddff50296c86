"""Defaults that are found when a run starts: once, by the start task, the same for all tasks and attempts."""

import tempfile
import uuid
from pathlib import Path

from metaflow import FlowSpec, JSONType, Parameter, current, retry, step


def name_of(context):
    print("asked for", context.parameter_name)
    return f"{context.flow_name} {context.parameter_name} {{{{ ds }}}} $HOME 'ünï'\n"


def grid_of(context):
    return '[1, {"a": null}]'


def must_not_be_asked(context):
    raise AssertionError(f"{context.parameter_name} is given")


class Deferred(FlowSpec):
    nonce = Parameter("nonce", default=uuid.uuid4().hex)
    computed = Parameter("computed", default=2**10)
    ratio = Parameter("ratio", type=float, default=len("abc"))
    named = Parameter("named", default=name_of)
    grid = Parameter("grid", type=JSONType, default=grid_of)
    pair = Parameter("pair", type=JSONType, default=lambda context: (context.flow_name, True))
    columns = Parameter("columns", separator=",", default=lambda context: "a,b")
    words = Parameter("words", separator=" | ", default="x")
    nothing = Parameter("nothing", default=lambda context: None)
    given = Parameter("given", type=int, default=must_not_be_asked)
    given_number = Parameter("given_number", default=int("1"))
    given_flag = Parameter("given_flag", default=bool(0))

    @retry(times=1, minutes_between_retries=0)
    @step
    def start(self):
        note = Path(tempfile.gettempdir()) / f"{current.flow_name} {current.run_id}"
        if current.retry_count == 0:
            note.write_text(self.nonce)
            raise RuntimeError("another process is to see the same")
        self.kept = note.read_text() == self.nonce
        note.unlink()
        self.first = self.nonce
        self.next(self.each, foreach="columns")

    @step
    def each(self):
        self.same = self.nonce == self.first
        self.next(self.join)

    @step
    def join(self, inputs):
        self.all_same = all(each.same and each.nonce == self.nonce for each in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass


EXPECTED = {
    "state": "succeeded",
    "parameters": {"given": 5, "given_number": 12, "given_flag": "yes", "words": "a | b c | {{ ds }}"},
    "tasks": {"start": ["_"], "each": ["0", "1"], "join": ["_"], "end": ["_"]},
    "attempts": {"start/_": 2},
    "artifacts": {
        "start/_": {
            "columns": ["a", "b"],
            "computed": 1024,
            "first": ...,
            "given": 5,
            "given_flag": True,
            "given_number": 12,
            "grid": [1, {"a": None}],
            "kept": True,
            "named": "Deferred named {{ ds }} $HOME 'ünï'\n",
            "nonce": ...,
            "nothing": None,
            "pair": ["Deferred", True],
            "ratio": 3.0,
            "words": ["a", "b c", "{{ ds }}"],
        },
        "each/0": {
            "columns": ["a", "b"],
            "computed": 1024,
            "first": ...,
            "given": 5,
            "given_flag": True,
            "given_number": 12,
            "grid": [1, {"a": None}],
            "kept": True,
            "named": "Deferred named {{ ds }} $HOME 'ünï'\n",
            "nonce": ...,
            "nothing": None,
            "pair": ["Deferred", True],
            "ratio": 3.0,
            "same": True,
            "words": ["a", "b c", "{{ ds }}"],
        },
        "each/1": {
            "columns": ["a", "b"],
            "computed": 1024,
            "first": ...,
            "given": 5,
            "given_flag": True,
            "given_number": 12,
            "grid": [1, {"a": None}],
            "kept": True,
            "named": "Deferred named {{ ds }} $HOME 'ünï'\n",
            "nonce": ...,
            "nothing": None,
            "pair": ["Deferred", True],
            "ratio": 3.0,
            "same": True,
            "words": ["a", "b c", "{{ ds }}"],
        },
        "join/_": {
            "all_same": True,
            "columns": ["a", "b"],
            "computed": 1024,
            "given": 5,
            "given_flag": True,
            "given_number": 12,
            "grid": [1, {"a": None}],
            "named": "Deferred named {{ ds }} $HOME 'ünï'\n",
            "nonce": ...,
            "nothing": None,
            "pair": ["Deferred", True],
            "ratio": 3.0,
            "words": ["a", "b c", "{{ ds }}"],
        },
        "end/_": {
            "all_same": True,
            "columns": ["a", "b"],
            "computed": 1024,
            "given": 5,
            "given_flag": True,
            "given_number": 12,
            "grid": [1, {"a": None}],
            "named": "Deferred named {{ ds }} $HOME 'ünï'\n",
            "nonce": ...,
            "nothing": None,
            "pair": ["Deferred", True],
            "ratio": 3.0,
            "words": ["a", "b c", "{{ ds }}"],
        },
    },
}
