from flowc import FlowSpec, step


class Stops(FlowSpec):
    @step
    def start(self):
        self.next(self.a)

    @step
    def a(self):  # FC120 at a: step `a` has no `self.next`
        self.x = 1

    @step
    def b(self):  # FC120 at b: step `b` has no `self.next`
        """Nothing else."""

    @step
    def end(self):
        pass
