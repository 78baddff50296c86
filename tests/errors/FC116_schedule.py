from flowc import FlowSpec, schedule, step


class Misplaced(FlowSpec):
    @schedule  # FC116 at schedule: `@schedule` stands on `helper`, which is not a step
    def helper(self):
        pass

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
