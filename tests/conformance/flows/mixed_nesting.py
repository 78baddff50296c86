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
        "odd/1.1.1": {"xs": ["p", "q"], "x": "q", "ys": [1, 2], "y": 2, "zs": [0, 1], "mark": "q21o"},
        "leaf_join/1.1.1": {"marks": "q21eq21o", "stack": [(1, 2, "q"), (1, 2, 2), (1, 2, 1)]},
        "deep_join/1.1": {
            "marks": ["q20eq20o", "q21eq21o"],
            "stacks": [[(1, 2, "q"), (1, 2, 2), (0, 2, 0)], [(1, 2, "q"), (1, 2, 2), (1, 2, 1)]],
            "here": (1, 2),
        },
        "end/_": {
            "marks": [[["p10ep10o"]], [["q10eq10o"], ["q20eq20o", "q21eq21o"]]],
            "stacks": [
                [(0, 2, "p"), (0, 1, 1), (0, 1, 0)],
                [(1, 2, "q"), (0, 2, 1), (0, 1, 0)],
                [(1, 2, "q"), (1, 2, 2), (0, 2, 0)],
                [(1, 2, "q"), (1, 2, 2), (1, 2, 1)],
            ],
            "seen": ["plain", "outer"],
        },
    },
}
