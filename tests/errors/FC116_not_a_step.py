from metaflow import FlowSpec, catch, retry, step


class NotASteps(FlowSpec):
    @step
    def start(self):
        self.helper()
        self.next(self.end)

    @retry(times=2)  # FC116 at retry(times=2): `@retry` stands on `helper`, which is not a step
    @catch  # FC116 at catch: `@catch` stands on `helper`, which is not a step
    def helper(self):
        pass

    @property
    def fine(self):
        return 3

    @step
    def end(self):
        pass
