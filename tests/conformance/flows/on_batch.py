"""Jobs of one's own making, in a foreach too."""

import os
import tempfile

from metaflow import FlowSpec, batch, current, resources, step


class OnBatch(FlowSpec):
    @batch(
        image="team/start:1",
        queue="quick",
        iam_role="arn:aws:iam::123456789012:role/starter",
        execution_role="arn:aws:iam::123456789012:role/puller",
        max_swap=512,
        swappiness=10,
        use_tmpfs=True,
        tmpfs_path="/scratch",
        tmpfs_tempdir=False,
        tmpfs_options=["noexec"],
        host_volumes=["/data"],
        efs_volumes=["fs-12345678"],
        aws_batch_tags={"team": "fraud"},
        log_driver="awslogs",
        log_options=["awslogs-group:/flows"],
        memory=1024,
    )
    @step
    def start(self):
        self.items = ["a", "b"]
        self.next(self.fit, foreach="items")

    @batch(cpu=2, shared_memory=256, trainium=1)
    @resources(cpu=1, memory=2048)
    @step
    def fit(self):
        self.name = self.input.upper()
        self.next(self.join)

    @batch(use_tmpfs=True, tmpfs_path="/var/tmp", tmpfs_size=64)
    @step
    def join(self, inputs):
        self.names = [i.name for i in inputs]
        with tempfile.NamedTemporaryFile() as file:
            self.folders = os.path.dirname(file.name), current.tempdir
        self.next(self.end)

    @step
    def end(self):
        pass


EXPECTED = {
    "state": "succeeded",
    "engines": ["local", "stepfunctions"],
    "tasks": {"start": ["_"], "fit": ["0", "1"], "join": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {"items": ["a", "b"]},
        "fit/0": {"items": ["a", "b"], "name": "A"},
        "fit/1": {"items": ["a", "b"], "name": "B"},
        "join/_": {"names": ["A", "B"], "folders": ("/var/tmp", "/var/tmp")},
        "end/_": {"names": ["A", "B"], "folders": ("/var/tmp", "/var/tmp")},
    },
}
