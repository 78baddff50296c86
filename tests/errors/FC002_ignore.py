from flowc import FlowSpec, step


class Ignore(FlowSpec):
    @step
    def start(self):
        self.a = 1  # flowc: ignore[FC301]  # FC002 at FC301: there is no `FC301` here to ignore
        self.b = self.nothing  # flowc: ignore[FC301] it is set by a patch
        self.c = self.nobody  # flowc: ignore[FC302, FC301]  # FC002 at FC302: there is no `FC302` here to ignore
        self.d = 1  # flowc: ignore[FC999]  # FC002 at FC999: there is no code `FC999` to ignore
        self.e = 1  # flowc: ignore  # FC002: the comment names no code to ignore
        self.f = "# flowc: ignore[FC301]"
        self.next(self.end)

    @step
    def end(self):
        pass
