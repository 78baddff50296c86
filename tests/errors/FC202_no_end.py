from flowc import FlowSpec, step


class Endless(FlowSpec):  # FC202 at Endless: the flow has no step `end`
    @step
    def start(self):
        self.next(self.finish)

    @step
    def finish(self):
        pass
