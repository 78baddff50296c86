"""Steps with needs of their own, in a foreach too; and one that needs nothing special."""

from metaflow import FlowSpec, resources, step

MEMORY = 2 * 1024


class Resources(FlowSpec):
    @resources(memory=MEMORY)
    @step
    def start(self):
        self.sizes = [1, 2]
        self.next(self.fit, foreach="sizes")

    @resources(cpu=2, memory=8 * MEMORY, gpu=1)
    @step
    def fit(self):
        self.fitted = self.input
        self.next(self.join)

    @resources(cpu=4.0, gpu=None, disk=None)
    @step
    def join(self, inputs):
        self.fitted = [i.fitted for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass


EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "fit": ["0", "1"], "join": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {"sizes": [1, 2]},
        "fit/0": {"sizes": [1, 2], "fitted": 1},
        "fit/1": {"sizes": [1, 2], "fitted": 2},
        "join/_": {"fitted": [1, 2]},
        "end/_": {"fitted": [1, 2]},
    },
}
