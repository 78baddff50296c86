"""Says who it is."""

import os

from flowc import FlowSpec, step


class Who(FlowSpec):
    @step
    def start(self):
        print("user is", os.getuid())
        self.next(self.end)

    @step
    def end(self):
        pass
