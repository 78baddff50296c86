from flowc import FlowSpec, step


class Targets(FlowSpec):
    @step
    def start(self):
        self.next(a)  # FC122 at a: is written without `self.`

    @step
    def a(self):
        self.next("b")  # FC122 at "b": a target of `self.next` is written in quotes

    @step
    def b(self):
        self.next(self.c())  # FC122 at self.c(): a target of `self.next` is called

    @step
    def c(self):
        self.next([self.d, self.e])  # FC122 at [self.d, self.e]: the targets of `self.next` stand in brackets

    @step
    def d(self):
        self.next(Targets.e)  # FC122 at Targets.e: is not an attribute of `self`

    @step
    def e(self):
        self.next(self.f if self.x else self.g)  # FC122 at self.f if self.x else self.g: depends on a value

    @step
    def f(self):
        self.next(getattr(self, "g"))  # FC122 at getattr(self, "g"): `getattr(self, 'g')` is not a step

    @step
    def g(self):
        self.next(lambda: 3, 4)  # FC122 at lambda: `lambda: 3` is not a step  # FC122 at 4: `4` is not a step

    @step
    def end(self):
        pass
