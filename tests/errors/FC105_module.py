import metaflow.client  # FC105 at metaflow.client: does not have the module `metaflow.client`
import metaflow.cards
from metaflow.plugins import parallel  # FC105 at from metaflow.plugins import parallel: the module `metaflow.plugins`
from metaflow.cards import Markdown, Tabel, ValueBox  # FC105 at Tabel: does not have `Tabel` in `metaflow.cards`  # FC105 at ValueBox: does not have `ValueBox`
from flowc import FlowSpec, something, step  # FC105 at something: flowc has no `something`


class Modules(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
