from flowc import FlowSpec, schedule, step


@schedule(daily=True, timezone="Europe/Berln")  # FC142 at "Europe/Berln": `Europe/Berln` is not a time zone
class Scheduled(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
