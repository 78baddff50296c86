from elsewhere import FlowSpec
from flowc import step


class Other(FlowSpec):  # FC103 at Other: class `Other` has steps, but is not a flow
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
