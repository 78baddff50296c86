import settings
from settings import Missing, day  # FC119 at Missing: there is no `Missing` in
from flowc import FlowSpec, Parameter, step


class Defaults(FlowSpec):
    a = Parameter("a", default=settings.dya())  # FC119 at settings.dya: there is no `dya` in
    b = Parameter("b", default=Missing)
    ok = Parameter("ok", default=day())

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
