from flowc import step


class Bare:  # FC103 at Bare: class `Bare` has steps, but is not a flow
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
