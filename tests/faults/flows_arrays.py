"""A start with parameters, a foreach over arrays, and a join: every kind of write that a task makes."""

import sys

import numpy
from metaflow import FlowSpec, Parameter, step


class Arrays(FlowSpec):
    size = Parameter("size", default=3)

    @step
    def start(self):
        sys.stdout.write("start\n")  # in one piece, whatever the environment says of buffering
        self.text = "not small enough to stand in the record, " * 100
        self.draws = numpy.random.default_rng(0).bytes(5000)
        self.next(self.split)

    @step
    def split(self):
        sys.stdout.write("split\n")
        self.large = numpy.arange(200_000)  # 1.6 MB, an object of its own
        self.middling = numpy.arange(20_000)
        self.parts = [numpy.full(10_000 + n, n) for n in range(self.size)]
        self.next(self.body, foreach="parts")

    @step
    def body(self):
        self.total = int(self.input.sum())
        self.next(self.join)

    @step
    def join(self, inputs):
        sys.stdout.write("join\n")
        self.totals = numpy.array([i.total for i in inputs] * 10_000)
        self.merge_artifacts(inputs, exclude=["total"])
        self.next(self.end)

    @step
    def end(self):
        pass
