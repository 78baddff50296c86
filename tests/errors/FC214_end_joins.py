from flowc import FlowSpec, step


class EndJoins(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.b)

    @step
    def a(self):
        self.next(self.end)

    @step
    def b(self):
        self.next(self.end)

    @step
    def end(self, inputs):  # FC214 at end: step `end` is a join
        pass
