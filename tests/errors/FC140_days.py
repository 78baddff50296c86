from flowc import FlowSpec, schedule, step


@schedule(cron="0 6 * * MON-FRI *")  # FC140 at "0 6 * * MON-FRI *": of the two days in `0 6 * * MON-FRI *`, none is `?`
class Scheduled(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
