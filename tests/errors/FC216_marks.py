from flowc import FlowSpec, step


class Marks(FlowSpec):
    @step(start=True)
    def begin(self):  # FC216 at begin: step `begin` is marked `@step(start=True)`, and there is a step `start`
        self.next(self.start)

    @step
    def start(self):
        self.next(self.done)

    @step(end=True)
    def done(self):
        pass

    @step(end=True)
    def finished(self):  # FC216 at finished: 2 steps are marked `@step(end=True)`: `done` and `finished`
        pass
