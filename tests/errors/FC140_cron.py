from flowc import FlowSpec, schedule, step

HOUR = "24"


@schedule(cron="0 " + HOUR + " * * *")  # FC140 at "0 " + HOUR + " * * *": `24` cannot be the hour of the cron expression
class Scheduled(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
