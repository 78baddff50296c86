from flowc import FlowSpec, step


class Helper(FlowSpec):
    @step
    def start(self):
        self.prepare()
        print(self.size)
        self.next(self.use)

    @step
    def use(self):
        self.report()
        self.result = 1
        print(self.summary)
        self.next(self.end)

    @step
    def end(self):
        self.report()

    def prepare(self):
        self.rows = [1]
        self._check()

    def _check(self):
        assert self.rows
        assert self.columns  # FC301 at self.columns: step `start` reads `self.columns` in `_check`, which no step assigns

    def report(self):
        print(self.result)  # FC301 at self.result: step `use` reads `self.result` in `report`, which only `use` itself

    @property
    def size(self):
        return len(self.rows)

    @property
    def summary(self):
        return self.totals  # FC301 at self.totals: step `use` reads `self.totals` in `summary`
