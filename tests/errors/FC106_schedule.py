from flowc import FlowSpec, retry, schedule, step


@shedule  # FC106 at shedule: flowc does not know the decorator `@shedule`
@retry(times=2)  # FC106 at retry(times=2): `@retry` stands on a flow's class
class Misplaced(FlowSpec):
    @schedule(daily=True)  # FC106 at schedule(daily=True): `@schedule` stands on a step
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
