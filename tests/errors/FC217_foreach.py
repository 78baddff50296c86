from flowc import FlowSpec, catch, step


class Caught(FlowSpec):
    @catch(var="failure")
    @step
    def start(self):  # FC217 at start: `@catch` stands on `start`: when it fails there are no items to go on with
        self.xs = [1]
        self.next(self.a, foreach="xs")

    @catch
    @step
    def a(self):
        self.next(self.join)

    @catch
    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
