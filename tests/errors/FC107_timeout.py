from flowc import FlowSpec, step, timeout


class Timeouts(FlowSpec):
    @timeout  # FC107 at timeout: `@timeout` says no time
    @step
    def start(self):
        self.next(self.a)

    @timeout(seconds=0, minutes=0)  # FC107 at timeout(seconds=0, minutes=0): `@timeout` says no time
    @step
    def a(self):
        self.next(self.b)

    @timeout(seconds=-1, minutes="2")  # FC107 at -1: `seconds` must be a number from 0 to 31536000, not -1  # FC107 at "2": not '2'
    @step
    def b(self):
        self.next(self.end)

    @timeout(days=1)  # FC107 at days=1: `@timeout` has no argument `days`
    @step
    def end(self):
        pass
