import metaflow
from metaflow import FlowSpec, pypi, step, torchrun, trigger


@trigger(event="p")  # FC106 at trigger(event="p"): does not compile Metaflow's `@trigger`
class Decorated(FlowSpec):
    @parallel  # FC106 at parallel: does not compile Metaflow's `@parallel`
    @step
    def start(self):
        self.next(self.a)

    @pypi(python="3.12")  # FC106 at pypi(python="3.12"): does not compile Metaflow's `@pypi`
    @metaflow.conda(python="3.12")  # FC106 at metaflow.conda(python="3.12"): does not compile Metaflow's `@conda`
    @step
    def a(self):
        self.next(self.end)

    @torchrun  # FC106 at torchrun: does not compile Metaflow's `@torchrun`
    @step
    def end(self):
        pass
