from flowc import FlowSpec, step


class Several(FlowSpec):
    @step
    def start(self):
        if self.x:
            self.next(self.a)
        else:
            self.next(self.b)  # FC128 at self.next(self.b): step `start` has 2 calls of `self.next`

    @step
    def a(self):
        self.next(self.b)
        self.next(self.end)  # FC128 at self.next(self.end): step `a` has 2 calls of `self.next`

    @step
    def b(self):
        self.next(self.end)

    @step
    def end(self):
        pass
