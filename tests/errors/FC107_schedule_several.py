from flowc import FlowSpec, schedule, step


class Nightly(FlowSpec):
    pass


@schedule(cron="0 6 * * *", hourly=False, daily=True)  # FC107 at True: `@schedule` says `cron` and `daily`
class Scheduled(Nightly):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
