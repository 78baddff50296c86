import time

from flowc import FlowSpec, JSONType, Parameter, step


class Separators(FlowSpec):
    a = Parameter("a", separator="")  # FC113 at "": the separator of parameter `a` is empty
    b = Parameter("b", separator=1)  # FC113 at 1: `separator` of parameter `b` is not a string
    c = Parameter("c", type=int, separator=",")  # FC113 at ",": parameter `c` has a separator, and its type is int
    d = Parameter("d", default=[1], type=JSONType, separator=",")  # FC113 at ",": its type is json
    e = Parameter("e", default=time.ctime(), separator=",")  # FC113 at ",": its type is found when a run starts
    f = Parameter("f", separator=time.ctime())  # FC113 at time.ctime(): `separator` of parameter `f` must be known
    ok = Parameter("ok", default="a b", separator=" ")
    as_well = Parameter("as_well", default=lambda context: "a b", separator=" ")
    too = Parameter("too", type=str, default=time.ctime(), separator=" ")
    none = Parameter("none", separator=None)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
