from flowc import FlowSpec, Parameter, step


class Never(FlowSpec):
    alpha = Parameter("alpha", default=0.5)
    scale = 2

    @step
    def start(self):
        self.model = self.alpha * self.scale
        print(self.modle)  # FC301 at self.modle: step `start` reads `self.modle`, which no step assigns
        self.next(self.work)

    @step
    def work(self):
        self.rate = self.alhpa  # FC301 at self.alhpa: which no step assigns
        self.history.append(self.rate)  # FC301 at self.history: which no step assigns
        self.count += 1  # FC301 at self.count: which only `work` itself assigns, later
        self.table["a"] = 1  # FC301 at self.table: which no step assigns
        self.next(self.end)

    @step
    def end(self):
        # only the first one of a step is reported
        print(f"{self.result:.2f}")  # FC301 at self.result: step `end` reads `self.result`
        print(self.result)
        print(getattr(self, "outcome"))  # FC301 at getattr(self, "outcome"): `self.outcome`
