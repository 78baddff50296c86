from flowc import FlowSpec, step


class Base(FlowSpec):
    @step
    def start(self):
        self.next(self.end)


class Heir(Base):  # FC110 at Base: that inherit from other flows: `Heir`
    @step
    def end(self):
        pass
