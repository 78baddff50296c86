"""Branches in branches, of different lengths; inputs by name, by number and in split order; merging."""

from metaflow import FlowSpec, step


class BranchesNested(FlowSpec):
    @step
    def start(self):
        self.common = "same"
        self.trail = ["start"]
        self.next(self.left, self.right)

    @step
    def left(self):
        self.trail.append("left")
        self.side = "l"
        self.next(self.inner_b, self.inner_a, self.inner_c)

    @step
    def inner_a(self):
        self.trail.append("a")
        self.value = 1
        self.next(self.inner_join)

    @step
    def inner_b(self):
        self.trail.append("b")
        self.value = 2
        self.only_b = "b"
        self.next(self.inner_join)

    @step
    def inner_c(self):
        self.trail.append("c")
        self.value = 3
        self.next(self.longer)

    @step
    def longer(self):
        self.value = 30
        self.next(self.inner_join)

    @step
    def inner_join(self, inputs):
        self.order = [i.value for i in inputs]
        self.first = inputs[0].trail
        self.named = inputs.longer.value
        self.width = len(inputs)
        self.trail = [i.trail[-1] for i in inputs]
        self.merge_artifacts(inputs, exclude=["value"])
        self.next(self.join)

    @step
    def right(self):
        self.trail.append("right")
        self.side = "r"
        self.next(self.join)

    @step
    def join(self, joined):
        self.sides = [i.side for i in joined]
        self.trails = [joined.inner_join.trail, joined.right.trail]
        self.merge_artifacts(joined, include=["common", "only_b"])
        self.next(self.end)

    @step
    def end(self):
        pass


EXPECTED = {
    "state": "succeeded",
    "tasks": {
        "start": ["_"],
        "left": ["_"],
        "inner_a": ["_"],
        "inner_b": ["_"],
        "inner_c": ["_"],
        "longer": ["_"],
        "inner_join": ["_"],
        "right": ["_"],
        "join": ["_"],
        "end": ["_"],
    },
    "artifacts": {
        "start/_": {"common": "same", "trail": ["start"]},
        "left/_": {"common": "same", "side": "l", "trail": ["start", "left"]},
        "inner_b/_": {"common": "same", "only_b": "b", "side": "l", "trail": ["start", "left", "b"], "value": 2},
        "inner_a/_": {"common": "same", "side": "l", "trail": ["start", "left", "a"], "value": 1},
        "inner_c/_": {"common": "same", "side": "l", "trail": ["start", "left", "c"], "value": 3},
        "longer/_": {"common": "same", "side": "l", "trail": ["start", "left", "c"], "value": 30},
        "inner_join/_": {
            "common": "same",
            "first": ["start", "left", "b"],
            "named": 30,
            "only_b": "b",
            "order": [2, 1, 30],
            "side": "l",
            "trail": ["b", "a", "c"],
            "width": 3,
        },
        "right/_": {"common": "same", "side": "r", "trail": ["start", "right"]},
        "join/_": {
            "common": "same",
            "only_b": "b",
            "sides": ["l", "r"],
            "trails": [["b", "a", "c"], ["start", "right"]],
        },
        "end/_": {
            "common": "same",
            "only_b": "b",
            "sides": ["l", "r"],
            "trails": [["b", "a", "c"], ["start", "right"]],
        },
    },
}
