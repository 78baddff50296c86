from flowc import FlowSpec, step


class Dropped(FlowSpec):
    @step
    def start(self):
        self.config = {"a": 1}
        self.rows = [1, 2]
        self.names = ["a"]
        self.next(self.work, foreach="rows")

    @step
    def work(self):
        self.square = self.input**2
        self.next(self.collect)

    @step
    def collect(self, inputs):  # FC304 at collect: join `collect` drops `config`, which `report` and `end` read later # FC304 at collect: drops `names`, which `report` reads later # FC304 at collect: drops `square`, which `report` reads later
        self.squares = [i.square for i in inputs]
        self.next(self.report)

    @step
    def report(self):
        print(self.config, self.squares, self.square)
        self.next(self.each, foreach="names")

    @step
    def each(self):
        self.rows = [self.squares]
        self.next(self.last)

    @step
    def last(self, inputs):  # FC304 at last: join `last` drops `squares`, which `end` reads later
        self.merge_artifacts(inputs, exclude=["squares"])
        print(self.rows)
        self.next(self.end)

    @step
    def end(self):
        print(self.config, self.squares, self.rows)
