from flowc import FlowSpec, Parameter, step


class Missing(FlowSpec):
    alpha = Parameter("alpha", default=[3], type=JSONType)  # FC117 at JSONType: `JSONType` is not imported

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
