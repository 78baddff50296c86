from flowc import FlowSpec, schedule, step


@schedule(cron="0 0 * * 8", timezone="Europe/Berln")  # FC140 at "0 0 * * 8": `8` cannot be the day-of-week  # FC142 at "Europe/Berln": `Europe/Berln` is not a time zone
class Scheduled(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
