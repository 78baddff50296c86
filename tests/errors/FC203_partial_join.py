from flowc import FlowSpec, step


class PartialJoin(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.b, self.c)  # FC203: the branches `a`, `b` and `c` of `start` never join

    @step
    def a(self):
        self.next(self.first)

    @step
    def b(self):
        self.next(self.first)

    @step
    def c(self):
        self.next(self.second)

    @step
    def first(self, inputs):
        self.next(self.second)

    @step
    def second(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
