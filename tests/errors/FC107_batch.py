from flowc import FlowSpec, batch, step


class Jobs(FlowSpec):
    @batch("queue", queue="a queue")  # FC107 at "queue": takes keyword arguments only  # FC107 at "a queue": which is not the name or ARN of a job queue
    @step
    def start(self):
        self.next(self.end)

    @batch(iam_role="admin", trainium=1, inferentia=2)  # FC107 at "admin": which is not the ARN of a role  # FC107 at 1: are two names for the same
    @step
    def end(self):
        pass
