from flowc import FlowSpec


class Missing(FlowSpec):
    alpha = Parameter("alpha", default=3)  # FC117 at Parameter: `Parameter` is not imported

    @step  # FC117 at step: `step` is not imported
    def start(self):
        self.next(self.a)

    @retry(times=2)  # FC117 at retry: `retry` is not imported
    @step
    def a(self):
        self.next(self.end)

    @step
    def end(self):
        pass
