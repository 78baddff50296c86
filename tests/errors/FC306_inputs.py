from flowc import FlowSpec, step


class Inputs(FlowSpec):
    @step
    def start(self):
        self.x = 1
        self.next(self.left, self.right)

    @step
    def left(self):
        self.next(self.lefter)

    @step
    def lefter(self):
        self.next(self.join)

    @step
    def right(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        print(inputs.left.x)  # FC306 at inputs.left.x: join `join` has no input `left`
        print(inputs.lefter.x, inputs[1].x)
        print(inputs[2].x)  # FC306 at inputs[2].x: join `join` reads input 2, and has 2
        self.next(self.end)

    @step
    def end(self):
        pass
