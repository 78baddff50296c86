"""Parameters of every type, given and by default; values that templates and shells might trip over."""

import metaflow as mf
from flowc import JSONType
from metaflow import FlowSpec, step

NASTY = "{{ run_id }} {% raw %} $HOME `id` \"double\" 'single' \\ back\nline\ttab ünï €"


class Parameters(FlowSpec):
    text = mf.Parameter("text", default="{{ a }} \"b\" 'c' \\")
    number = mf.Parameter("number", type=int, default=3)
    ratio = mf.Parameter("ratio", type=float, default=1)
    flag = mf.Parameter("flag", default=False)
    data = mf.Parameter("data", type=JSONType, default={"a": [1, None, {"b": "{{ c }}"}]})
    absent = mf.Parameter("absent", type=str)
    given_text = mf.Parameter("given_text", required=True, help='it\'s "quoted" {{ here }}')
    given_number = mf.Parameter("given_number", default=-1)
    given_ratio = mf.Parameter("given_ratio", default=0.5)
    given_flag = mf.Parameter("given_flag", default=True)
    given_data = mf.Parameter("given_data", type=JSONType, default="[]")

    @step
    def start(self):
        self.types = [type(v).__name__ for v in (self.text, self.number, self.ratio, self.flag, self.given_ratio)]
        self.data["a"].append("only here")
        try:
            self.number = 4
        except AttributeError:
            self.read_only = True
        self.next(self.end)

    @mf.step
    def end(self):
        self.nasty = self.given_text == NASTY
        self.sum = self.number + self.given_number


EXPECTED = {
    "state": "succeeded",
    "parameters": {
        "given_text": "{{ run_id }} {% raw %} $HOME `id` \"double\" 'single' \\ back\nline\ttab ünï €",
        "given_number": 40,
        "given_ratio": 2,
        "given_flag": False,
        "given_data": {"k": "{{ v }}", "n": [None, 1.5]},
    },
    "tasks": {"start": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {
            "absent": None,
            "data": {"a": [1, None, {"b": "{{ c }}"}]},
            "flag": False,
            "given_data": {"k": "{{ v }}", "n": [None, 1.5]},
            "given_flag": False,
            "given_number": 40,
            "given_ratio": 2.0,
            "given_text": "{{ run_id }} {% raw %} $HOME `id` \"double\" 'single' \\ back\nline\ttab ünï €",
            "number": 3,
            "ratio": 1.0,
            "read_only": True,
            "text": "{{ a }} \"b\" 'c' \\",
            "types": ["str", "int", "float", "bool", "float"],
        },
        "end/_": {
            "absent": None,
            "data": {"a": [1, None, {"b": "{{ c }}"}]},
            "flag": False,
            "given_data": {"k": "{{ v }}", "n": [None, 1.5]},
            "given_flag": False,
            "given_number": 40,
            "given_ratio": 2.0,
            "given_text": "{{ run_id }} {% raw %} $HOME `id` \"double\" 'single' \\ back\nline\ttab ünï €",
            "nasty": True,
            "number": 3,
            "ratio": 1.0,
            "read_only": True,
            "sum": 43,
            "text": "{{ a }} \"b\" 'c' \\",
            "types": ["str", "int", "float", "bool", "float"],
        },
    },
}
