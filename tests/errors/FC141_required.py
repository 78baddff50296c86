from flowc import FlowSpec, Parameter, schedule, step


@schedule
class Scheduled(FlowSpec):
    day = Parameter("day", required=True)  # FC141: nobody gives the required parameter `day`
    rate = Parameter("rate", default=0.1)
    note = Parameter("note")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
