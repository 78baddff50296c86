from flowc import FlowSpec, Parameter, step


class Inferred(FlowSpec):
    a = Parameter("a", default=[1, 2])  # FC112 at [1, 2]: the default of parameter `a` is a list, and its type is not given
    b = Parameter("b", default=b"x")  # FC112 at b"x": is a bytes, and its type is not given

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
