from flowc import FlowSpec, schedule, step

LATER = input()


@schedule(
    cron=5,  # FC107 at 5: `cron` must be a string, not 5
    timezone=1,  # FC107 at 1: `timezone` must be a string, not 1
    daily="yes",  # FC107 at "yes": `daily` must be True or False, not 'yes'
    weekly=LATER,  # FC107 at LATER: `weekly` must be known before a run
    montly=True,  # FC107 at montly=True: `@schedule` has no argument `montly`
)
@schedule  # FC107 at schedule: `@schedule` stands on this class twice
class Scheduled(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
