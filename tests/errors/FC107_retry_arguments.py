import os

from flowc import FlowSpec, retry, step

TIMES = int(os.environ["TIMES"])
OPTIONS = {"times": 2}


class Retries(FlowSpec):
    @retry(3)  # FC107 at 3: `@retry` takes keyword arguments only
    @step
    def start(self):
        self.next(self.a)

    @retry(time=3, backoff=2)  # FC107 at time=3: `@retry` has no argument `time`  # FC107 at backoff=2: no argument `backoff`
    @step
    def a(self):
        self.next(self.b)

    @retry(times=TIMES)  # FC107 at TIMES: `times` must be known before a run: `int(os.environ['TIMES'])` is not a constant
    @step
    def b(self):
        self.next(self.end)

    @retry(**OPTIONS)  # FC107 at **OPTIONS: `**` cannot be used in `@retry`
    @step
    def end(self):
        pass
