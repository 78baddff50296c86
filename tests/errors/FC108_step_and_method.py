from flowc import FlowSpec, step


class Duplicate(FlowSpec):
    b = 3  # FC108 at b: `b` is an attribute and a step

    @step
    def start(self):
        self.next(self.a)

    @step
    def a(self):
        self.next(self.b)

    def a(self):  # FC108 at a: method `a` is defined twice
        return 1

    @step
    def b(self):
        self.next(self.end)

    @step
    def end(self):
        pass
