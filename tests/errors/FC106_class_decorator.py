from dataclasses import dataclass

from flowc import FlowSpec, step


@dataclass  # FC106 at dataclass: a flow cannot have the decorator `@dataclass`
class Decorated(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
