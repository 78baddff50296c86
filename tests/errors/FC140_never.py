from flowc import FlowSpec, schedule, step


@schedule(cron="0 6 31 4 *")  # FC140 at "0 6 31 4 *": `0 6 31 4 *` never comes
class Scheduled(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
