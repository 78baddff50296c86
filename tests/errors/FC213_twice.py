from flowc import FlowSpec, step


class Twice(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.b, self.a)  # FC213 at self.a: step `start` goes to `a` twice

    @step
    def a(self):
        self.next(self.join)

    @step
    def b(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
