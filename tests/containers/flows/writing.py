import os
import tempfile

from flowc import FlowSpec, resources, step


class Writing(FlowSpec):
    """Leaves files where there is room for them."""

    @resources(memory=2048)
    @step
    def start(self):
        self.numbers = [0, 1]
        self.next(self.write, foreach="numbers")

    @resources(memory=2048)
    @step
    def write(self):
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write(str(self.input))
            file.seek(0)
            self.text = file.read()
        with open(os.path.expanduser("~/.settings"), "w") as file:
            file.write("a library does this")
        print("in a file")
        self.next(self.join)

    @resources(memory=2048)
    @step
    def join(self, inputs):
        self.written = [i.text for i in inputs]
        self.next(self.end)

    @resources(memory=2048)
    @step
    def end(self):
        try:
            with open("/var/cache/flowc/probe", "w"):
                self.is_read_only = False
        except OSError:
            self.is_read_only = True
