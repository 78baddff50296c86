"""A flow of one step, which is its first and its last; its name is neither."""

from metaflow import FlowSpec, Parameter, current, step


class OnlyStep(FlowSpec):
    count = Parameter("count", default=2)

    @step
    def work(self):
        self.squares = [n * n for n in range(self.count)]
        self.where = (current.step_name, current.task_id)


EXPECTED = {
    "state": "succeeded",
    "parameters": {"count": 4},
    "tasks": {"work": ["_"]},
    "artifacts": {
        "work/_": {"squares": [0, 1, 4, 9], "where": ("work", "_"), "count": 4},
    },
}
