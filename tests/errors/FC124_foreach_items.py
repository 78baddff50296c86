from flowc import FlowSpec, step

NUMBER = 3


class Foreach(FlowSpec):
    @step
    def start(self):
        self.next(self.a, foreach=self.xs)  # FC124 at self.xs: `foreach` is given a value, not a name

    @step
    def a(self):
        xs = [1]
        self.next(self.b, foreach=xs)  # FC124 at xs: `foreach` is not a name in quotes

    @step
    def b(self):
        self.next(self.c, foreach="x.y")  # FC124 at "x.y": `foreach` is not the name of an artifact: `x.y`

    @step
    def c(self):
        self.next(self.d, foreach="")  # FC124 at "": `foreach` is not the name of an artifact: ``

    @step
    def d(self):
        self.next(self.e, foreach=[1, 2])  # FC124 at [1, 2]: `foreach` is given a value, not a name

    @step
    def e(self):
        self.next(self.end, foreach=NUMBER)  # FC124 at NUMBER: `foreach` is given a value, not a name

    @step
    def end(self):
        pass
