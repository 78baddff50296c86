from flowc import FlowSpec, step


class DifferentJoins(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.b)  # FC203 at self.next(self.a, self.b): the branches `a` and `b` of `start` never join

    @step
    def a(self):
        self.next(self.join_a)

    @step
    def b(self):
        self.next(self.join_b)

    @step
    def join_a(self, inputs):
        self.next(self.end)

    @step
    def join_b(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
