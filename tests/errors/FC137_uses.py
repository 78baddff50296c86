from flowc import Config, FlowSpec, Parameter, catch, config_expr, environment, resources, retry, step

SIZES = {"small": 1}


def parse(text):
    return {"cpu": len(text)}


class Base(FlowSpec):
    above = Config("above", default_value={"cpu": 1})

    @resources(cpu=config.cpu)  # FC137 at config.cpu: Python does not know `config` here
    @step
    def start(self):
        self.next(self.middle)


class Uses(Base):
    @resources(cpu=config.cpu)  # FC137 at config.cpu: Python does not know `config` here: the name is there after its definition, in that class's body
    @step
    def middle(self):
        self.next(self.end)

    config = Config("config", default_value={"cpu": 1, "size": "small", "flag": True, "tags": ["a"]})
    own = Config("own", default_value="abc", parser=parse)
    made = Config("made", default_value=lambda context: {"a": 1})
    named = Config("named", default="FC137_uses.py", parser="parsers.of_the_flow")

    a = Parameter("a", default=own.cpu)  # FC137 at own: the value of config `own` is found when a run starts, as its parser `parse` is a function of the flow's own
    b = Parameter("b", default=config_expr("made.a"))  # FC137 at config_expr("made.a"): since its `default_value` is not a constant
    c = Parameter("c", default=named["x"])  # FC137 at named: as its parser `parsers.of_the_flow` is a function of the flow's own
    d = Parameter("d", default=SIZES[config.size])  # FC137 at SIZES[config.size]: `SIZES[config.size]` takes the value of a config that is not there
    e = Parameter("e", default=parse(config.cpu))  # FC137 at parse(config.cpu): takes the value of a config
    f = Parameter("f", default=[parse("x"), config.cpu])  # FC137 at parse("x"): what is made of config `config` must be known before a run: `parse('x')` is not a constant
    g = Parameter("g", default=",".join(config.tags))  # FC137 at ",".join(config.tags): takes the value of a config
    i = Parameter("i", default=above.cpu)  # FC137 at above.cpu: Python does not know `above` here
    ok = Parameter("ok", default=lambda context: context.configs.own.cpu)

    cpu = config.cpu  # FC137 at config.cpu: `config.cpu` takes the value of a config, which is not there
    text: str = f"{config.size}"  # FC137 at f"{config.size}": takes the value of a config
    if config.flag:  # FC137 at if config.flag:: this takes the value of a config
        more = 1

    def helper(self, n=config.cpu, *, m=config_expr("config.cpu")):  # FC137 at config.cpu: `config.cpu` takes the value # FC137 at config_expr("config.cpu"): takes the value
        return n + m

    @retry(times=int(config.cpu))  # FC137 at int(config.cpu): takes the value of a config
    @catch(var=config.size)
    @environment(vars={"A": str(config.cpu), "B": config_expr("','.join(config.tags)")})
    @step
    def end(self):
        pass
