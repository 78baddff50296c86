"""A foreach in a branch, branches in a foreach, and foreachs three deep with uneven widths."""

from metaflow import FlowSpec, step


class MixedNesting(FlowSpec):
    @step
    def start(self):
        self.next(self.plain, self.outer)

    @step
    def plain(self):
        self.seen = ["plain"]
        self.next(self.meet)

    @step
    def outer(self):
        self.xs = ["p", "q"]
        self.next(self.middle, foreach="xs")

    @step
    def middle(self):
        self.x = self.input
        self.ys = [1] if self.x == "p" else [1, 2]
        self.next(self.deep, foreach="ys")

    @step
    def deep(self):
        self.y = self.input
        self.zs = list(range(self.y))
        self.next(self.leaf, foreach="zs")

    @step
    def leaf(self):
        self.next(self.even, self.odd)

    @step
    def even(self):
        self.mark = f"{self.x}{self.y}{self.input}e"
        self.next(self.leaf_join)

    @step
    def odd(self):
        self.mark = f"{self.x}{self.y}{self.input}o"
        self.next(self.leaf_join)

    @step
    def leaf_join(self, inputs):
        self.marks = inputs.even.mark + inputs.odd.mark
        self.stack = [(f.index, f.num_splits, f.value) for f in self.foreach_stack()]
        self.next(self.deep_join)

    @step
    def deep_join(self, inputs):
        self.marks = [i.marks for i in inputs]
        self.stacks = [i.stack for i in inputs]
        self.here = (self.index, self.input)
        self.next(self.middle_join)

    @step
    def middle_join(self, inputs):
        self.marks = [i.marks for i in inputs]
        self.stacks = [s for i in inputs for s in i.stacks]
        self.next(self.outer_join)

    @step
    def outer_join(self, inputs):
        self.marks = [i.marks for i in inputs]
        self.stacks = [s for i in inputs for s in i.stacks]
        self.seen = ["outer"]
        self.next(self.meet)

    @step
    def meet(self, inputs):
        self.seen = [i.seen[0] for i in inputs]
        self.merge_artifacts(inputs)
        self.next(self.end)

    @step
    def end(self):
        pass


