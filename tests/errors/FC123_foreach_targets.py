from flowc import FlowSpec, step


class Foreach(FlowSpec):
    @step
    def start(self):
        self.xs = [1]
        self.next(self.a, self.b, foreach="xs")  # FC123 at self.b: a foreach leads to one step only

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
