import random

from flowc import FlowSpec, Parameter, step

OPTIONS = {}
CHANGED = 1
CHANGED = 2


class Arguments(FlowSpec):
    a = Parameter("a", defualt=1)  # FC113 at defualt=1: has an argument `defualt` that flowc does not know
    b = Parameter("b", separator=",")  # FC113 at separator=",": has an argument `separator` that flowc does not know
    c = Parameter("c", default=random.random())  # FC113 at random.random(): must be known before a run: `random.random()` is not a constant
    d = Parameter("d", default=CHANGED)  # FC113 at CHANGED: `CHANGED` is not a constant of this file
    e = Parameter("e", **OPTIONS)  # FC113 at OPTIONS: `**` cannot be used in parameter `e`
    f = Parameter(*OPTIONS)  # FC113 at *OPTIONS: `*` cannot be used in parameter `f`
    g = Parameter("g", 1, int, True)  # FC113 at True: too many positional arguments
    h = Parameter("h", name="h")  # FC113 at "h": parameter `h` is given `name` twice
    i = Parameter()  # FC113 at Parameter(): parameter `i` is not given its name
    j = Parameter(7)  # FC113 at 7: the name of parameter `j` is not a string
    k = Parameter("k", required=1)  # FC113 at 1: `required` of parameter `k` is not True or False
    l = Parameter("l", required=True, default=3)  # FC113 at True: parameter `l` is required and has a default
    m = Parameter("m", help=3)  # FC113 at 3: `help` of parameter `m` is not a string
    n = Parameter("n", default=lambda context: 3)  # FC113 at lambda context: `default` of parameter `n` must be known
    o = Parameter("o", default=1 / 0)  # FC113 at 1 / 0: `1 / 0` cannot be evaluated

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
