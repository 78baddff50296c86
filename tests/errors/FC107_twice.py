from flowc import FlowSpec, retry, step


class Twice(FlowSpec):
    @retry
    @retry(times=2)  # FC107 at retry(times=2): `@retry` stands on this step twice
    @step
    def start(self):
        self.next(self.end)

    @step
    @step  # FC107 at step: `@step` stands on this step twice
    def end(self):
        pass
