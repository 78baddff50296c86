from flowc import FlowSpec, step


class Unmarked(FlowSpec):
    @step
    def start(self):
        self.next(self.middle)

    def middle(self):  # FC118 at middle: `middle` ends with `self.next`, but is not marked as a step
        self.next(self.end)

    @step
    def end(self):
        pass
