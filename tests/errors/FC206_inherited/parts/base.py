from flowc import FlowSpec, Parameter, step


class Base(FlowSpec):
    rate = Parameter("rate", default="high", type=float)  # FC112 at "high": the default of parameter `rate`

    @step
    def start(self):
        self.next(self.trian)  # FC206 at self.trian: there is no step `trian`

    @step
    def train(self):
        self.next(self.overridden)

    @step
    def end(self):
        pass
