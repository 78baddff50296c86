from flowc import FlowSpec, Parameter, catch, step


class Caught(FlowSpec):
    rate = Parameter("rate", default=0.1)

    @catch(var="rate")
    @step
    def start(self):  # FC107 at start: `@catch` of `start` assigns `rate`, which is a parameter
        self.next(self.end)

    @catch(var="start")
    @step
    def end(self):  # FC107 at end: `@catch` of `end` assigns `start`, which is a step
        pass
