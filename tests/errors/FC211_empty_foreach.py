from flowc import FlowSpec, step


class EmptyForeach(FlowSpec):
    @step
    def start(self):
        self.xs = [1]
        self.next(self.join, foreach="xs")  # FC211: the foreach of `start` goes straight to the join `join`

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
