from flowc import FlowSpec, retry, step, timeout

often = retry(times=5)


def robust(function):
    return retry(times=3)(function)


def ended(minutes):
    def decorate(function):
        return timeout(minutes=minutes)(function)

    return decorate


class Applied(FlowSpec):
    @robust  # FC150 at robust: `@robust` applies `@retry`, which flowc only reads where it stands above a step
    @step
    def start(self):
        self.next(self.a)

    @step
    @ended(2)  # FC150 at ended(2): `@ended` applies `@timeout`
    def a(self):
        self.next(self.end)

    @often  # FC150 at often: `@often` applies `@retry`
    @step
    def end(self):
        pass
