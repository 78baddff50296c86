from flowc import FlowSpec, step


class Inputs(FlowSpec):
    @step
    def start(self):
        self.common = 1
        self.next(self.a, self.b)

    @step
    def a(self):
        self.left = 1
        self.kind = "a"
        self.next(self.join)

    @step
    def b(self):
        self.right = 2
        self.kind = "b"
        self.next(self.join)

    @step
    def join(self, inputs):
        print(inputs.a.left, inputs[1].right, inputs[-1].right, inputs.b.common)
        print(inputs.a.right)  # FC301 at inputs.a.right: join `join` reads `right` of `inputs.a`, but no step on the way there
        print(inputs[1].left)  # FC301 at inputs[1].left: reads `left` of `inputs[1]`
        print(inputs[-2].right)  # FC301 at inputs[-2].right: reads `right` of `inputs[-2]`
        self.lefts = [i.left for i in inputs]  # FC301 at i.left: reads `left` of each input
        self.total = sum(i.right for i in inputs)  # FC301 at i.right: reads `right` of each input
        for number, i in enumerate(inputs):
            print(number, i.kind, i.knid)  # FC301 at i.knid: reads `knid` of each input, but no step assigns it
            if i.kind == "a":
                print(i.left, i.lfet)  # FC301 at i.lfet: reads `lfet` of its inputs, but no step assigns it
        best = max(inputs, key=lambda i: i.score)  # FC301 at i.score: reads `score` of each input
        first = inputs[0]
        print(best.kind, first.right)  # FC301 at first.right: reads `right` of `inputs[0]`
        self.merge_artifacts(inputs, include=["common"])
        self.next(self.fan)

    @step
    def fan(self):
        self.items = [1, 2]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.square = self.input**2
        self.next(self.collect)

    @step
    def collect(self, joined):
        print([w.square for w in joined], joined[1].square, joined.work.square)
        print({w.sqare for w in joined})  # FC301 at w.sqare: reads `sqare` of each input, but no step assigns it
        print([n for w in joined for n in w.numbers])  # FC301 at w.numbers: reads `numbers` of its inputs
        self.next(self.end)

    @step
    def end(self):
        pass
