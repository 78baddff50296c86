from flowc import FlowSpec, step


class Meeting(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.b)

    @step
    def a(self):
        self.next(self.c)

    @step
    def b(self):
        self.next(self.c)

    @step
    def c(self):  # FC204 at c: `a` and `b` both lead to `c`, which takes no inputs
        self.next(self.d, self.e)  # FC203 at self.next(self.d, self.e): the branches `d` and `e` of `c` never join

    @step
    def d(self):
        self.next(self.end)

    @step
    def e(self):
        self.next(self.end)

    @step
    def end(self):
        pass
