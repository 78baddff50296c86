from flowc import FlowSpec, step


class Nothing(FlowSpec):
    @step
    def start(self):
        self.next(self.a)

    @step
    def a(self, inputs):  # FC209 at a: step `a` takes inputs, but no split leads to it
        self.next(self.b)

    @step
    def b(self, inputs):  # FC209 at b: step `b` takes inputs, but no split leads to it
        self.next(self.end)

    @step
    def end(self):
        pass
