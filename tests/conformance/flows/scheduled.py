"""A schedule: for a deployed flow the times at which it runs, for a run that somebody starts nothing."""

from flowc import FlowSpec, Parameter, schedule, step

EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {"days": "yesterday", "note": None, "region": "north"},
        "end/_": {
            "days": "yesterday",
            "note": None,
            "region": "north",
            "report": "sales of north, for yesterday",
        },
    },
}

WEEKDAYS = "MON-FRI"


@schedule
class Daily(FlowSpec):
    days = Parameter("days", default="yesterday")
    note = Parameter("note", type=str)


@schedule(cron="30 6 * * " + WEEKDAYS, timezone="Europe/Berlin")
class Scheduled(Daily):
    @step
    def start(self):
        self.region = "north"
        self.next(self.end)

    @step
    def end(self):
        self.report = f"sales of {self.region}, for {self.days}"
