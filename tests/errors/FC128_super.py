from flowc import FlowSpec, step


class Base(FlowSpec):
    @step
    def start(self):
        self.prepared = True
        self.next(self.middle)

    @step
    def middle(self):
        self.next(self.end)

    @step
    def end(self):
        pass


class Heir(Base):
    @step
    def start(self):
        super().start()  # FC128 at super().start: step `start` calls `self.next` twice: `super().start()` does so too
        self.next(self.middle)

    @step
    def middle(self):
        Base.middle(self)  # FC127 at Base.middle: step `middle` leaves its `self.next` to `Base.middle()`
