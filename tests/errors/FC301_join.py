from flowc import FlowSpec, step


class Join(FlowSpec):
    @step
    def start(self):
        self.common = 1
        self.other = 2
        self.next(self.a, self.b)

    @step
    def a(self):
        self.left = 1
        self.next(self.join)

    @step
    def b(self):
        self.right = 2
        self.next(self.join)

    @step
    def join(self, inputs):
        print(self.left)  # FC301 at self.left: join `join` reads `self.left`, which it has neither assigned nor merged
        print(self.nothing)  # FC301 at self.nothing: which no step assigns
        self.merge_artifacts(inputs, exclude=["other"])
        print(self.common, self.right)
        print(self.other)  # FC301 at self.other: which it has neither assigned nor merged
        self.next(self.again)

    @step
    def again(self):
        self.next(self.c, self.d)

    @step
    def c(self):
        self.next(self.last_join)

    @step
    def d(self):
        self.next(self.last_join)

    @step
    def last_join(self, inputs):
        self.merge_artifacts(inputs, include=["common", "typo"])  # FC301 at self.merge_artifacts(: reads `typo` of its inputs
        print(self.common)
        print(self.right)  # FC301 at self.right: which it has neither assigned nor merged
        self.next(self.end)

    @step
    def end(self):
        pass
