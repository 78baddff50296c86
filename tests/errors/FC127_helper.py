from flowc import FlowSpec, step


class Helper(FlowSpec):
    @step
    def start(self):
        self.go()
        self.next(self.end)

    def go(self):
        if self.x:
            self.next(self.end)  # FC127 at self.next(self.end): `self.next` is called in `go`, which is not a step

    @step
    def end(self):
        pass
