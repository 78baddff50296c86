from flowc import FlowSpec, step

TARGETS = []
OPTIONS = {}


class Starred(FlowSpec):
    @step
    def start(self):
        self.next(*TARGETS)  # FC126 at *TARGETS: `*` cannot be used in `self.next`

    @step
    def a(self):
        self.next(self.end, **OPTIONS)  # FC126 at **OPTIONS: `**` cannot be used in `self.next`

    @step
    def end(self):
        pass
