"""Steps that fail for good and are caught: by exceptions, signals, exits and time limits; inside of a foreach too."""

import os
import signal
import sys
import time

from metaflow import FlowSpec, catch, current, retry, step, timeout


class Caught(FlowSpec):
    @catch(var="start_failure")
    @step
    def start(self):
        self.kinds = ["none", "exception", "exit", "signal", "time", "os._exit", "unsaved"]
        self.next(self.spread)

    @step
    def spread(self):
        self.next(self.body, foreach="kinds")

    @catch(var="failure", print_exception=False)
    @retry(times=1, minutes_between_retries=0)
    @timeout(seconds=1)
    @step
    def body(self):
        self.tries = current.retry_count
        self.kind = self.input
        if self.kind == "exception":
            raise ValueError(f"attempt {self.tries}")
        if self.kind == "exit":
            sys.exit("gone")
        if self.kind == "signal":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "time":
            time.sleep(600)
        if self.kind == "os._exit":
            os._exit(0)
        if self.kind == "unsaved":
            self.open = sys._getframe()
        self.next(self.join)

    @step
    def join(self, inputs):
        failures = [i.failure for i in inputs]
        self.found = [f and (f.type, f.exception.partition(": ")[0]) for f in failures]
        self.traces = [bool(f and 'raise ValueError(f"attempt {self.tries}")' in f.stacktrace) for f in failures]
        self.kept = [getattr(i, "tries", None) for i in inputs]
        self.merge_artifacts(inputs, include=["start_failure"])
        self.next(self.split)

    @step
    def split(self):
        del self.found, self.traces, self.kept
        self.next(self.left, self.right)

    @catch
    @step
    def left(self):
        self.side = "left"
        if self.start_failure is None:
            raise RuntimeError("nobody keeps this")
        self.next(self.meet)

    @step
    def right(self):
        self.side = "right"
        self.next(self.meet)

    @catch(var="meet_failure")
    @step
    def meet(self, inputs):
        self.sides = [i.side for i in inputs]
        self.sides[2]  # there are two
        self.next(self.end)

    @catch(var="end_failure")
    @step
    def end(self):
        self.last = (self.meet_failure.type, str(self.meet_failure).splitlines()[-1])
        os.kill(os.getpid(), signal.SIGKILL)


EXPECTED = {
    "state": "succeeded",
    "tasks": {
        "start": ["_"],
        "spread": ["_"],
        "body": ["0", "1", "2", "3", "4", "5", "6"],
        "join": ["_"],
        "split": ["_"],
        "left": ["_"],
        "right": ["_"],
        "meet": ["_"],
        "end": ["_"],
    },
    "attempts": {"body/1": 2, "body/2": 2, "body/3": 2, "body/4": 2, "body/5": 2, "body/6": 2},
    "artifacts": {
        "start/_": {
            "kinds": ["none", "exception", "exit", "signal", "time", "os._exit", "unsaved"],
            "start_failure": None,
        },
        "spread/_": {
            "kinds": ["none", "exception", "exit", "signal", "time", "os._exit", "unsaved"],
            "start_failure": None,
        },
        "body/0": {
            "kinds": ["none", "exception", "exit", "signal", "time", "os._exit", "unsaved"],
            "start_failure": None,
            "tries": 0,
            "kind": "none",
            "failure": None,
        },
        "body/1": {
            "kinds": ["none", "exception", "exit", "signal", "time", "os._exit", "unsaved"],
            "start_failure": None,
            "tries": 1,
            "kind": "exception",
            "failure": {"object": "flowc.spec.CaughtError"},
        },
        "body/2": {
            "kinds": ["none", "exception", "exit", "signal", "time", "os._exit", "unsaved"],
            "start_failure": None,
            "tries": 1,
            "kind": "exit",
            "failure": {"object": "flowc.spec.CaughtError"},
        },
        "body/3": {
            "kinds": ["none", "exception", "exit", "signal", "time", "os._exit", "unsaved"],
            "start_failure": None,
            "failure": {"object": "flowc.spec.CaughtError"},
        },
        "body/4": {
            "kinds": ["none", "exception", "exit", "signal", "time", "os._exit", "unsaved"],
            "start_failure": None,
            "tries": 1,
            "kind": "time",
            "failure": {"object": "flowc.spec.CaughtError"},
        },
        "body/5": {
            "kinds": ["none", "exception", "exit", "signal", "time", "os._exit", "unsaved"],
            "start_failure": None,
            "failure": {"object": "flowc.spec.CaughtError"},
        },
        "body/6": {
            "kinds": ["none", "exception", "exit", "signal", "time", "os._exit", "unsaved"],
            "start_failure": None,
            "tries": 1,
            "kind": "unsaved",
            "failure": {"object": "flowc.spec.CaughtError"},
        },
        "join/_": {
            "start_failure": None,
            "found": [
                None,
                ("builtins.ValueError", "attempt 1"),
                ("builtins.SystemExit", "gone"),
                ("flowc.spec.TaskDied", "the task was killed by signal SIGKILL"),
                ("flowc.spec.StepTimeout", "step `body` has not ended within its time limit of 1 s"),
                ("flowc.spec.TaskDied", "the task's process ended with exit code 0 before its outputs were saved"),
                ("flowc.runner.task.StepError", "artifact `open` of type frame cannot be saved"),
            ],
            "traces": [False, True, False, False, False, False, False],
            "kept": [0, 1, 1, None, 1, None, 1],
        },
        "split/_": {"start_failure": None},
        "left/_": {"start_failure": None, "side": "left"},
        "right/_": {"start_failure": None, "side": "right"},
        "meet/_": {"sides": ["left", "right"], "meet_failure": {"object": "flowc.spec.CaughtError"}},
        "end/_": {
            "sides": ["left", "right"],
            "meet_failure": {"object": "flowc.spec.CaughtError"},
            "end_failure": {"object": "flowc.spec.CaughtError"},
        },
    },
}
