from flowc import FlowSpec, Parameter, step


class Names(FlowSpec):
    alpha = Parameter("alhpa")  # FC114 at "alhpa": parameter `alpha` is also called `alhpa`
    rate = Parameter("learning-rate")  # FC114 at "learning-rate": parameter `rate` is also called `learning-rate`
    index = Parameter("index")  # FC114 at index: a parameter cannot be called `index`: the name `index` belongs to every flow
    input = Parameter("input")  # FC114 at input: a parameter cannot be called `input`: the name `input` belongs to every flow
    _secret = Parameter("_secret")  # FC114 at _secret: starts with an underscore
    train = Parameter("train")  # FC114 at train: there is a step of this name
    helper = Parameter("helper")  # FC114 at helper: there is a method of this name
    Alpha = Parameter("Alpha")  # FC114 at Alpha: parameters `alpha` and `Alpha` differ in case only
    twice = Parameter("twice")
    twice = Parameter("twice")  # FC114 at twice: parameter `twice` is defined twice

    @step
    def start(self):
        self.next(self.train)

    @step
    def train(self):
        self.next(self.end)

    def helper(self):
        pass

    @step
    def end(self):
        pass
