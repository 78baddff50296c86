from flowc import FlowSpec, step


class Again(FlowSpec):
    @step
    def start(self):
        self.model = sorted([3, 1])  # FC305 at self.model: `train` assigns `self.model` again before anything has read what `start` assigns
        self.stage = "start"
        self.used = sorted([1])
        self.kept = sorted([2])
        self.next(self.train)

    @step
    def train(self):
        self.model = sorted([2])
        self.stage = "train"
        self.used = self.used + [1]
        if self.stage:
            self.kept = sorted([4])
        self.next(self.end)

    @step
    def end(self):
        pass
