from flowc import FlowSpec, step


class Marked(FlowSpec):
    @step(start=True)
    def begin(self):
        self.next(self.finish)

    @step(end=True)
    def finish(self):
        self.next(self.begin)  # FC207 at self.next(self.begin): step `finish` goes on to another step
