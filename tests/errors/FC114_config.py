from flowc import Config, FlowSpec, Parameter, step


class Names(FlowSpec):
    index = Config("index")  # FC114 at index: a config cannot be called `index`: the name `index` belongs to every flow
    _hidden = Config("_hidden")  # FC114 at _hidden: a config cannot be called `_hidden`
    one = Config("other")  # FC114 at "other": config `one` is also called `other`
    rate = Parameter("rate", default=1)
    Rate = Config("Rate")  # FC114 at Rate: configs `rate` and `Rate` differ in case only
    start = Config("start")  # FC114 at start: a config cannot be called `start`: there is a step of this name
    store = Config("store")
    config = Parameter("config", default=1)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
