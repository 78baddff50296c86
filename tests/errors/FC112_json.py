from flowc import FlowSpec, JSONType, Parameter, step


class Json(FlowSpec):
    a = Parameter("a", default='{"a": 1', type=JSONType)  # FC112 at '{"a": the default of parameter `a` is not JSON: Expecting ',' delimiter at character 8
    b = Parameter("b", default={1: 2}, type=JSONType)  # FC112 at {1: cannot be JSON: the key 1 is not a string
    c = Parameter("c", default=[1e999], type=JSONType)  # FC112 at [1e999]: cannot be JSON: inf is not a number in JSON
    d = Parameter("d", default=[b"x"], type=JSONType)  # FC112 at [b"x"]: cannot be JSON: b'x' (bytes) has no JSON form
    e = Parameter("e", default="NaN", type=JSONType)  # FC112 at "NaN": cannot be JSON: NaN is not a number in JSON

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
