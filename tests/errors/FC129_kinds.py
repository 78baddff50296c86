from flowc import FlowSpec, step


class Kinds(FlowSpec):
    @step
    def start(self):
        self.next({"a": self.a, "b": self.b}, condition="x")  # FC129 at {"a": does not compile switches

    @step
    def a(self):
        self.next(self.b, num_parallel=4)  # FC129 at num_parallel=4: does not compile `num_parallel`

    @step
    def b(self):
        self.next(self.end, condition="x")  # FC129 at "x": does not compile switches

    @step
    def end(self):
        pass
