from flowc import FlowSpec, step


class Unknown(FlowSpec):
    def helper(self):
        pass

    @step
    def start(self):
        self.next(self.trian, self.nope)  # FC206 at self.trian: there is no step `trian`  # FC206 at self.nope: there is no step `nope`

    @step
    def train(self):
        self.next(self.helper)  # FC206 at self.helper: `helper` is a method, not a step

    @step
    def end(self):
        pass
