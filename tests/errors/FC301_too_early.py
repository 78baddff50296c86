from flowc import FlowSpec, step


class TooEarly(FlowSpec):
    @step
    def start(self):
        self.xs = [x for x in self.rows]  # FC301 at self.rows: which only `load` assigns, not before
        self.next(self.load)

    @step
    def load(self):
        print(self.total)  # FC301 at self.total: which only `load` and `end` assign, not before
        self.rows = [1]
        self.total = len(self.first)  # FC301 at self.first: which only `load` itself assigns, later
        self.first = self.rows[0]
        if self.rows:
            self.maybe = 1
        self.next(self.end)

    @step
    def end(self):
        while self.more:  # FC301 at self.more: which no step assigns
            print(self.maybe)
        print(self.total)
        self.total = self.first
