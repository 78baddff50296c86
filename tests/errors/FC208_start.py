from flowc import FlowSpec, step


class Loops(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.b)

    @step
    def a(self):
        self.next(self.start)  # FC208 at self.next(self.start): the steps form a cycle: `start → a → start`

    @step
    def b(self):
        self.next(self.b)  # FC208 at self.next(self.b): the steps form a cycle: `b → b`

    @step
    def end(self):
        pass
