from flowc import FlowSpec, step


class Base(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass


class One(Base):
    pass


class Other(Base):  # FC104 at Other: the file has 2 flows: `One` and `Other`
    pass
