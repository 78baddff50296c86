from flowc import FlowSpec, JSONType, Parameter, step


class Types(FlowSpec):
    a = Parameter("a", default="1", type=int)  # FC112 at "1": the default of parameter `a` is '1' (str), its type is int
    b = Parameter("b", default=1.5, type=int)  # FC112 at 1.5: is 1.5 (float), its type is int
    c = Parameter("c", default=True, type=int)  # FC112 at True: is True (bool), its type is int
    d = Parameter("d", default=1, type=str)  # FC112 at 1: is 1 (int), its type is str
    e = Parameter("e", default=1, type=bool)  # FC112 at 1: is 1 (int), its type is bool
    f = Parameter("f", default=False, type=float)  # FC112 at False: is False (bool), its type is float
    g = Parameter("g", default=1e999)  # FC112 at 1e999: is inf (float), its type is float
    h = Parameter("h", "x", int)  # FC112 at "x": is 'x' (str), its type is int
    ok = Parameter("ok", default=1, type=float)
    json = Parameter("json", default=[1, {"a": None}], type=JSONType)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
