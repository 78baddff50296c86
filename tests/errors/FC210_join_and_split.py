from flowc import FlowSpec, step


class JoinAndSplit(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.b)

    @step
    def a(self):
        self.next(self.join)

    @step
    def b(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.c, self.d)  # FC210 at self.next(self.c, self.d): step `join` is a join and a split

    @step
    def c(self):
        self.next(self.again)

    @step
    def d(self):
        self.next(self.again)

    @step
    def again(self, inputs):
        self.next(self.e, foreach="xs")  # FC210 at self.next(self.e, foreach="xs"): step `again` is a join and a split

    @step
    def e(self):
        self.next(self.end)

    @step
    def end(self):
        pass
