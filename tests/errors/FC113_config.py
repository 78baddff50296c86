import os

from flowc import Config, FlowSpec, step


class Arguments(FlowSpec):
    both = Config("both", default="a.json", default_value={})  # FC113 at {}: config `both` has `default` and `default_value`
    path = Config("path", default=os.environ["HOME"])  # FC113 at os.environ["HOME"]: `default` of config `path` must be known before a run
    number = Config("number", default=3)  # FC113 at 3: `default` of config `number` is not a string
    value = Config("value", default_value=[1])  # FC113 at [1]: `default_value` of config `value` is [1] (list)
    unbound = Config("unbound", default_value=nothing())  # FC113 at nothing: there is no `nothing` here
    parser = Config("parser", default_value="", parser=3)  # FC113 at 3: the parser of config `parser` is no function
    name = Config("name", default_value="", parser="loads")  # FC113 at "loads": `loads` does not name a function of a module
    own = Config("own", default_value="", parser=".plugins.parse")  # FC113 at ".plugins.parse": does not name a function of a module
    missing = Config("missing", default_value="", parser=missing_parser)  # FC113 at missing_parser: there is no `missing_parser` here
    plain = Config("plain", defautl="a.json")  # FC113 at defautl="a.json": config `plain` has an argument `defautl`
    none = Config("none", default=None, default_value=None, parser=None, required=None)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
