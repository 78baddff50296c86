from flowc import FlowSpec, step


@schedule(hourly=True)  # FC117 at schedule: `schedule` is not imported
class Forgetful(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
