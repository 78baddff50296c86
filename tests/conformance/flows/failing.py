"""A step that fails for good: what had finished is kept, what follows is not run."""

from metaflow import FlowSpec, retry, step


class Failing(FlowSpec):
    @step
    def start(self):
        self.kept = "yes"
        self.next(self.breaks)

    @retry(times=1, minutes_between_retries=0)
    @step
    def breaks(self):
        self.lost = "with the attempt"
        raise RuntimeError("no way on")
        self.next(self.end)

    @step
    def end(self):
        pass


EXPECTED = {
    "state": "failed",
    "tasks": {"start": ["_"]},
    "attempts": {"start/_": 1, "breaks/_": 2},
    "failed": {"breaks/_": "no way on"},
    "artifacts": {
        "start/_": {"kept": "yes"},
    },
}
