from flowc import FlowSpec, JSONType, Parameter, step

OPTIONS = {}
CHANGED = 1
CHANGED = 2


class Arguments(FlowSpec):
    a = Parameter("a", defualt=1)  # FC113 at defualt=1: has an argument `defualt` that flowc does not know
    b = Parameter("b", seperator=",")  # FC113 at seperator=",": has an argument `seperator` that flowc does not know
    c = Parameter("c", default=random.random())  # FC113 at random: there is no `random` here
    d = Parameter("d", default=CHANGE + 1)  # FC113 at CHANGE: there is no `CHANGE` here
    e = Parameter("e", **OPTIONS)  # FC113 at OPTIONS: `**` cannot be used in parameter `e`
    f = Parameter(*OPTIONS)  # FC113 at *OPTIONS: `*` cannot be used in parameter `f`
    g = Parameter("g", 1, int, "help", False, True, ",")  # FC113 at ",": too many positional arguments
    h = Parameter("h", name="h")  # FC113 at "h": parameter `h` is given `name` twice
    i = Parameter()  # FC113 at Parameter(): parameter `i` is not given its name
    j = Parameter(7)  # FC113 at 7: the name of parameter `j` is not a string
    k = Parameter("k", required=1)  # FC113 at 1: `required` of parameter `k` is not True or False
    l = Parameter("l", required=True, default=3)  # FC113 at True: parameter `l` is required and has a default
    l2 = Parameter("l2", required=True, default=lambda context: 3)  # FC113 at True: parameter `l2` is required and has a default
    m = Parameter("m", help=3)  # FC113 at 3: `help` of parameter `m` is not a string
    n = Parameter("n", multiple=True)  # FC113 at True: does not compile `multiple` of parameter `n`
    o = Parameter("o", default=1 / 0)  # FC113 at 1 / 0: `1 / 0` cannot be evaluated
    p = Parameter("p", default=[part for part in PARTS])  # FC113 at PARTS: there is no `PARTS` here
    q = Parameter("q", default=lambda context: context.user_name + other)  # FC113 at other: there is no `other` here
    r = Parameter("r", default={OPTIONS: 1})  # FC113 at OPTIONS: `OPTIONS` cannot be a key
    ok = Parameter("ok", default=CHANGED)
    as_well = Parameter("as_well", default=[len(str(part)) for part in OPTIONS], type=JSONType, multiple=None)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