EXPECTED = {
    "state": "succeeded",
    "tasks": {
        "start": ["_"],
        "plain": ["_"],
        "outer": ["_"],
        "middle": ["0", "1"],
        "deep": ["0.0", "1.0", "1.1"],
        "leaf": ["0.0.0", "1.0.0", "1.1.0", "1.1.1"],
        "even": ["0.0.0", "1.0.0", "1.1.0", "1.1.1"],
        "odd": ["0.0.0", "1.0.0", "1.1.0", "1.1.1"],
        "leaf_join": ["0.0.0", "1.0.0", "1.1.0", "1.1.1"],
        "deep_join": ["0.0", "1.0", "1.1"],
        "middle_join": ["0", "1"],
        "outer_join": ["_"],
        "meet": ["_"],
        "end": ["_"],
    },
    "artifacts": {
        "start/_": {},
        "plain/_": {"seen": ["plain"]},
        "outer/_": {"xs": ["p", "q"]},
        "middle/0": {"x": "p", "xs": ["p", "q"], "ys": [1]},
        "middle/1": {"x": "q", "xs": ["p", "q"], "ys": [1, 2]},
        "deep/0.0": {"x": "p", "xs": ["p", "q"], "y": 1, "ys": [1], "zs": [0]},
        "deep/1.0": {"x": "q", "xs": ["p", "q"], "y": 1, "ys": [1, 2], "zs": [0]},
        "deep/1.1": {"x": "q", "xs": ["p", "q"], "y": 2, "ys": [1, 2], "zs": [0, 1]},
        "leaf/0.0.0": {"x": "p", "xs": ["p", "q"], "y": 1, "ys": [1], "zs": [0]},
        "leaf/1.0.0": {"x": "q", "xs": ["p", "q"], "y": 1, "ys": [1, 2], "zs": [0]},
        "leaf/1.1.0": {"x": "q", "xs": ["p", "q"], "y": 2, "ys": [1, 2], "zs": [0, 1]},
        "leaf/1.1.1": {"x": "q", "xs": ["p", "q"], "y": 2, "ys": [1, 2], "zs": [0, 1]},
        "even/0.0.0": {"mark": "p10e", "x": "p", "xs": ["p", "q"], "y": 1, "ys": [1], "zs": [0]},
        "even/1.0.0": {"mark": "q10e", "x": "q", "xs": ["p", "q"], "y": 1, "ys": [1, 2], "zs": [0]},
        "even/1.1.0": {"mark": "q20e", "x": "q", "xs": ["p", "q"], "y": 2, "ys": [1, 2], "zs": [0, 1]},
        "even/1.1.1": {"mark": "q21e", "x": "q", "xs": ["p", "q"], "y": 2, "ys": [1, 2], "zs": [0, 1]},
        "odd/0.0.0": {"mark": "p10o", "x": "p", "xs": ["p", "q"], "y": 1, "ys": [1], "zs": [0]},
        "odd/1.0.0": {"mark": "q10o", "x": "q", "xs": ["p", "q"], "y": 1, "ys": [1, 2], "zs": [0]},
        "odd/1.1.0": {"mark": "q20o", "x": "q", "xs": ["p", "q"], "y": 2, "ys": [1, 2], "zs": [0, 1]},
        "odd/1.1.1": {"mark": "q21o", "x": "q", "xs": ["p", "q"], "y": 2, "ys": [1, 2], "zs": [0, 1]},
        "leaf_join/0.0.0": {"marks": "p10ep10o", "stack": [(0, 2, "p"), (0, 1, 1), (0, 1, 0)]},
        "leaf_join/1.0.0": {"marks": "q10eq10o", "stack": [(1, 2, "q"), (0, 2, 1), (0, 1, 0)]},
        "leaf_join/1.1.0": {"marks": "q20eq20o", "stack": [(1, 2, "q"), (1, 2, 2), (0, 2, 0)]},
        "leaf_join/1.1.1": {"marks": "q21eq21o", "stack": [(1, 2, "q"), (1, 2, 2), (1, 2, 1)]},
        "deep_join/0.0": {"here": (0, 1), "marks": ["p10ep10o"], "stacks": [[(0, 2, "p"), (0, 1, 1), (0, 1, 0)]]},
        "deep_join/1.0": {"here": (0, 1), "marks": ["q10eq10o"], "stacks": [[(1, 2, "q"), (0, 2, 1), (0, 1, 0)]]},
        "deep_join/1.1": {
            "here": (1, 2),
            "marks": ["q20eq20o", "q21eq21o"],
            "stacks": [[(1, 2, "q"), (1, 2, 2), (0, 2, 0)], [(1, 2, "q"), (1, 2, 2), (1, 2, 1)]],
        },
        "middle_join/0": {"marks": [["p10ep10o"]], "stacks": [[(0, 2, "p"), (0, 1, 1), (0, 1, 0)]]},
        "middle_join/1": {
            "marks": [["q10eq10o"], ["q20eq20o", "q21eq21o"]],
            "stacks": [
                [(1, 2, "q"), (0, 2, 1), (0, 1, 0)],
                [(1, 2, "q"), (1, 2, 2), (0, 2, 0)],
                [(1, 2, "q"), (1, 2, 2), (1, 2, 1)],
            ],
        },
        "outer_join/_": {
            "marks": [[["p10ep10o"]], [["q10eq10o"], ["q20eq20o", "q21eq21o"]]],
            "seen": ["outer"],
            "stacks": [
                [(0, 2, "p"), (0, 1, 1), (0, 1, 0)],
                [(1, 2, "q"), (0, 2, 1), (0, 1, 0)],
                [(1, 2, "q"), (1, 2, 2), (0, 2, 0)],
                [(1, 2, "q"), (1, 2, 2), (1, 2, 1)],
            ],
        },
        "meet/_": {
            "marks": [[["p10ep10o"]], [["q10eq10o"], ["q20eq20o", "q21eq21o"]]],
            "seen": ["plain", "outer"],
            "stacks": [
                [(0, 2, "p"), (0, 1, 1), (0, 1, 0)],
                [(1, 2, "q"), (0, 2, 1), (0, 1, 0)],
                [(1, 2, "q"), (1, 2, 2), (0, 2, 0)],
                [(1, 2, "q"), (1, 2, 2), (1, 2, 1)],
            ],
        },
        "end/_": {
            "marks": [[["p10ep10o"]], [["q10eq10o"], ["q20eq20o", "q21eq21o"]]],
            "seen": ["plain", "outer"],
            "stacks": [
                [(0, 2, "p"), (0, 1, 1), (0, 1, 0)],
                [(1, 2, "q"), (0, 2, 1), (0, 1, 0)],
                [(1, 2, "q"), (1, 2, 2), (0, 2, 0)],
                [(1, 2, "q"), (1, 2, 2), (1, 2, 1)],
            ],
        },
    },
}
