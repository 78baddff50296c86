from flowc import Config, FlowSpec, Parameter, config_expr, environment, project, resources, schedule, step

N = config_expr("config.cpu * 2")


@project(name=config_expr("config").nmae)  # FC136 at config_expr("config").nmae: `config` has no key `nmae`; the config comes from its `default_value`
@schedule(cron=config_expr("confg.cron"))  # FC136 at config_expr("confg.cron"): there is no config `confg`
class Keys(FlowSpec):
    config = Config("config", default_value={"name": "x", "cpu": 1, "items": [1, 2], "deep": {"a-b": {}}})
    none = Config("none")
    a = Parameter("a", default=config.nope)  # FC136 at config.nope: `config` has no key `nope`
    b = Parameter("b", default=config["Cpu"])  # FC136 at config["Cpu"]: `config` has no key `Cpu`
    c = Parameter("c", default=config["items"][2])  # FC136 at config["items"][2]: `config['items']` has 2 items, and none at `2`
    d = Parameter("d", default=config.items)  # FC136 at config.items: `config.items` is a method of mappings
    e = Parameter("e", default=f"{config.name}/{config.deep.x}")  # FC136 at config.deep.x: `config.deep` has no key `x`
    f = Parameter("f", default=config.deep["a-b"].y)  # FC136 at config.deep["a-b"].y: `config.deep['a-b']` has no key `y`
    g = Parameter("g", default=none.x)  # FC136 at none.x: config `none` has no value: none was given
    h = Parameter("h", default=config.cpu.x)  # FC136 at config.cpu.x: `config.cpu` is 1, and has no `x`
    i = Parameter("i", default=config.name.lowr())  # FC136 at config.name.lowr(): `config.name` is 'x', and has no `lowr`
    j = Parameter("j", default=config_expr("max(config.items)"))  # FC136 at config_expr: `config.items` is a method of mappings
    ok = Parameter("ok", default=config.get("nope", config.name.upper()))

    @resources(cpu=N, memory=config["memory"])  # FC136 at config["memory"]: `config` has no key `memory`
    @environment(vars={"A": config.name, "B": config.deep["c"]})  # FC136 at config.deep["c"]: `config.deep` has no key `c`
    @step
    def start(self):
        self.next(self.end)

    @resources(cpu=N, **config.more)  # FC136 at config.more: `config` has no key `more`
    @step
    def end(self):
        print(self.config.name, self.config.nmae.x)  # FC136 at self.config.nmae: `self.config` has no key `nmae`
        self.x = [self.config["deep"]["a_b"], self.config.deep.get("c"), self.config.items]  # FC136 at self.config["deep"]["a_b"]: `self.config['deep']` has no key `a_b`
        self.y = self.config.more if "more" in self.config else self.config.get("more") or self.config.other
        self.z = [self.config.none for _ in ()] or (lambda: self.config.none)
        if self.config.cpu1:  # FC136 at self.config.cpu1: `self.config` has no key `cpu1`
            print(self.config.late)
        print(self.config.late)
