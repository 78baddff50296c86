from flowc import FlowSpec, step


class Mixin(FlowSpec):
    pass


class Wrong(FlowSpec, Mixin):  # FC130 at Wrong: the bases of class `Wrong` have no order that suits all of them: `FlowSpec, Mixin`
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
