from flowc import FlowSpec, Parameter, step


class Names(FlowSpec):
    alpha = Parameter("alhpa")  # FC114 at "alhpa": parameter `alpha` is also called `alhpa`
    rate = Parameter("learning-rate")  # FC114 at "learning-rate": parameter `rate` is also called `learning-rate`
    index = Parameter("index")  # FC114 at index: a parameter cannot be called `index`: the name `index` belongs to every flow
    _secret = Parameter("_secret")  # FC114 at _secret: starts with an underscore
    store = Parameter("store")  # FC114 at store: `--store` is an option of `flowc run` itself
    max_workers = Parameter("max_workers")  # FC114 at max_workers: `--max-workers` is an option of `flowc run` itself
    pdb = Parameter("pdb")  # FC114 at pdb: `--pdb` is an option of `flowc run` itself
    help = Parameter("help")  # FC114 at help: `--help` is an option of `flowc run` itself
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
