"""Looks at what a task is given."""

import os
import shutil

from flowc import FlowSpec, environment, resources, secrets, step


class Surroundings(FlowSpec):
    @environment(vars={"OWN": "quoted \"'$(HOME) $$ {{ x }}\n"})
    @secrets(sources=["database"])
    @resources(shared_memory=100)
    @step
    def start(self):
        self.own = os.environ["OWN"]
        self.password_length = len(os.environ["PASSWORD"])
        self.shared_mib = shutil.disk_usage("/dev/shm").total >> 20
        self.user = os.getuid()
        self.next(self.end)

    @step
    def end(self):
        pass
