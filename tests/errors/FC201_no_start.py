from flowc import FlowSpec, step


class Headless(FlowSpec):  # FC201 at Headless: the flow has no step `start`
    @step
    def begin(self):
        self.next(self.end)

    @step
    def end(self):
        pass
