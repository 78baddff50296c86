from flowc import FlowSpec, step


class First(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass


class Second(FlowSpec):  # FC104 at Second: the file has 2 flows: `First` and `Second`
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
