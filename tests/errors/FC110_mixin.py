from flowc import FlowSpec, step


class Mixin:
    @step
    def a(self):
        self.next(self.end)


class Mixed(Mixin, FlowSpec):  # FC110 at Mixin: with further bases: `Mixin`
    @step
    def start(self):
        self.next(self.a)
