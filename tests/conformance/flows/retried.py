"""Steps that fail at first, outside and inside of a foreach: by an exception, and by a signal."""

import os
import signal

from metaflow import FlowSpec, current, retry, step


class Retried(FlowSpec):
    @retry(times=2, minutes_between_retries=0)
    @step
    def start(self):
        self.tries = current.retry_count
        if self.tries < 2:
            self.left_over = "of a failed attempt"
            raise ValueError(f"attempt {self.tries}")
        self.items = [0, 1]
        self.next(self.body, foreach="items")

    @retry(times=1, minutes_between_retries=0)
    @step
    def body(self):
        self.count = current.retry_count
        if self.input == 1 and self.count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.counts = [i.count for i in inputs]
        self.merge_artifacts(inputs, include=["tries"])
        self.next(self.end)

    @step
    def end(self):
        pass


EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "body": ["0", "1"], "join": ["_"], "end": ["_"]},
    "attempts": {"start/_": 3, "body/0": 1, "body/1": 2, "join/_": 1, "end/_": 1},
    "artifacts": {
        "start/_": {"items": [0, 1], "tries": 2},
        "body/0": {"count": 0, "items": [0, 1], "tries": 2},
        "body/1": {"count": 1, "items": [0, 1], "tries": 2},
        "join/_": {"counts": [0, 1], "tries": 2},
        "end/_": {"counts": [0, 1], "tries": 2},
    },
}
