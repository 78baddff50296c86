from flowc import FlowSpec, step


@step
def outside(self):  # FC115 at outside: step `outside` stands outside of the flow
    self.next(self.end)


class Elsewhere(FlowSpec):
    @step
    def start(self):
        @step
        def nested(self):  # FC115 at nested: step `nested` stands inside the function `start`
            self.next(self.end)

        self.next(self.conditional, self.outside)

    if True:

        @step
        def conditional(self):  # FC115 at conditional: step `conditional` stands inside an `if`
            self.next(self.end)

    @step
    def end(self):
        pass
