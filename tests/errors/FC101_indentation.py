from flowc import FlowSpec, step


class Broken(FlowSpec):
    @step
    def start(self):
    self.next(self.end)  # FC101: expected an indented block
