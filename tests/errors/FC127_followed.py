from flowc import FlowSpec, step


class Followed(FlowSpec):
    @step
    def start(self):
        self.next(self.a)  # FC127 at self.next(self.a): step `start` goes on after `self.next`
        print("later")

    @step
    def a(self):
        self.next(self.end); self.x = 1  # FC127 at self.next(self.end): step `a` goes on after `self.next`

    @step
    def end(self):
        pass
