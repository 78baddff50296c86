"""Foreachs one after the other, over several kinds of iterables; the order of the inputs; a body of two steps."""

from metaflow import FlowSpec, step


class ForeachKinds(FlowSpec):
    @step
    def start(self):
        self.pairs = {"b": 2, "a": 1}.items()
        self.next(self.over_view, foreach="pairs")

    @step
    def over_view(self):
        self.key, self.value = self.input
        self.next(self.second)

    @step
    def second(self):
        self.label = f"{self.index}:{self.key}{self.value}{self.input[1]}"
        self.next(self.join_view)

    @step
    def join_view(self, inputs):
        self.labels = [i.label for i in inputs]
        self.next(self.make_generator)

    @step
    def make_generator(self):
        self.squares = (n * n for n in range(12))
        self.next(self.over_generator, foreach="squares")

    @step
    def over_generator(self):
        self.got = self.input + 1
        self.next(self.join_generator)

    @step
    def join_generator(self, inputs):
        self.got = [i.got for i in inputs]
        self.merge_artifacts(inputs, include=["labels"])
        self.next(self.make_range)

    @step
    def make_range(self):
        self.numbers = range(3, 0, -1)
        self.next(self.over_range, foreach="numbers")

    @step
    def over_range(self):
        self.item = self.input
        self.next(self.join_range)

    @step
    def join_range(self, inputs):
        self.items = [i.item for i in inputs]
        self.outside = (self.index, self.input, self.foreach_stack())
        self.merge_artifacts(inputs, exclude=["item", "numbers"])
        self.next(self.end)

    @step
    def end(self):
        pass


EXPECTED = {
    "state": "succeeded",
    "tasks": {
        "start": ["_"],
        "over_view": ["0", "1"],
        "second": ["0", "1"],
        "join_view": ["_"],
        "make_generator": ["_"],
        "over_generator": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"],
        "join_generator": ["_"],
        "make_range": ["_"],
        "over_range": ["0", "1", "2"],
        "join_range": ["_"],
        "end": ["_"],
    },
    "artifacts": {
        "start/_": {"pairs": [("b", 2), ("a", 1)]},
        "over_view/0": {"key": "b", "pairs": [("b", 2), ("a", 1)], "value": 2},
        "over_view/1": {"key": "a", "pairs": [("b", 2), ("a", 1)], "value": 1},
        "second/0": {"key": "b", "label": "0:b22", "pairs": [("b", 2), ("a", 1)], "value": 2},
        "second/1": {"key": "a", "label": "1:a11", "pairs": [("b", 2), ("a", 1)], "value": 1},
        "join_view/_": {"labels": ["0:b22", "1:a11"]},
        "make_generator/_": {"labels": ["0:b22", "1:a11"], "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121]},
        "over_generator/0": {
            "got": 1,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/1": {
            "got": 2,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/2": {
            "got": 5,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/3": {
            "got": 10,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/4": {
            "got": 17,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/5": {
            "got": 26,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/6": {
            "got": 37,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/7": {
            "got": 50,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/8": {
            "got": 65,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/9": {
            "got": 82,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/10": {
            "got": 101,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "over_generator/11": {
            "got": 122,
            "labels": ["0:b22", "1:a11"],
            "squares": [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121],
        },
        "join_generator/_": {"got": [1, 2, 5, 10, 17, 26, 37, 50, 65, 82, 101, 122], "labels": ["0:b22", "1:a11"]},
        "make_range/_": {
            "got": [1, 2, 5, 10, 17, 26, 37, 50, 65, 82, 101, 122],
            "labels": ["0:b22", "1:a11"],
            "numbers": range(3, 0, -1),
        },
        "over_range/0": {
            "got": [1, 2, 5, 10, 17, 26, 37, 50, 65, 82, 101, 122],
            "item": 3,
            "labels": ["0:b22", "1:a11"],
            "numbers": range(3, 0, -1),
        },
        "over_range/1": {
            "got": [1, 2, 5, 10, 17, 26, 37, 50, 65, 82, 101, 122],
            "item": 2,
            "labels": ["0:b22", "1:a11"],
            "numbers": range(3, 0, -1),
        },
        "over_range/2": {
            "got": [1, 2, 5, 10, 17, 26, 37, 50, 65, 82, 101, 122],
            "item": 1,
            "labels": ["0:b22", "1:a11"],
            "numbers": range(3, 0, -1),
        },
        "join_range/_": {
            "got": [1, 2, 5, 10, 17, 26, 37, 50, 65, 82, 101, 122],
            "items": [3, 2, 1],
            "labels": ["0:b22", "1:a11"],
            "outside": (None, None, []),
        },
        "end/_": {
            "got": [1, 2, 5, 10, 17, 26, 37, 50, 65, 82, 101, 122],
            "items": [3, 2, 1],
            "labels": ["0:b22", "1:a11"],
            "outside": (None, None, []),
        },
    },
}
