from flowc import FlowSpec, step


class EmptyBranch(FlowSpec):
    @step
    def start(self):
        self.next(self.a, self.join)  # FC211 at self.next(self.a, self.join): a branch of `start` goes straight to the join `join`

    @step
    def a(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
