from metaflow import FlowSpec, Parameter, Runner, S3, step


class Constructs(FlowSpec):
    runner = Runner("flow.py")  # FC115 at Runner: does not compile Metaflow's `Runner`
    data = S3("data")  # FC115 at S3: does not compile Metaflow's `S3`
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
