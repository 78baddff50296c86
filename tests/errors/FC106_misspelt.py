from flowc import FlowSpec, retry, step


class Misspelt(FlowSpec):
    @rety(times=2)  # FC106 at rety(times=2): flowc does not know the decorator `@rety`
    @step
    def start(self):
        self.next(self.end)

    @stepp  # FC106 at stepp: flowc does not know the decorator `@stepp`
    def end(self):
        pass
