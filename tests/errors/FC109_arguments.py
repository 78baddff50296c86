from flowc import FlowSpec, step


class Arguments(FlowSpec):
    @step
    def start():  # FC109 at start: step `start` has no argument
        self.next(self.a)

    @step
    def a(self, inputs, more):  # FC109 at more: step `a` has more than two arguments
        self.next(self.b)

    @step
    def b(self, *inputs):  # FC109 at inputs: an argument that nothing is passed to: `inputs`
        self.next(self.c)

    @step
    def c(self, *, depth=3):  # FC109 at depth: an argument that nothing is passed to: `depth`
        self.next(self.d)

    @step
    def d(self, **options):  # FC109 at options: an argument that nothing is passed to: `options`
        self.next(self.end)

    @step
    def end(self):
        pass
