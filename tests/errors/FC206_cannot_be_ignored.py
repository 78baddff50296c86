from flowc import FlowSpec, step


class CannotBeIgnored(FlowSpec):
    @step
    def start(self):
        self.a = self.nothing  # flowc: ignore[FC301]
        self.next(self.edn)  # flowc: ignore[FC206]  # FC206 at self.edn: there is no step `edn`  # FC002 at FC206: is an error here that cannot be ignored

    @step
    def end(self):
        pass
