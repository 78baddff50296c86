from flowc import FlowSpec, step


class Cycle(FlowSpec):
    @step
    def start(self):
        self.next(self.a)

    @step
    def a(self):
        self.next(self.b)

    @step
    def b(self):
        self.next(self.a)  # FC208 at self.next(self.a): the steps form a cycle: `a → b → a`

    @step
    def end(self):
        pass
