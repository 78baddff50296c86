from flowc import FlowSpec, step


class Nowhere(FlowSpec):
    @step
    def start(self):
        self.next()  # FC121 at self.next(): `self.next` names no step

    @step
    def a(self):
        self.next(foreach="xs")  # FC121 at self.next(foreach="xs"): `self.next` names no step

    @step
    def end(self):
        pass
