from flowc import FlowSpec, step


class Shared(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.b)

    @step
    def a(self):
        self.next(self.c, self.d)

    @step
    def b(self):
        self.next(self.join)

    @step
    def c(self):
        self.next(self.join)

    @step
    def d(self):
        self.next(self.join)

    @step
    def join(self, inputs):  # FC215 at join: step `join` joins the branches of `a` and of `start`
        self.next(self.end)

    @step
    def end(self):
        pass
