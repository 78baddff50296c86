import constants
from constants import COUNT, LIMITS, MISSING
from flowc import FlowSpec, Parameter, step


class Elsewhere(FlowSpec):
    a = Parameter("a", default=COUNT)
    b = Parameter("b", default=constants.NOW)
    c = Parameter("c", default=LIMITS[0])
    d = Parameter("d", help=constants.NOW)  # FC113 at constants.NOW: `help` of parameter `d` must be known before a run: `time()` is not a constant
    e = Parameter("e", help=LIMITS[0])  # FC113 at LIMITS[0]: `LIMITS[0]` is not a constant
    f = Parameter("f", required=MISSING)  # FC113 at MISSING: `MISSING` is not a constant of this file

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
