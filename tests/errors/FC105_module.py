import metaflow.cards  # FC105 at metaflow.cards: does not have the module `metaflow.cards`
from metaflow.plugins import parallel  # FC105 at from metaflow.plugins import parallel: the module `metaflow.plugins`
from flowc import FlowSpec, something, step  # FC105 at something: flowc has no `something`


class Modules(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
