from flowc import FlowSpec, step


class Back(FlowSpec):
    @step
    def start(self):
        self.next(self.a)

    @step
    def a(self):
        self.next(self.b)

    @step
    def b(self):
        self.next(self.end)

    @step
    def c(self):  # FC205 at c: step `c` cannot be reached: no step goes to it
        self.next(self.start)

    @step
    def end(self):
        pass
