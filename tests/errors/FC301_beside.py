from flowc import FlowSpec, step


class Beside(FlowSpec):
    @step
    def start(self):
        self.next(self.left, self.right)

    @step
    def left(self):
        self.a = 1
        print(self.b)  # FC301 at self.b: step `left` reads `self.b`, which only `right` assigns, not before
        self.next(self.left_too)

    @step
    def left_too(self):
        self.c = self.a
        self.next(self.join)

    @step
    def right(self):
        self.b = 2
        self.c = self.a  # FC301 at self.a: which only `left` assigns, not before
        self.next(self.join)

    @step
    def join(self, inputs):
        self.c = [i.c for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        print(self.c)
