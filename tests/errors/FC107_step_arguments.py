from flowc import FlowSpec, step


class BadStep(FlowSpec):
    @step(start=1)  # FC107 at 1: `start` must be True or False, not 1
    def start(self):
        self.next(self.a)

    @step(False)  # FC107 at False: `@step` takes keyword arguments only
    def a(self):
        self.next(self.b)

    @step(begin=True)  # FC107 at begin=True: `@step` has no argument `begin`
    def b(self):
        self.next(self.end)

    @step(end=bool(1))  # FC107 at bool(1): `end` must be known before a run: `bool(1)` is not a constant
    def end(self):
        pass
