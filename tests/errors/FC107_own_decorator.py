from flowc import FlowSpec, step

LIMIT = 3


def limited(limit):
    return lambda function: function


class Own(FlowSpec):
    @limited(LIMITS)  # FC107 at LIMITS: there is no `LIMITS` here
    @step
    def start(self):
        self.next(self.end)

    @limited(max(LIMIT, 1))
    @step
    def end(self):
        pass
