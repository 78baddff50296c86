from flowc import FlowSpec, step


class Keywords(FlowSpec):
    @step
    def start(self):
        self.next(self.a, for_each="xs")  # FC125 at for_each="xs": `self.next` has no keyword `for_each`

    @step
    def a(self):
        self.next(self.end, timeout=3)  # FC125 at timeout=3: `self.next` has no keyword `timeout`

    @step
    def end(self):
        pass
