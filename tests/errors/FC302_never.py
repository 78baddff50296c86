from flowc import FlowSpec, step


class Never(FlowSpec):
    @step
    def start(self):
        self.items = [1, 2]
        self.next(self.work, foreach="itmes")  # FC302 at "itmes": step `start` goes through `foreach="itmes"`, which no step assigns

    @step
    def work(self):
        self.next(self.inner, foreach="parts")  # FC302 at "parts": which only `collect` assigns, not before

    @step
    def inner(self):
        self.next(self.inner_join)

    @step
    def inner_join(self, inputs):
        self.next(self.collect)

    @step
    def collect(self, inputs):
        self.parts = [1]
        self.next(self.again)

    @step
    def again(self):
        if len(self.parts) > 1:
            self.more = self.parts
        self.next(self.last, foreach="more")

    @step
    def last(self):
        self.next(self.last_join)

    @step
    def last_join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
