from flowc import FlowSpec, batch, step


class Jobs(FlowSpec):
    @batch(image="team/Image", queue="arn:aws:batch:eu-west-1:123456789012:job-definition/a")  # FC107 at "team/Image": which is not the name of an image  # FC107 at "arn: which is not the name or ARN of a job queue
    @step
    def start(self):
        self.next(self.a)

    @batch(aws_batch_tags={"aws:team": "fraud"}, aws_tags={"team": "fraud;risk"})  # FC107 at {"aws:team": has 'aws:team', which is not the key of a tag  # FC107 at {"team": has 'fraud;risk' for `team`, which is not the value of a tag
    @step
    def a(self):
        self.next(self.b)

    @batch(use_tmpfs=True, tmpfs_options=["noexec", "fast"], host_volumes=["data"], efs_volumes=["models"])  # FC107 at ["noexec": has 'fast', which is not an option of AWS Batch's file systems in memory  # FC107 at ["data"]: has 'data', which is not an absolute path  # FC107 at ["models"]: which is not the id of an EFS file system
    @step
    def b(self):
        self.next(self.c)

    @batch(swappiness=10)  # FC107 at 10: passes over `swappiness` without `max_swap`
    @step
    def c(self):
        self.next(self.end)

    @step
    def end(self):
        pass
