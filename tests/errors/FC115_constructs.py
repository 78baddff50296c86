from metaflow import Config, FlowSpec, IncludeFile, Parameter, step


class Constructs(FlowSpec):
    config = Config("config", default="c.json")  # FC115 at Config: does not compile Metaflow's `Config`
    data = IncludeFile("data")  # FC115 at IncludeFile: does not compile Metaflow's `IncludeFile`
    a = b = Parameter("a")  # FC115 at Parameter: a parameter is not assigned to a name of its own
    c, d = Parameter("c"), 3  # FC115 at Parameter: a parameter is not assigned to a name of its own
    many = [Parameter("e")]  # FC115 at Parameter: a parameter is not assigned to a name of its own
    if True:
        f = Parameter("f")  # FC115 at Parameter: a parameter is not assigned to a name of its own
    g = Paramter("g")  # FC115 at Paramter: flowc does not know `Paramter`
    h = step(lambda self: 3)  # FC115 at step: `step` cannot be used here

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
