from flowc import FlowSpec, step


class GoesOn(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        self.next(self.start)  # FC207 at self.next(self.start): step `end` goes on to another step
