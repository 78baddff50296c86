from flowc import FlowSpec, step


class Branches(FlowSpec):
    @step
    def start(self):
        self.state = "new"
        self.limit = 10
        self.next(self.a, self.b)

    @step
    def a(self):
        self.value = 1
        self.same = 5
        self.mine = 1
        self.data = open("a").read()
        self.next(self.join)

    @step
    def b(self):
        self.value = 2
        self.same = 5
        self.state = "old"
        self.mine = 2
        self.data = open("b").read()
        if self.limit > 5:
            self.limit = 5
        self.next(self.join)

    @step
    def join(self, inputs):
        self.mine = inputs.a.mine
        self.merge_artifacts(inputs)  # FC303: cannot merge `value`: its inputs have different values # FC303: cannot merge `state` # FC303: merges `data`, and fails where the values differ
        self.next(self.end)

    @step
    def end(self):
        print(self.data)
