from shop import catalog
from shop.catalog import WIDTH

from .common import Flow, Parameter, stage
from .mixins import Counted, Priced


class Abstract(Flow):
    """Has no steps."""

    width = Parameter("width", default=1)
    label = Parameter("label", default="inherited")
    kind = "of the base"

    def load(self):
        self.loaded = [*getattr(self, "loaded", []), "abstract"]


class Stages(Counted, Priced, Abstract):
    width = Parameter("width", default=WIDTH)

    @stage
    def start(self):
        self.never = True
        self.next(self.end)

    @stage
    def summed(self, inputs):
        self.totals = [part.total for part in inputs]
        self.merge_artifacts(inputs, exclude=["total", "kept"])
        self.articles = [part.kept for part in inputs]
        self.next(self.end)

    @stage
    def end(self):
        self.load()
        self.sizes = [article.size for article in self.articles]
        self.total = sum(self.totals)
