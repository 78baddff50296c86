"""Takes more memory than it has asked for."""

from flowc import FlowSpec, catch, resources, step


class Hungry(FlowSpec):
    @step
    def start(self):
        self.next(self.eat)

    @catch(var="failure")
    @resources(cpu=1, memory=128)
    @step
    def eat(self):
        """Touches 1 GiB, of which 128 MiB are there."""
        print("eating", flush=True)
        self.eaten = len(bytearray(b"x") * (1 << 30))
        self.next(self.end)

    @step
    def end(self):
        self.said = str(self.failure)
