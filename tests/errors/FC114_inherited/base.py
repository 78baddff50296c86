from flowc import FlowSpec, Parameter, step


class Base(FlowSpec):
    rate = Parameter("rate", default=0.2)
    count = Parameter("count", default=4)

    @step
    def only(self):
        pass
