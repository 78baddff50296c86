import metaflow
from metaflow import FlowSpec, catch, project, resources, step


@project(name="p")  # FC106 at project(name="p"): does not compile Metaflow's `@project`
class Decorated(FlowSpec):
    @catch  # FC106 at catch: does not compile Metaflow's `@catch`
    @step
    def start(self):
        self.next(self.a)

    @resources(cpu=2)  # FC106 at resources(cpu=2): does not compile Metaflow's `@resources`
    @metaflow.timeout(seconds=3)  # FC106 at metaflow.timeout(seconds=3): does not compile Metaflow's `@timeout`
    @step
    def a(self):
        self.next(self.end)

    @step
    def end(self):
        pass
