from flowc import FlowSpec, step


class Kinds(FlowSpec):
    @step
    async def start(self):  # FC115 at start: step `start` is asynchronous
        self.next(self.a)

    @step
    def a(self):
        yield 1  # FC115 at yield 1: step `a` is a generator
        self.next(self.end)

    @step
    def end(self):
        pass
