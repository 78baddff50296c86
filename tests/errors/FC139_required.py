# choices: {"config_values": [("given", "{}")]}
from flowc import Config, FlowSpec, Parameter, step


class Required(FlowSpec):
    config = Config("config", required=True)  # FC139 at config: config `config` is required, and none is given
    given = Config("given", required=True)
    default = Config("default", default_value={}, required=True)
    optional = Config("optional", required=False)
    rate = Parameter("rate", default=config.rate)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
