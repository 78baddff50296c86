from flowc import FlowSpec, step


class Items(FlowSpec):
    @step
    def start(self):
        self.base = 3
        self.xs = [1, 2]
        self.next(self.work, foreach="xs")

    @step
    def work(self):
        rows = []
        for row in range(self.input):
            rows.append(row)
        self.rows = rows
        self.flag = True
        self.loaded = len("the same for every item") + self.base
        self.kept, self.left_out = self.index, self.index
        self.next(self.more)

    @step
    def more(self):
        self.total = sum(self.rows)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.kept = [i.kept for i in inputs]
        self.merge_artifacts(inputs, exclude=["left_out"])  # FC303: merges `rows`, and fails where the values differ: `work` makes `rows` of its item # FC303: `more` makes `total` of its item
        self.next(self.end)

    @step
    def end(self):
        print(self.loaded)
