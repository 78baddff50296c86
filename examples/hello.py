"""The smallest flow that does something."""

from metaflow import FlowSpec, Parameter, step


class Hello(FlowSpec):
    """Greets somebody."""

    whom = Parameter("whom", default="world", help="whom to greet")

    @step
    def start(self):
        self.greeting = f"Hello, {self.whom}!"
        self.next(self.end)

    @step
    def end(self):
        print(self.greeting)
