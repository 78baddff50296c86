from flowc import FlowSpec, step


class OpenForeach(FlowSpec):
    @step
    def start(self):
        self.xs = [1, 2]
        self.next(self.a, foreach="xs")  # FC203 at self.next(self.a, foreach="xs"): the foreach of `start` never joins

    @step
    def a(self):
        self.next(self.end)

    @step
    def end(self):
        pass
