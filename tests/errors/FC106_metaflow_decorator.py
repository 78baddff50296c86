import metaflow
from metaflow import FlowSpec, card, project, pypi, step


@project(name="p")  # FC106 at project(name="p"): does not compile Metaflow's `@project`
class Decorated(FlowSpec):
    @card  # FC106 at card: does not compile Metaflow's `@card`
    @step
    def start(self):
        self.next(self.a)

    @pypi(python="3.12")  # FC106 at pypi(python="3.12"): does not compile Metaflow's `@pypi`
    @metaflow.conda(python="3.12")  # FC106 at metaflow.conda(python="3.12"): does not compile Metaflow's `@conda`
    @step
    def a(self):
        self.next(self.end)

    @step
    def end(self):
        pass
