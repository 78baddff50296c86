from flowc import FlowSpec, step


class Two(FlowSpec):
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
        self.next(self.again)

    @step
    def again(self):
        self.xs = [1]
        self.next(self.c, foreach="xs")  # FC203 at self.next(self.c, foreach="xs"): the foreach of `again` never joins

    @step
    def c(self):
        self.next(self.end)

    @step
    def end(self):
        pass
