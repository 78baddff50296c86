"""Pods of one's own making, in a foreach too."""

import os
import tempfile

from metaflow import FlowSpec, current, kubernetes, resources, step


class OnKubernetes(FlowSpec):
    @kubernetes(
        image="team/start:1",
        image_pull_policy="always",
        image_pull_secrets=["registry"],
        service_account="starter",
        namespace="flows",
        secrets=["warehouse"],
        node_selector="pool=cpu,disk=ssd",
        tolerations=[{"key": "spot", "operator": "Exists", "effect": "NoExecute", "toleration_seconds": 60}],
        labels={"team": "fraud"},
        annotations={"team/contact": "fraud@example.com, 'Tür' \"3\""},
        persistent_volume_claims={"models.v1": "/models"},
        security_context={"run_as_user": 1000, "run_as_non_root": True},
        use_tmpfs=True,
        memory=1024,
    )
    @step
    def start(self):
        self.items = ["a", "b"]
        # none of the engines has a tmpfs to mount here
        self.without = os.environ.get("TMPDIR") != "/metaflow_temp", current.tempdir == tempfile.gettempdir()
        with tempfile.TemporaryFile() as file:
            self.written = file.write(b"abc")
        self.next(self.fit, foreach="items")

    @kubernetes(gpu=1, gpu_vendor="amd", cpu=2, qos="guaranteed", shared_memory=256)
    @resources(cpu=1, memory=2048)
    @step
    def fit(self):
        self.name = self.input.upper()
        self.next(self.join)

    @kubernetes(use_tmpfs=True, tmpfs_path="/var/tmp", tmpfs_size=64)
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
    "engines": ["local", "airflow"],
    "tasks": {"start": ["_"], "fit": ["0", "1"], "join": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {"without": (True, True), "items": ["a", "b"], "written": 3},
        "fit/0": {"without": (True, True), "items": ["a", "b"], "name": "A", "written": 3},
        "fit/1": {"without": (True, True), "items": ["a", "b"], "name": "B", "written": 3},
        "join/_": {"names": ["A", "B"], "folders": ("/var/tmp", "/var/tmp")},
        "end/_": {"names": ["A", "B"], "folders": ("/var/tmp", "/var/tmp")},
    },
}
