from flowc import FlowSpec, step


class Broken(FlowSpec):
    @step
    def start(self)  # FC101: expected ':'
        self.next(self.end)
