"""Which customers are about to leave: the daily training of a team, as it stands in their repository."""

from datetime import date

from features import CustomerData, fit, is_likely
from metaflow import (
    Config,
    FlowSpec,
    IncludeFile,
    Parameter,
    catch,
    config_expr,
    current,
    environment,
    project,
    resources,
    retry,
    schedule,
    step,
    timeout,
)


def today(context):
    """The day that a run stands for, where none is given."""
    return date.today().isoformat()


@project(name="churn")
@schedule(cron=config_expr("config.schedule.cron"), timezone=config_expr("config.schedule.timezone"))
class ChurnTraining(CustomerData, FlowSpec):
    """Train a model for each segment of customers, and say whom to call."""

    config = Config("config", default="churn.toml")
    customers = IncludeFile(
        "customers", default="customers.csv", help="CSV: customer, segment, months, tickets, churned"
    )
    segments = Parameter("segments", default="basic,plus,legacy", separator=",", help="segments to train for")
    rounds = Parameter("rounds", default=config.training.rounds, help="passes over the customers")
    day = Parameter("day", type=str, default=today, help="the day that the run stands for")

    @step
    def start(self):
        """One model for each segment."""
        self.next(self.train, foreach="segments")

    @catch(var="problem")
    @retry(times=2, minutes_between_retries=0)
    @timeout(minutes=10)
    @resources(cpu=config.training.cpu, memory=config.training.memory)
    @environment(vars={"OMP_NUM_THREADS": config_expr("str(config.training.cpu)")})
    @step
    def train(self):
        """Fit the model of one segment; a segment with too few customers has none."""
        self.segment = self.input
        self.model = None
        customers = self.read_customers(self.segment)
        if current.retry_count == 0 and self.segment == "plus":
            raise ConnectionError("the warehouse hung up")  # what retries are for
        if len(customers) < self.config.least_customers:
            raise ValueError(f"{self.segment} has only {len(customers)} customers")
        self.model = fit(customers, self.rounds, self.config.training.rate)
        self.next(self.collect)

    @step
    def collect(self, inputs):
        """Keep the models that there are."""
        self.models = {inp.segment: inp.model for inp in inputs if inp.model is not None}
        self.problems = [inp.problem.exception for inp in inputs if inp.problem]
        self.next(self.end)

    @step
    def end(self):
        """Say whom to call."""
        self.to_call = {
            segment: [c.name for c in self.read_customers(segment) if is_likely(model, c) and not c.churned]
            for segment, model in self.models.items()
        }
        for segment, names in self.to_call.items():
            print(f"{self.day}, {segment}: call {', '.join(names) or 'nobody'}")


if __name__ == "__main__":
    ChurnTraining()
