"""Steps that run into their time limit at first; and one that ends in time, for which nothing happens later."""

import time

from metaflow import FlowSpec, current, retry, step, timeout


class Limited(FlowSpec):
    @timeout(seconds=1)
    @retry(times=1, minutes_between_retries=0)
    @step
    def start(self):
        self.tries = current.retry_count
        if self.tries == 0:
            time.sleep(600)
        self.items = [0, 1]
        self.next(self.body, foreach="items")

    @retry(times=2, minutes_between_retries=0)
    @timeout(seconds=0.5, minutes=0)
    @step
    def body(self):
        self.count = current.retry_count
        while self.input == 1 and self.count < 2:
            pass
        self.next(self.join)

    @timeout(minutes=1, hours=1)
    @step
    def join(self, inputs):
        self.counts = [i.count for i in inputs]
        self.next(self.end)

    @timeout(seconds=0.5)
    @step
    def end(self):
        time.sleep(600)


EXPECTED = {
    "state": "failed",
    "tasks": {"start": ["_"], "body": ["0", "1"], "join": ["_"]},
    "attempts": {"start/_": 2, "body/0": 1, "body/1": 3, "join/_": 1, "end/_": 1},
    "failed": {"end/_": "step `end` has not ended within its time limit of 0.5 s"},
    "artifacts": {
        "start/_": {"items": [0, 1], "tries": 1},
        "body/0": {"items": [0, 1], "tries": 1, "count": 0},
        "body/1": {"items": [0, 1], "tries": 1, "count": 2},
        "join/_": {"counts": [0, 2]},
    },
}
