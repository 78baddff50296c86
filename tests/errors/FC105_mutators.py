from metaflow import FlowMutator, FlowSpec, StepMutator, step  # FC105 at FlowMutator: does not have Metaflow's `FlowMutator`  # FC105 at StepMutator: does not have Metaflow's `StepMutator`


class Quiet(StepMutator):
    def mutate(self, mutable_step):
        mutable_step.add_decorator("retry")


class Mutated(FlowSpec):
    @Quiet
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
