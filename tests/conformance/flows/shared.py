"""Disk and shared memory: asked for where the scheduler has them, and the same results everywhere."""

from metaflow import FlowSpec, resources, step


class Shared(FlowSpec):
    @resources(cpu=1, memory=512, disk=2048, shared_memory=64)
    @step
    def start(self):  # flowc: ignore[FC408]
        self.items = [1, 2]
        self.next(self.work, foreach="items")

    @resources(memory=256, shared_memory=128)
    @step
    def work(self):
        self.doubled = self.input * 2
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.doubled for i in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass


EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "work": ["0", "1"], "join": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {"items": [1, 2]},
        "work/0": {"doubled": 2, "items": [1, 2]},
        "work/1": {"doubled": 4, "items": [1, 2]},
        "join/_": {"total": 6},
        "end/_": {"total": 6},
    },
}
