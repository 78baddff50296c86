import constants
from constants import COUNT, LIMITS, MISSING
from flowc import FlowSpec, Parameter, step


class Elsewhere(FlowSpec):
    a = Parameter("a", default=COUNT)
    b = Parameter("b", default=constants.NOW)  # FC113 at constants.NOW: `default` of parameter `b` must be known before a run: `time()` is not a constant
    c = Parameter("c", default=LIMITS[0])  # FC113 at LIMITS[0]: `LIMITS[0]` is not a constant
    d = Parameter("d", default=MISSING)  # FC113 at MISSING: `MISSING` is not a constant of this file

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
