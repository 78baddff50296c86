from flowc import FlowSpec, batch, kubernetes, step


class Both(FlowSpec):
    @kubernetes
    @batch(queue="gpu")
    @step
    def start(self):  # FC107 at start: step `start` is to run on Kubernetes and on AWS Batch
        self.next(self.end)

    @step
    def end(self):
        pass
