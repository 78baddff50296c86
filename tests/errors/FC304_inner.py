from flowc import FlowSpec, step


class Inner(FlowSpec):
    @step
    def start(self):
        self.base = 1
        self.next(self.left, self.right)

    @step
    def left(self):
        self.xs = [1, 2]
        self.next(self.work, foreach="xs")

    @step
    def work(self):
        self.y = self.input
        self.next(self.left_join)

    @step
    def left_join(self, inputs):  # FC304 at left_join: join `left_join` drops `xs`, which `join` reads later
        self.ys = [i.y for i in inputs]
        self.next(self.join)

    @step
    def right(self):
        self.z = self.base
        self.next(self.join)

    @step
    def join(self, inputs):
        print(inputs.left_join.xs, inputs.right.base)
        self.merge_artifacts(inputs)
        print(self.ys, self.z, self.base)
        self.next(self.end)

    @step
    def end(self):
        print(self.base)
