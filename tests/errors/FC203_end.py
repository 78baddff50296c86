from flowc import FlowSpec, step


class MeetInEnd(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.b)  # FC203 at self.next(self.a, self.b): the branches `a` and `b` of `start` never join

    @step
    def a(self):
        self.next(self.end)

    @step
    def b(self):
        self.next(self.end)

    @step
    def end(self):
        pass
