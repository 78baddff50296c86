from flowc import FlowSpec, step


class Unreachable(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def lost(self):  # FC205 at lost: step `lost` cannot be reached: no step goes to it
        self.next(self.after)

    @step
    def after(self):
        self.next(self.end)

    @step
    def end(self):
        pass
