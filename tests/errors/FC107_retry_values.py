from flowc import FlowSpec, retry, step


class Retries(FlowSpec):
    @retry(times=-1)  # FC107 at -1: `times` must be a whole number from 0 to 100, not -1
    @step
    def start(self):
        self.next(self.a)

    @retry(times=2.5, minutes_between_retries="2")  # FC107 at 2.5: not 2.5  # FC107 at "2": must be a number from 0 to 10080, not '2'
    @step
    def a(self):
        self.next(self.b)

    @retry(times=True, minutes_between_retries=1e999)  # FC107 at True: not True  # FC107 at 1e999: not inf
    @step
    def b(self):
        self.next(self.end)

    @retry(times=1000000, minutes_between_retries=None)  # FC107 at 1000000: not 1000000  # FC107 at None: not None
    @step
    def end(self):
        pass
