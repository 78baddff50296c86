from flowc import FlowSpec, step


class Arguments(FlowSpec):
    @step(start=True)  # FC107 at start=True: does not compile `@step(start=...)`
    def start(self):
        self.next(self.end)

    @step("end")  # FC107 at "end": `@step` takes no arguments
    def end(self):
        pass
